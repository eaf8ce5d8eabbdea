//! The live view of a goal: a line for each task, in the order in which they came up.

use goalpost_client::v1::{Event, EventType};

use super::shorten;

/// What is known of a goal so far.
#[derive(Default)]
pub(crate) struct Frame {
    headline: String,
    tasks: Vec<Line>,
    begun: Option<f64>,
    now: f64,
}

struct Line {
    name: String,
    mark: char,
    state: &'static str,
    attempt: i32,
    started: Option<f64>,
    ended: Option<f64>,
    note: String,
}

impl Frame {
    /// Takes an event in.
    pub(crate) fn take(&mut self, event: &Event) {
        self.now = event.at.as_ref().map_or(self.now, |at| at.seconds as f64 + f64::from(at.nanos) / 1e9);
        let begun = *self.begun.get_or_insert(self.now);
        let failure = event
            .failure
            .as_ref()
            .map(|failure| format!("{}: {}", failure.kind, failure.message))
            .unwrap_or_default();
        let now = self.now;
        let headline = match event.r#type() {
            EventType::GoalSubmitted => "submitted, waiting for its plan",
            EventType::GoalPlanned => "planned",
            EventType::WorkflowStarted => "running",
            EventType::WorkflowPaused => "paused",
            EventType::WorkflowRunning | EventType::GoalRetried => "running",
            EventType::WorkflowCompensating => "undoing what was done",
            EventType::GoalSucceeded => "succeeded",
            EventType::GoalFailed => "failed",
            EventType::GoalCancelled => "cancelled",
            _ => "",
        };
        if !headline.is_empty() {
            self.headline = format!("{headline}  {:.2} s  {failure}", now - begun).trim_end().to_owned();
        }
        if event.task.is_empty() {
            return;
        }
        let (mark, state) = match event.r#type() {
            EventType::TaskPending => ('·', "pending"),
            EventType::TaskWaiting => ('◷', "waiting"),
            EventType::TaskReady => ('·', "ready"),
            EventType::AttemptStarted => ('▸', "running"),
            EventType::AttemptFailed => ('↻', "attempt failed"),
            EventType::TaskSucceeded => ('✓', "succeeded"),
            EventType::TaskFailed => ('✗', "failed"),
            EventType::TaskSkipped => ('○', "skipped"),
            EventType::TaskCancelled => ('⊘', "cancelled"),
            _ => return,
        };
        let line = self.line(&event.task);
        (line.mark, line.state) = (mark, state);
        line.attempt = line.attempt.max(event.attempt);
        match event.r#type() {
            EventType::AttemptStarted => (line.started, line.ended) = (Some(now), None),
            EventType::TaskWaiting => line.started = Some(now),
            EventType::TaskReady | EventType::TaskPending => {}
            _ => line.ended = Some(now),
        }
        if !failure.is_empty() {
            line.note = failure;
        }
    }

    /// The view in lines of at most `width` characters.
    pub(crate) fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = vec![shorten(&self.headline, width)];
        let name_width = self.tasks.iter().map(|line| line.name.chars().count()).max().unwrap_or(0).min(32);
        for line in &self.tasks {
            let time = match (line.started, line.ended) {
                (Some(started), Some(ended)) => format!("{:.3} s", ended - started),
                _ => String::new(),
            };
            let attempt = if line.attempt > 1 { format!("attempt {}", line.attempt) } else { String::new() };
            let text = format!(
                "  {} {:<name_width$}  {:<14}  {time:>9}  {attempt:<10}  {}",
                line.mark, line.name, line.state, line.note
            );
            lines.push(shorten(text.trim_end(), width));
        }
        lines
    }

    fn line(&mut self, task: &str) -> &mut Line {
        let place = self.tasks.iter().position(|line| line.name == task).unwrap_or_else(|| {
            self.tasks.push(Line {
                name: task.to_owned(),
                mark: ' ',
                state: "",
                attempt: 0,
                started: None,
                ended: None,
                note: String::new(),
            });
            self.tasks.len() - 1
        });
        &mut self.tasks[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: i64, kind: EventType, task: &str, seconds: i64) -> Event {
        Event {
            number,
            r#type: kind.into(),
            task: task.into(),
            attempt: i32::from(!task.is_empty()),
            at: Some(pbjson_types::Timestamp { seconds, nanos: 0 }),
            ..Event::default()
        }
    }

    #[test]
    fn each_task_has_a_line_with_its_state_and_time() {
        let mut frame = Frame::default();
        frame.take(&event(1, EventType::GoalSubmitted, "", 10));
        frame.take(&event(2, EventType::TaskReady, "fetch", 11));
        frame.take(&event(3, EventType::AttemptStarted, "fetch", 12));
        frame.take(&event(4, EventType::TaskSucceeded, "fetch", 14));
        frame.take(&event(5, EventType::TaskSkipped, "fallback", 14));
        frame.take(&event(6, EventType::GoalSucceeded, "", 15));
        assert_eq!(
            frame.lines(80),
            ["succeeded  5.00 s", "  ✓ fetch     succeeded         2.000 s", "  ○ fallback  skipped"]
        );
        assert_eq!(frame.lines(10)[1], "  ✓ fetch…");
    }
}
