//! What happened, in words.

use std::collections::HashMap;

use goalpost_client::v1::{Event, EventType};

use super::{clock, failure, seconds, shorten, span};

/// Tells events, one after the other.
#[derive(Default)]
pub(crate) struct Teller {
    /// When each running attempt began.
    begun: HashMap<String, f64>,
    first: Option<f64>,
}

impl Teller {
    /// The event as a sentence, with the time of day.
    pub(crate) fn tell(&mut self, event: &Event) -> String {
        let now = event.at.as_ref().map(seconds);
        self.first = self.first.or(now);
        let told = if event.task.is_empty() { self.of_goal(event, now) } else { self.of_task(event, now) };
        format!("{}  {told}", clock(event.at.as_ref()))
    }

    fn of_goal(&self, event: &Event, now: Option<f64>) -> String {
        let since = || took(self.first, now);
        let why = event.failure.as_ref().map(|why| format!(": {}", failure(why))).unwrap_or_default();
        match event.r#type() {
            EventType::GoalSubmitted => "the goal was submitted".to_owned(),
            EventType::GoalPlanned => format!("it has a plan{}", decided(event)),
            EventType::GoalAwaitingApproval => {
                format!("it has a plan, which has to be approved{}", decided(event))
            }
            EventType::DecisionMade => format!("a decision was made{}", decided(event)),
            EventType::BudgetChanged => "it has another budget".to_owned(),
            EventType::GoalRetried => "the goal was opened again".to_owned(),
            EventType::GoalSucceeded => format!("the goal succeeded{}", since()),
            EventType::GoalFailed => format!("the goal failed{}{why}{}", since(), decided(event)),
            EventType::GoalCancelled => format!("the goal was cancelled{}{why}", since()),
            EventType::WorkflowStarted => "the workflow began".to_owned(),
            EventType::WorkflowSucceeded => "the workflow succeeded".to_owned(),
            EventType::WorkflowFailed => format!("the workflow failed{why}"),
            EventType::WorkflowCancelled => format!("the workflow was cancelled{why}"),
            EventType::WorkflowPaused => format!("the workflow was paused{why}"),
            EventType::WorkflowRunning => "the workflow goes on".to_owned(),
            EventType::WorkflowCompensating => format!("what was done is undone{why}"),
            EventType::WorkflowExtended => {
                format!("the workflow goes on with another blueprint{}", decided(event))
            }
            EventType::WorkflowReplanning => format!("the workflow waits for another plan{why}"),
            EventType::SignalReceived => format!("the signal {} came", event.signal),
            other => format!("{}{why}", super::word(other.as_str_name(), "EVENT_TYPE_")),
        }
    }

    fn of_task(&mut self, event: &Event, now: Option<f64>) -> String {
        let Event { task, attempt, worker, .. } = event;
        let why = event.failure.as_ref().map(|why| format!(": {}", failure(why))).unwrap_or_default();
        let mut took = || took(self.begun.remove(task), now);
        let number = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
        let told = match event.r#type() {
            EventType::TaskPending => "waits for its turn again".to_owned(),
            EventType::TaskReady => format!("waits for a worker{number}"),
            EventType::TaskWaiting => format!("waits{why}"),
            EventType::AttemptStarted => {
                if let Some(now) = now {
                    self.begun.insert(task.clone(), now);
                }
                format!("{worker} has begun{number}")
            }
            EventType::AttemptFailed => format!("attempt {attempt} failed{}{why}", took()),
            EventType::TaskSucceeded => format!("succeeded{}", took()),
            EventType::TaskFailed => format!("failed{}{why}", took()),
            EventType::TaskSkipped => format!("was skipped{why}"),
            EventType::TaskCancelled => format!("was cancelled{}{why}", took()),
            other => format!("{}{why}", super::word(other.as_str_name(), "EVENT_TYPE_")),
        };
        format!("{task}: {told}")
    }
}

fn took(begun: Option<f64>, now: Option<f64>) -> String {
    match (begun, now) {
        (Some(begun), Some(now)) => format!(" after {}", span(now - begun)),
        _ => String::new(),
    }
}

fn decided(event: &Event) -> String {
    let Some(decision) = &event.decision else { return String::new() };
    let reason = match decision.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({})", shorten(reason, 200)),
    };
    format!(": {} by {}{reason}", decision.verdict, decision.decided_by)
}

#[cfg(test)]
mod tests {
    use goalpost_client::v1::Failure;
    use pbjson_types::Timestamp;

    use super::*;

    #[test]
    fn a_history_is_told_in_sentences() {
        let event = |r#type: EventType, task: &str, seconds, attempt| Event {
            r#type: r#type.into(),
            task: task.into(),
            attempt,
            worker: if attempt > 0 { "w1".into() } else { String::new() },
            at: Some(Timestamp { seconds, nanos: 0 }),
            ..Event::default()
        };
        let failed = Event {
            failure: Some(Failure { kind: "HTTP".into(), message: "no\nroute".into() }),
            ..event(EventType::AttemptFailed, "fetch", 4, 1)
        };
        let events = [
            event(EventType::GoalSubmitted, "", 1, 0),
            event(EventType::AttemptStarted, "fetch", 2, 1),
            failed,
            event(EventType::AttemptStarted, "fetch", 5, 2),
            event(EventType::TaskSucceeded, "fetch", 6, 2),
            event(EventType::GoalSucceeded, "", 7, 0),
        ];
        let mut teller = Teller::default();
        let told: Vec<String> = events.iter().map(|event| teller.tell(event)).collect();
        assert_eq!(
            told,
            [
                "00:00:01.000  the goal was submitted",
                "00:00:02.000  fetch: w1 has begun",
                "00:00:04.000  fetch: attempt 1 failed after 2.000 s: HTTP: no route",
                "00:00:05.000  fetch: w1 has begun, attempt 2",
                "00:00:06.000  fetch: succeeded after 1.000 s",
                "00:00:07.000  the goal succeeded after 6.000 s",
            ]
        );
    }
}
