//! `goalpost explain`.

use std::fmt::Write as _;

use goalpost_client::v1::{EdgeExplanation, Explanation, TaskState};

use super::Target;
use crate::failure::Failure;
use crate::session::Session;
use crate::view::word;

pub(crate) async fn run(session: &Session, target: Target) -> Result<(), Failure> {
    let explained = session.client()?.explain(&target.id).await?;
    session.show(&explained, || text(&explained))
}

fn text(explained: &Explanation) -> String {
    let mut text = format!("The workflow is {}.\n", word(explained.state().as_str_name(), "WORKFLOW_STATE_"));
    if let Some(failure) = &explained.failure {
        let _ = writeln!(text, "{}: {}", failure.kind, failure.message);
    }
    if explained.tasks.is_empty() {
        text.push_str("Every task has run.\n");
    }
    for task in &explained.tasks {
        let state = word(task.state().as_str_name(), "TASK_STATE_");
        let _ = writeln!(text, "\n{} is {state}: {}", task.task, task.reason);
        if let Some(at) = &task.timer_at {
            let at = serde_json::to_string(at).unwrap_or_default();
            let _ = writeln!(text, "  its timer fires at {}", at.trim_matches('"'));
        }
        for edge in &task.edges {
            let _ = writeln!(text, "  {}", of_edge(edge));
        }
    }
    text
}

pub(crate) fn of_edge(edge: &EdgeExplanation) -> String {
    let state = TaskState::try_from(edge.source_state).unwrap_or_default();
    let state = word(state.as_str_name(), "TASK_STATE_");
    let verdict = match edge.taken {
        Some(true) => "was taken",
        Some(false) => "was not taken",
        None => "is not decided",
    };
    let mut text = format!("the edge from {} ({state}) {verdict}", edge.source);
    if !edge.condition.is_empty() {
        let _ = write!(text, ": {}", edge.condition);
    }
    let mut reads: Vec<_> = edge.reads.iter().collect();
    reads.sort_unstable_by_key(|(path, _)| path.as_str());
    for (path, value) in reads {
        let value = serde_json::to_value(value).unwrap_or_default();
        let _ = write!(text, "; {path} was {value}");
    }
    text
}
