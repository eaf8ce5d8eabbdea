//! What a Redis without memory has to be told, page by page.

use std::time::Duration;

use goalpost_model::{AttemptRef, GoalId, Lane, ReplanRef, TimerRef};
use goalpost_queue::{Element, List};
use goalpost_store::outbox::PlannedBy;
use goalpost_store::{Error, keys, outbox, timers};
use tokio_postgres::Client;

/// Elements of one page.
const PAGE: i64 = 5_000;

/// Reads everything that is undelivered from the state itself.
pub(crate) struct Pages<'a> {
    client: &'a Client,
    engine_grace: Duration,
    next: Next,
}

/// Where to read on.
enum Next {
    OpenGoals(Option<GoalId>),
    UnsettledGoals(Option<GoalId>),
    Plans(Option<AttemptRef>),
    Replans(Option<ReplanRef>),
    Ready(Option<AttemptRef>),
    Lost(Option<AttemptRef>),
    Timers(Option<TimerRef>),
    Keys(Option<AttemptRef>),
    End,
}

impl<'a> Pages<'a> {
    pub(crate) fn new(client: &'a Client, engine_grace: Duration) -> Self {
        Self { client, engine_grace, next: Next::OpenGoals(None) }
    }

    /// The next page; it may be empty. `None` after the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Element>>, Error> {
        let page = match self.next {
            Next::OpenGoals(after) => {
                let goals = outbox::open_goals(self.client, after, PAGE).await?;
                self.next = goals
                    .last()
                    .map_or(Next::UnsettledGoals(None), |(last, ..)| Next::OpenGoals(Some(*last)));
                goals
                    .into_iter()
                    .map(|(goal, lane, by)| element(list(by, List::goals()), lane, goal))
                    .collect()
            }
            Next::UnsettledGoals(after) => {
                let goals = outbox::unsettled_goals(self.client, after, PAGE).await?;
                self.next =
                    goals.last().map_or(Next::Plans(None), |(last, _)| Next::UnsettledGoals(Some(*last)));
                goals.into_iter().map(|(goal, lane)| element(List::outcomes(), lane, goal)).collect()
            }
            Next::Plans(after) => {
                let tasks = outbox::unplanned_tasks(self.client, after, PAGE).await?;
                self.next = tasks.last().map_or(Next::Replans(None), |(last, ..)| Next::Plans(Some(*last)));
                tasks
                    .into_iter()
                    .map(|(task, lane, by)| element(list(by, List::plans()), lane, task))
                    .collect()
            }
            Next::Replans(after) => {
                let workflows = outbox::unplanned_workflows(self.client, after, PAGE).await?;
                self.next =
                    workflows.last().map_or(Next::Ready(None), |(last, ..)| Next::Replans(Some(*last)));
                let element = |(replan, lane, by)| element(list(by, List::plans()), lane, replan);
                workflows.into_iter().map(element).collect()
            }
            Next::Ready(after) => {
                let attempts = outbox::ready_attempts(self.client, after, PAGE).await?;
                self.next = attempts.last().map_or(Next::Lost(None), |(last, ..)| Next::Ready(Some(*last)));
                attempts
                    .into_iter()
                    .map(|(attempt, capability, lane)| element(List::ready(&capability), lane, attempt))
                    .collect()
            }
            Next::Lost(after) => {
                let attempts = outbox::lost_attempts(self.client, self.engine_grace, after, PAGE).await?;
                self.next = attempts.last().map_or(Next::Timers(None), |(last, _)| Next::Lost(Some(*last)));
                attempts.into_iter().map(|(attempt, lane)| element(List::lost(), lane, attempt)).collect()
            }
            Next::Timers(after) => {
                let fired = timers::fired_timers(self.client, after, PAGE).await?;
                self.next = fired.last().map_or(Next::Keys(None), |(last, _)| Next::Timers(Some(*last)));
                fired.into_iter().map(|(timer, lane)| element(List::timers(), lane, timer)).collect()
            }
            Next::Keys(after) => {
                let granted = keys::granted_tasks(self.client, after, PAGE).await?;
                self.next = granted.last().map_or(Next::End, |(last, _)| Next::Keys(Some(*last)));
                granted.into_iter().map(|(task, lane)| element(List::keys(), lane, task)).collect()
            }
            Next::End => return Ok(None),
        };
        Ok(Some(page))
    }
}

/// What a language model plans is on the list of that, whatever it is.
fn list(by: PlannedBy, otherwise: List) -> List {
    match by {
        PlannedBy::Catalog => otherwise,
        PlannedBy::Model => List::drafts(),
    }
}

fn element(list: List, lane: Lane, text: impl ToString) -> Element {
    Element { list, lane, text: text.to_string() }
}
