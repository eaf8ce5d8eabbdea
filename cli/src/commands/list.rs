//! `goalpost list`.

use clap::{Args, ValueEnum};
use goalpost_client::v1::{GoalState, ListGoalsRequest, ListGoalsResponse};
use jiff::{SignedDuration, Timestamp};

use super::{Paging, tell_of_more};
use crate::failure::Failure;
use crate::session::Session;
use crate::view::goal;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only goals in this state.
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only goals of this structured type.
    #[arg(long = "type", value_name = "TYPE")]
    goal_type: Option<String>,
    /// Only goals submitted since then: a time (RFC 3339), or how long ago: `90s`, `15m`, `2h`, `7d`.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Only goals submitted before then; as --since.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// Goals of all namespaces, whatever the profile says.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    #[command(flatten)]
    paging: Paging,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    Submitted,
    AwaitingApproval,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl From<State> for GoalState {
    fn from(state: State) -> Self {
        match state {
            State::Submitted => Self::Submitted,
            State::AwaitingApproval => Self::AwaitingApproval,
            State::Running => Self::Running,
            State::Succeeded => Self::Succeeded,
            State::Failed => Self::Failed,
            State::Cancelled => Self::Cancelled,
        }
    }
}

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { state, goal_type, since, until, all_namespaces, paging } = arguments;
    let connection = session.connection()?;
    let namespace = connection.namespace.clone().filter(|_| !all_namespaces).unwrap_or_default();
    let client = connection.client()?;
    let wanted = ListGoalsRequest {
        page_size: 0,
        page_token: String::new(),
        state: state.map(GoalState::from).unwrap_or_default().into(),
        namespace,
        goal_type: goal_type.unwrap_or_default(),
        created_after: since.map(goalpost_proto::timestamp),
        created_before: until.map(goalpost_proto::timestamp),
    };
    let goals = paging.collect(async |page_size, page_token| {
        let page = client.list(ListGoalsRequest { page_size, page_token, ..wanted.clone() }).await?;
        Ok((page.goals, page.next_page_token))
    });
    let (goals, next_page_token) = goals.await?;
    let found = ListGoalsResponse { goals, next_page_token };
    session.show(&found, || goal::table(&found.goals))?;
    tell_of_more(session, &found.next_page_token);
    Ok(())
}

/// A time as it is, or so long ago.
fn time(text: &str) -> Result<Timestamp, String> {
    let wrong = || "must be a time as 2026-01-31T12:00:00Z, or how long ago: 90s, 15m, 2h, 7d".to_owned();
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let unit = text.chars().last().and_then(|unit| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    });
    let unit: i64 = unit.ok_or_else(wrong)?;
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let ago = SignedDuration::from_secs(i64::from(number) * unit);
    Timestamp::now().checked_sub(ago).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_one_or_how_long_ago() {
        assert_eq!(time("1970-01-01T00:00:10Z").unwrap().as_second(), 10);
        let ago = |text| Timestamp::now().as_second() - time(text).unwrap().as_second();
        assert!((7_200..7_210).contains(&ago("2h")) && (604_800..604_810).contains(&ago("7d")));
        for wrong in ["", "h", "-1h", "2w", "yesterday", "1ö", "99999999999d"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
