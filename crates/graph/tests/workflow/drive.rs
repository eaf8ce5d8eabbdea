//! Random orders of starts, results, failures, losses and cancellations.

use goalpost_graph::{Effect, Event, Task, Workflow};
use goalpost_model::{Failure, TaskState, Usage, WorkflowState};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::json;

use crate::random::Plan;
use crate::run::{Run, broken};

/// Which open task is next, and what happens to it. Once the script has run out, everything succeeds.
pub(crate) type Script = Vec<(u8, u8)>;

pub(crate) fn script() -> impl Strategy<Value = Script> {
    proptest::collection::vec(any::<(u8, u8)>(), 0..60)
}

/// One step that was made.
pub(crate) struct Moment<'a> {
    pub(crate) event: Event,
    pub(crate) effects: Vec<Effect>,
    pub(crate) before: Workflow,
    pub(crate) run: &'a Run,
}

/// Runs the plan by the script until nothing is left to do; shows every step.
pub(crate) fn play(
    plan: &Plan,
    script: &Script,
    mut look: impl FnMut(Moment<'_>) -> Result<(), TestCaseError>,
) -> Result<Run, TestCaseError> {
    let mut run = Run::new(&plan.blueprint());
    let mut script = script.iter();
    let mut event = Some(Event::Start);
    while let Some(next) = event {
        let before = run.workflow.clone();
        let effects = run.apply(next.clone());
        look(Moment { event: next, effects, before, run: &run })?;
        let (pick, act) = script.next().copied().unwrap_or_default();
        event = next_event(&run, pick, act);
    }
    Ok(run)
}

/// The events in their order, each with its effects.
pub(crate) type History = Vec<(Event, Vec<Effect>)>;

/// The same, when only the end and the events are of interest.
pub(crate) fn history(plan: &Plan, script: &Script) -> Result<(Run, History), TestCaseError> {
    let mut history = Vec::new();
    let run = play(plan, script, |moment| {
        history.push((moment.event, moment.effects));
        Ok(())
    })?;
    Ok((run, history))
}

pub(crate) fn next_event(run: &Run, pick: u8, act: u8) -> Option<Event> {
    let workflow = &run.workflow;
    let open = [TaskState::Waiting, TaskState::Ready, TaskState::Running];
    // What a graph inside of a task waits for is in that graph.
    let is_open = |ordinal: usize, task: &Task| {
        open.contains(&task.state) && (task.state != TaskState::Waiting || workflow.timer(ordinal).is_some())
    };
    let open: Vec<usize> = workflow
        .tasks
        .iter()
        .filter(|(ordinal, task)| is_open(*ordinal, task))
        .map(|(ordinal, _)| ordinal)
        .collect();
    if open.is_empty() {
        return None;
    }
    let task = open[usize::from(pick) % open.len()];
    let attempt = workflow.tasks[task].attempt;
    let output = json!({"n": act % 8});
    let timer = workflow.timer(task);
    // What is undone already cannot be ended once more.
    let act = if workflow.state == WorkflowState::Compensating { act.min(253) } else { act };
    Some(match act {
        255 => Event::Cancel { failure: Failure::new(Failure::CANCELLED, "no longer wanted") },
        254 if run.blueprint.deadline_ms > 0 => Event::DeadlineExceeded,
        _ if workflow.tasks[task].state == TaskState::Waiting || act >= 230 && timer.is_some() => {
            let kind = timer.expect("what waits has a timer").kind;
            Event::TimerFired { task, attempt, kind }
        }
        _ if workflow.tasks[task].state == TaskState::Ready => Event::AttemptStarted { task, attempt },
        0..=119 => Event::AttemptSucceeded { task, attempt, output, usage: Usage::default() },
        120..=139 => Event::AttemptSucceeded {
            task,
            attempt,
            output: json!("of the wrong kind"),
            usage: Usage::default(),
        },
        140..=219 => Event::AttemptFailed { task, attempt, failure: broken(), usage: Usage::default() },
        220..=254 => Event::AttemptUndelivered { task, attempt },
    })
}
