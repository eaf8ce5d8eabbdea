//! Everything about a goal.

use std::collections::HashMap;
use std::fmt::Write as _;

use goalpost_client::v1::{Edge, EdgeOn, Event, EventType, TaskExplanation};
use pbjson_types::Timestamp;

use super::{aligned, at, clock, failure, goal, seconds, span, table};
use crate::commands::describe::Description;
use crate::commands::explain::of_edge;

/// A description for people.
pub(crate) fn text(description: &Description) -> String {
    let mut text = goal::details(&description.goal);
    let tasks = tasks(description);
    if tasks.is_empty() {
        return text;
    }
    let mut table = table(["TASK", "STATE", "ATTEMPT", "BEGAN", "TOOK", "WORKER", "CAPABILITY"]);
    for task in &tasks {
        let attempt = if task.attempts.is_empty() { String::new() } else { task.attempts.len().to_string() };
        let worker = task.attempts.last().map(|attempt| attempt.worker.as_str()).unwrap_or_default();
        let (began, took) = (clock(task.began.as_ref()), task.took());
        table.add_row([&task.name, &task.state, &attempt, &began, &took, worker, &task.capability]);
    }
    let _ = write!(text, "\n{}", aligned(&table));
    for task in &tasks {
        let lines = task.lines(description);
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{} ({})", task.name, task.state);
            for line in lines {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    text
}

/// What is known of a task.
#[derive(Default)]
struct Task {
    name: String,
    capability: String,
    state: String,
    began: Option<Timestamp>,
    ended: Option<Timestamp>,
    attempts: Vec<Attempt>,
    /// Why it failed, was skipped or cancelled.
    why: Option<String>,
}

#[derive(Default)]
struct Attempt {
    number: i32,
    worker: String,
    began: Option<Timestamp>,
    ended: Option<Timestamp>,
    failure: Option<String>,
}

/// The tasks in the order of the blueprint; then those inside of others, as they came up.
fn tasks(description: &Description) -> Vec<Task> {
    let blueprint = description.blueprint.iter().flat_map(|blueprint| &blueprint.tasks);
    let mut tasks: Vec<Task> = blueprint
        .filter(|task| !task.withdrawn)
        .map(|task| Task {
            name: task.name.clone(),
            capability: task.capability.clone(),
            state: "pending".to_owned(),
            ..Task::default()
        })
        .collect();
    let mut places: HashMap<String, usize> =
        tasks.iter().enumerate().map(|(place, task)| (task.name.clone(), place)).collect();
    for event in description.events.iter().filter(|event| !event.task.is_empty()) {
        let place = *places.entry(event.task.clone()).or_insert(tasks.len());
        if place == tasks.len() {
            tasks.push(Task { name: event.task.clone(), ..Task::default() });
        }
        tasks[place].take(event);
    }
    tasks
}

impl Task {
    fn take(&mut self, event: &Event) {
        let at = event.at;
        let why = event.failure.as_ref().map(failure);
        let state = match event.r#type() {
            EventType::TaskPending => {
                *self = Self {
                    name: std::mem::take(&mut self.name),
                    capability: std::mem::take(&mut self.capability),
                    ..Self::default()
                };
                "pending"
            }
            EventType::TaskWaiting => "waiting",
            EventType::TaskReady => "ready",
            EventType::AttemptStarted => {
                self.attempts.push(Attempt {
                    number: event.attempt,
                    worker: event.worker.clone(),
                    began: at,
                    ..Attempt::default()
                });
                "running"
            }
            EventType::AttemptFailed => "waiting for another attempt",
            EventType::TaskSucceeded => "succeeded",
            EventType::TaskFailed => "failed",
            EventType::TaskSkipped => "skipped",
            EventType::TaskCancelled => "cancelled",
            _ => return,
        };
        self.state = state.to_owned();
        match event.r#type() {
            EventType::TaskWaiting | EventType::AttemptStarted => {
                self.began = self.began.or(at);
                self.ended = None;
                self.why = why;
            }
            EventType::AttemptFailed => self.end_attempt(at, why),
            EventType::TaskSucceeded | EventType::TaskFailed | EventType::TaskCancelled => {
                self.end_attempt(at, why.clone());
                (self.ended, self.why) = (at, why);
            }
            EventType::TaskSkipped => self.why = why,
            _ => {}
        }
    }

    fn end_attempt(&mut self, at: Option<Timestamp>, why: Option<String>) {
        if let Some(attempt) = self.attempts.last_mut().filter(|attempt| attempt.ended.is_none()) {
            (attempt.ended, attempt.failure) = (at, why);
        }
    }

    fn took(&self) -> String {
        took(self.began.as_ref(), self.ended.as_ref())
    }

    /// What there is to say besides the table's line.
    fn lines(&self, description: &Description) -> Vec<String> {
        let explained = description.explanation.iter().flat_map(|explanation| &explanation.tasks);
        let explained = explained.into_iter().find(|explained| explained.task == self.name);
        let mut lines = explained.map(of_explanation).unwrap_or_default();
        if explained.is_none_or(|explained| explained.edges.is_empty()) {
            let edges = description.blueprint.iter().flat_map(|blueprint| &blueprint.edges);
            lines.extend(edges.filter(|edge| edge.target == self.name).map(after));
        }
        let has_failed = self.attempts.iter().any(|attempt| attempt.failure.is_some());
        if has_failed {
            lines.extend(self.attempts.iter().map(Attempt::line));
        } else if explained.is_none() {
            lines.extend(self.why.clone());
        }
        lines
    }
}

impl Attempt {
    fn line(&self) -> String {
        let Self { number, worker, began, ended, failure } = self;
        let end = match (failure, ended) {
            (Some(why), _) => format!("failed after {}: {why}", took(began.as_ref(), ended.as_ref())),
            (None, Some(_)) => format!("was done after {}", took(began.as_ref(), ended.as_ref())),
            (None, None) => "runs".to_owned(),
        };
        format!("attempt {number} at {}, by {worker}: {end}", clock(began.as_ref()))
    }
}

fn took(began: Option<&Timestamp>, ended: Option<&Timestamp>) -> String {
    match (began, ended) {
        (Some(began), Some(ended)) => span(seconds(ended) - seconds(began)),
        _ => String::new(),
    }
}

fn of_explanation(explained: &TaskExplanation) -> Vec<String> {
    let mut lines = vec![explained.reason.clone()];
    if let Some(timer) = &explained.timer_at {
        lines.push(format!("its timer fires at {}", at(Some(timer))));
    }
    lines.extend(explained.edges.iter().map(of_edge));
    lines.retain(|line| !line.is_empty());
    lines
}

/// Where it comes after in the graph.
fn after(edge: &Edge) -> String {
    let mut line = format!("after {}", edge.source);
    match edge.on() {
        EdgeOn::Failure => line.push_str(" has failed"),
        EdgeOn::Always => line.push_str(" has ended"),
        _ => {}
    }
    if !edge.condition.is_empty() {
        let _ = write!(line, " if {}", edge.condition);
    }
    line
}
