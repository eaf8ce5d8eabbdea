//! `goalpost logs`.

use clap::Args;

use super::events;
use crate::failure::Failure;
use crate::session::Session;
use crate::view::history::Teller;

/// The goal's history as sentences: what was decided and by whom, which worker had which attempt, how long it took, why it
/// failed, what is waited for. Workers send no lines of log through the system; theirs are where they run. With --output the
/// events themselves are shown, as `goalpost events` does.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    events: events::Arguments,
    /// Only what happened to this task, or inside of it.
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
}

pub(crate) async fn run(session: &Session, Arguments { events, task }: Arguments) -> Result<(), Failure> {
    let mut teller = Teller::default();
    let is_of_task = |name: &str| match &task {
        None => true,
        Some(task) => {
            name.strip_prefix(task).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        }
    };
    events::each(session, events, |event| {
        // Of each event, also of those that are not shown: durations begin with some of them.
        let told = teller.tell(event);
        if is_of_task(&event.task) { session.show_next(event, || told) } else { Ok(()) }
    })
    .await
}
