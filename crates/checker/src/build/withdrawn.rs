//! Tasks that the workflow does without, since another plan took the place of the one that had them.

use goalpost_model::limits::MAX_REPLANS;
use goalpost_model::{Blueprint, Task};

use crate::code;
use crate::names::shown;
use crate::report::{Problem, Report, task_node};

use super::draft::Draft;

/// Checks that only tasks of the blueprint's own graph are withdrawn.
pub(super) fn check_inside(draft: Draft<'_>, report: &mut Report) {
    // Something is seen besides the tasks: what the graph is inside of.
    let is_inside = !draft.variables.is_empty();
    for task in draft.tasks.iter().filter(|task| is_inside && task.withdrawn) {
        let message = "a task inside of another one is withdrawn";
        wrong(task, message, "withdraw the task around it, or remove `withdrawn`", report);
    }
}

/// Checks that tasks are withdrawn where another plan was, and that there are only so many of these.
pub(super) fn check(blueprint: &Blueprint, report: &mut Report) {
    let outer = blueprint.tasks.iter().filter(|task| task.withdrawn && blueprint.parent.is_none());
    for task in outer {
        let message = "the task is withdrawn, and the blueprint takes the place of no other one";
        wrong(task, message, "remove the task, or remove `withdrawn`", report);
    }
    if blueprint.max_replans > MAX_REPLANS {
        let message = format!("max_replans is {}; at most {MAX_REPLANS} are allowed", blueprint.max_replans);
        let fix = "write how often the workflow may be planned anew instead of failing";
        report.error("", "max_replans", Problem::new(code::BOUND, message, fix));
    }
}

fn wrong(task: &Task, message: &str, fix: &'static str, report: &mut Report) {
    report.error(&task_node(task), "withdrawn", Problem::new(code::WITHDRAWN, message, fix));
}

/// Something that is still to be evaluated reads what came out of a withdrawn task.
pub(super) fn read(task: &Task, node: &str, field: &str, report: &mut Report) {
    let message = format!("{} is read, which is withdrawn: what it did is undone", shown(&task.name));
    let fix = "read a task that is kept, or keep this one";
    report.error(node, field, Problem::new(code::WITHDRAWN, message, fix));
}
