//! `goalpost events`.

use clap::Args;
use goalpost_client::Client;
use goalpost_client::v1::{Event, ListGoalEventsRequest};

use super::progress;
use crate::failure::Failure;
use crate::session::Session;
use crate::view::events;

/// Events that are asked for at once.
const PAGE: i32 = 1_000;

#[derive(Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// The goal's id.
    #[arg(value_name = "GOAL")]
    id: String,
    /// Go on with those to come, until the goal has ended.
    #[arg(long)]
    follow: bool,
    /// Only events with greater numbers.
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: i64,
}

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    each(session, arguments, |event| session.show_next(event, || events::line(event))).await
}

/// Hands each event on that the arguments want.
pub(super) async fn each(
    session: &Session,
    Arguments { id, follow, after }: Arguments,
    mut handle: impl FnMut(&Event) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let client = session.client()?;
    if follow {
        let mut watch = client.watch(&id, after);
        while let Some(event) = watch.next().await? {
            handle(&event)?;
        }
        return Ok(());
    }
    let mut pages = Pages::of(&client, &id, after);
    while let Some(events) = pages.next().await? {
        events.iter().try_for_each(&mut handle)?;
    }
    Ok(())
}

/// The whole history of a goal, as far as it is now.
pub(super) async fn all(client: &Client, id: &str) -> Result<Vec<Event>, Failure> {
    let progress = progress::count("events read");
    let (mut found, mut pages) = (Vec::new(), Pages::of(client, id, 0));
    while let Some(events) = pages.next().await? {
        found.extend(events);
        progress.set_position(found.len() as u64);
    }
    progress.finish_and_clear();
    Ok(found)
}

/// A history, page by page.
struct Pages<'a> {
    client: &'a Client,
    id: &'a str,
    after: i64,
    /// Where it ends: what comes later is left out.
    end: Option<i64>,
}

impl<'a> Pages<'a> {
    fn of(client: &'a Client, id: &'a str, after: i64) -> Self {
        Self { client, id, after, end: None }
    }

    async fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        if self.end.is_some_and(|end| self.after >= end) {
            return Ok(None);
        }
        let request = ListGoalEventsRequest { id: self.id.to_owned(), after: self.after, page_size: PAGE };
        let page = self.client.list_events(request).await?;
        let end = *self.end.get_or_insert(page.last_number);
        let Some(last) = page.events.last() else { return Ok(None) };
        self.after = last.number;
        let mut events = page.events;
        events.retain(|event| event.number <= end);
        Ok(Some(events))
    }
}
