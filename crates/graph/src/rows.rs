//! Whether what is stored of one task goes together.

use goalpost_checker::CompiledTask;
use goalpost_checker::builtin::Control;
use goalpost_model::TaskState;

use crate::branch::matches_end;
use crate::tasks::Tasks;
use crate::{InvalidState, Task};

/// Refuses a row that contradicts itself or its place in the blueprint.
pub(crate) fn check_row(tasks: &Tasks, ordinal: usize, task: &Task) -> Result<(), InvalidState> {
    let found =
        tasks.find(ordinal).and_then(|(_, place, run)| Some((place, run, run.graph.tasks.get(place)?)));
    let Some((place, run, compiled)) = found else {
        return Err(InvalidState::UnknownTask { ordinal, tasks: tasks.len() });
    };
    if let Some(problem) = problem_of(task, compiled) {
        return Err(InvalidState::Task { task: compiled.name.clone(), state: task.state, problem });
    }
    let possible = |edge: &usize| {
        let compiled = run.graph.edges.get(*edge);
        compiled.is_some_and(|edge| edge.source == place && matches_end(edge.on, task.state))
    };
    let ascending = |at: &usize| *at == 0 || task.taken_edges[at - 1] < task.taken_edges[*at];
    let wrong = (0..task.taken_edges.len()).find(|at| !possible(&task.taken_edges[*at]) || !ascending(at));
    match wrong {
        Some(at) => Err(InvalidState::TakenEdge {
            task: compiled.name.clone(),
            state: task.state,
            edge: task.taken_edges[at],
        }),
        None => Ok(()),
    }
}

/// What came out of the task is a blueprint that is not checked yet.
fn has_made_a_plan(task: &Task, compiled: &CompiledTask) -> bool {
    compiled.extends && task.state == TaskState::Waiting && task.output.is_some()
}

/// It waits for the graph that it has made, or for its plan.
fn extends(task: &Task, compiled: &CompiledTask) -> bool {
    has_made_a_plan(task, compiled) || task.planned.is_some()
}

/// It waits for its key, or for room in the budget, before its first attempt or a later one.
fn may_begin(task: &Task) -> bool {
    task.key.is_some() || task.awaits_budget
}

fn problem_of(task: &Task, compiled: &CompiledTask) -> Option<&'static str> {
    let max_attempts = compiled.retry.max_attempts;
    let is_control = compiled.control.is_some();
    let found = |wrong: bool, problem| wrong.then_some(problem);
    let ended_itself = matches!(task.state, TaskState::Succeeded | TaskState::Failed);
    found(task.failures > task.attempt, "it has more failures than attempts")
        .or(found(task.key.is_some() && compiled.key.is_none(), "it has a key"))
        .or(found(
            task.awaits_budget && (is_control || task.state != TaskState::Waiting),
            "it needs no room in the budget",
        ))
        .or(found(task.unhandled.is_some() && !ended_itself, "it has an unhandled failure"))
        .or(found(
            task.output.is_some() != (task.state == TaskState::Succeeded || has_made_a_plan(task, compiled)),
            "its output says otherwise",
        ))
        .or_else(|| match task.state {
            TaskState::Pending => found(
                *task != Task { attempt: task.attempt, spent: task.spent, ..Task::default() },
                "something is stored of it",
            ),
            TaskState::Ready | TaskState::Running => found(task.attempt == 0, "it has no attempt")
                .or(found(task.input.is_none(), "it has no input"))
                .or(found(is_control, "no worker does it"))
                .or(found(task.failures >= max_attempts, "it has no attempt left")),
            TaskState::Waiting => found(task.input.is_none(), "it has no input")
                .or(found(compiled.control == Some(Control::Transform), "it waits for nothing"))
                .or(found(
                    task.body.is_some() != (compiled.body.is_some() || task.planned.is_some()),
                    "the graph inside of it says otherwise",
                ))
                .or(found(!is_control && !may_begin(task) && task.attempt == 0, "it has no attempt"))
                .or(found(
                    !extends(task, compiled) && !may_begin(task) && is_control != (task.failures == 0),
                    "its failures say otherwise",
                ))
                .or(found(task.failures >= max_attempts, "it has no attempt left")),
            TaskState::Succeeded | TaskState::Skipped if task.is_by_hand() => None,
            TaskState::Succeeded => found(!is_control && task.attempt == 0, "it has no attempt"),
            TaskState::Failed => found(task.failure.is_none(), "it has no failure").or(found(
                task.taken_edges.is_empty() && task.unhandled.is_none(),
                "nothing took its failure up and it is not unhandled",
            )),
            // Skipped: its attempts are those before a retry.
            TaskState::Skipped | TaskState::Cancelled => None,
        })
}
