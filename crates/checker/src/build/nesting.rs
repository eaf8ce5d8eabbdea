//! Graphs inside of tasks: what a task says of its own, and their bounds.

use goalpost_model::limits::{MAX_ITEMS, MAX_ITERATIONS, MAX_KEY_HOLDERS, MAX_NESTING, MAX_WORKFLOW_TASKS};
use goalpost_model::{Blueprint, FOR_EACH, LOOP, RUN, Task};
use serde_json::Value;

use crate::code;
use crate::report::{Problem, Report, task_node};

use super::draft::Draft;

/// Whether graphs are inside of tasks no deeper than is allowed. What is deeper is not looked at.
pub(super) fn check_depth(blueprint: &Blueprint, report: &mut Report) -> bool {
    let mut open: Vec<(&Task, usize)> = blueprint.tasks.iter().map(|task| (task, 0)).collect();
    while let Some((task, depth)) = open.pop() {
        let Some(body) = task.body() else { continue };
        if depth >= MAX_NESTING {
            let message = format!("graphs are inside of tasks deeper than {MAX_NESTING}");
            let fix = "take the inner graph out, and submit it as a goal of its own";
            report.error(&task_node(task), "", Problem::new(code::BOUND, message, fix));
            return false;
        }
        open.extend(body.tasks.iter().map(|task| (task, depth + 1)));
    }
    true
}

/// Checks what each task says that it does, and how often.
pub(super) fn check(draft: Draft<'_>, report: &mut Report) {
    for task in draft.tasks {
        check_kind(task, report);
        if let Some(repeat) = &task.repeat
            && !(1..=MAX_ITERATIONS).contains(&repeat.max_iterations)
        {
            let message =
                format!("max_iterations is {}; 1 to {MAX_ITERATIONS} are allowed", repeat.max_iterations);
            let fix = "write how many iterations there may be";
            let problem = Problem::new(code::BOUND, message, fix);
            report.error(&task_node(task), "loop.max_iterations", problem);
        }
        if let Some(key) = &task.concurrency_key
            && !(1..=MAX_KEY_HOLDERS).contains(&key.limit)
        {
            let message = format!("limit is {}; 1 to {MAX_KEY_HOLDERS} are allowed", key.limit);
            let fix = "write how many tasks may hold the key at once";
            let problem = Problem::new(code::BOUND, message, fix);
            report.error(&task_node(task), "concurrency_key.limit", problem);
        }
        let most = most_tasks(task);
        if most > MAX_WORKFLOW_TASKS {
            let message = format!(
                "the task may come to {most} tasks, those of every item and iteration included; \
                 {MAX_WORKFLOW_TASKS} are allowed"
            );
            let problem = Problem::new(code::BOUND, message, "lower a bound, or shorten the list");
            report.error(&task_node(task), "", problem);
        }
    }
}

fn check_kind(task: &Task, report: &mut Report) {
    let said =
        [!task.capability.is_empty(), task.for_each.is_some(), task.repeat.is_some(), task.run.is_some()];
    let node = task_node(task);
    // Without any of them the catalog is asked for a capability without a name.
    if said.iter().filter(|said| **said).count() > 1 {
        let message = "the task says two things that it does";
        let fix = "write one of capability, for_each, loop and run";
        report.error(&node, "", Problem::new(code::BODY, message, fix));
    }
    if task.extends && (task.capability.is_empty() || crate::builtin::has(&task.capability)) {
        let message = "only what a worker makes can extend the graph";
        let fix = "remove `extends`, or name a capability that workers offer";
        report.error(&node, "extends", Problem::new(code::BODY, message, fix));
    }
    if [FOR_EACH, LOOP, RUN].contains(&task.capability.as_str()) {
        let message = format!("{} needs a graph to run", task.capability);
        let fix = "write for_each, loop or run with a body, and no capability";
        report.error(&node, "capability", Problem::new(code::BODY, message, fix));
    }
    if task.run.as_ref().is_some_and(|run| run.body.is_none()) {
        let message = match task.run.as_ref().and_then(|run| run.digest) {
            Some(digest) => format!("no blueprint with the digest {digest} is known here"),
            None => "the task runs nothing".to_owned(),
        };
        let fix = "write the body itself, or the digest of a blueprint that is stored";
        report.error(&node, "run", Problem::new(code::BODY, message, fix));
    }
}

/// How many tasks the task may come to, as far as the blueprint says. A list that is computed counts as
/// one item.
fn most_tasks(task: &Task) -> usize {
    let Some(body) = task.body() else { return 1 };
    let once = body.tasks.iter().map(most_tasks).fold(0, usize::saturating_add);
    let times = match (&task.for_each, &task.repeat) {
        (Some(_), _) => task.input.get("items").and_then(Value::as_array).map_or(1, Vec::len).min(MAX_ITEMS),
        (None, Some(repeat)) => usize::try_from(repeat.max_iterations).unwrap_or(usize::MAX),
        (None, None) => 1,
    };
    once.saturating_mul(times).saturating_add(1)
}
