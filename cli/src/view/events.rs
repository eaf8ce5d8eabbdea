//! Events as plain lines.

use goalpost_client::v1::{Event, EventType};

use super::{clock, shorten, word};

/// An event in one line: number, time, what, about what.
pub(crate) fn line(event: &Event) -> String {
    let time = clock(event.at.as_ref());
    let mut line =
        format!("{:>4}  {time}  {:<18}", event.number, word(event.r#type().as_str_name(), "EVENT_TYPE_"));
    if !event.task.is_empty() {
        line.push_str(&format!("  {}", event.task));
    }
    if event.attempt > 1 {
        line.push_str(&format!(" (attempt {})", event.attempt));
    }
    if !event.worker.is_empty() {
        line.push_str(&format!("  @{}", event.worker));
    }
    if let Some(decision) = event.decision.as_ref().filter(|_| event.r#type() == EventType::DecisionMade) {
        line.push_str(&format!("  {} by {}", decision.verdict, decision.decided_by));
        if !decision.reason.is_empty() {
            line.push_str(&format!(": {}", shorten(&decision.reason, 200)));
        }
    }
    if let Some(failure) = &event.failure {
        line.push_str(&format!("  {}: {}", failure.kind, shorten(&failure.message, 200)));
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use goalpost_client::v1::Failure;

    use super::*;

    #[test]
    fn a_line_says_what_happened_to_what() {
        let event = Event {
            number: 7,
            r#type: EventType::AttemptFailed.into(),
            task: "fetch".into(),
            attempt: 2,
            worker: "w1".into(),
            failure: Some(Failure { kind: "HTTP".into(), message: "no\nroute".into() }),
            at: Some(pbjson_types::Timestamp { seconds: 3_661, nanos: 5_000_000 }),
            ..Event::default()
        };
        assert_eq!(
            line(&event),
            "   7  01:01:01.005  attempt failed      fetch (attempt 2)  @w1  HTTP: no route"
        );
    }
}
