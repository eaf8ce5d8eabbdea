//! The live view of a goal: a line for each task, in the order in which they came up; of more tasks than there
//! is room for, those that moved last.

use std::collections::{BTreeMap, HashMap};

use goalpost_client::v1::{Event, EventType};

use super::shorten;

/// What is known of a goal so far.
#[derive(Default)]
pub(crate) struct Frame {
    headline: String,
    tasks: Vec<Line>,
    places: HashMap<String, usize>,
    /// How many tasks are in each state.
    counts: BTreeMap<&'static str, usize>,
    /// How often a task has moved.
    moves: usize,
    begun: Option<f64>,
    now: f64,
}

struct Line {
    name: String,
    /// Which move of all was its last.
    moved: usize,
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
            EventType::GoalAwaitingApproval => "planned, waiting to be approved",
            EventType::GoalPlanned => "planned",
            EventType::WorkflowStarted => "running",
            EventType::WorkflowPaused => "paused",
            EventType::WorkflowRunning | EventType::GoalRetried => "running",
            EventType::WorkflowExtended => "running, with another plan",
            EventType::WorkflowReplanning => "waiting for another plan",
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
        self.moves += 1;
        let moves = self.moves;
        let line = self.line(&event.task);
        (line.mark, line.moved) = (mark, moves);
        let before = std::mem::replace(&mut line.state, state);
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
        if let Some(count) = self.counts.get_mut(before) {
            *count -= 1;
        }
        *self.counts.entry(state).or_default() += 1;
    }

    /// Whether nothing has happened.
    pub(crate) fn is_empty(&self) -> bool {
        self.begun.is_none()
    }

    /// The view in lines of at most `width` characters, as many as `height` at most.
    pub(crate) fn lines(&self, width: usize, height: usize) -> Vec<String> {
        let mut lines = vec![shorten(&self.headline, width)];
        let mut shown: Vec<&Line> = self.tasks.iter().collect();
        if shown.len() + lines.len() > height {
            let counts: Vec<String> = (self.counts.iter().filter(|(_, count)| **count > 0))
                .map(|(state, count)| format!("{count} {state}"))
                .collect();
            lines.push(shorten(&format!("  {} tasks: {}", shown.len(), counts.join(", ")), width));
            let room = height.saturating_sub(lines.len()).max(1);
            shown.select_nth_unstable_by_key(room - 1, |line| usize::MAX - line.moved);
            shown.truncate(room);
            shown.sort_unstable_by_key(|line| line.moved);
        }
        let name_width = shown.iter().map(|line| line.name.chars().count()).max().unwrap_or(0).min(32);
        lines.extend(shown.into_iter().map(|line| shorten(&line.text(name_width), width)));
        lines
    }

    fn line(&mut self, task: &str) -> &mut Line {
        let place = *self.places.entry(task.to_owned()).or_insert(self.tasks.len());
        if place == self.tasks.len() {
            self.tasks.push(Line {
                name: task.to_owned(),
                moved: 0,
                mark: ' ',
                state: "",
                attempt: 0,
                started: None,
                ended: None,
                note: String::new(),
            });
        }
        &mut self.tasks[place]
    }
}

impl Line {
    fn text(&self, name_width: usize) -> String {
        let time = match (self.started, self.ended) {
            (Some(started), Some(ended)) => format!("{:.3} s", ended - started),
            _ => String::new(),
        };
        let attempt = if self.attempt > 1 { format!("attempt {}", self.attempt) } else { String::new() };
        let Self { name, mark, state, note, .. } = self;
        let text = format!("  {mark} {name:<name_width$}  {state:<14}  {time:>9}  {attempt:<10}  {note}");
        text.trim_end().to_owned()
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
            frame.lines(80, 24),
            ["succeeded  5.00 s", "  ✓ fetch     succeeded         2.000 s", "  ○ fallback  skipped"]
        );
        assert_eq!(frame.lines(10, 24)[1], "  ✓ fetch…");
    }
    #[test]
    fn of_more_tasks_than_there_is_room_for_those_are_shown_that_moved_last() {
        let mut frame = Frame::default();
        let tasks = (0..1_000).map(|place| format!("t{place}"));
        for (number, task) in (1..).zip(tasks) {
            frame.take(&event(number, EventType::TaskReady, &task, 1));
        }
        frame.take(&event(1_001, EventType::AttemptStarted, "t7", 2));
        frame.take(&event(1_002, EventType::TaskSucceeded, "t3", 2));
        let expected =
            ["", "  1000 tasks: 998 ready, 1 running, 1 succeeded", "  · t999  ready", "  ▸ t7    running"];
        let lines = frame.lines(80, 5);
        assert_eq!(lines[..4], expected);
        assert!(lines[4].starts_with("  ✓ t3    succeeded"));
    }
}
