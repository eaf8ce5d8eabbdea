//! What a model is told and asked. The texts are files with versions; a change of one is another version.

use goalpost_checker::CapabilitySource;
use goalpost_model::{Blueprint, Finding, Past, Severity};
use serde_json::{Value, json};

use super::data;
use super::offer::offer;
use crate::hole::Hole;
use crate::{GoalRequest, Sketch};

/// Which prompts a model is given for a whole goal.
pub const PLAN_PROMPT: &str = "plan.v1";
/// And which for a hole: those, and what is to be known of holes.
pub const FILL_PROMPT: &str = "fill.v1";
/// And for another plan: those of a whole goal, and what is to be known of a plan that runs.
pub const REPLAN_PROMPT: &str = "replan.v1";

const PLAN: &str = include_str!("../../prompts/plan.v1.md");
const FILL: &str = include_str!("../../prompts/fill.v1.md");
const REPLAN: &str = include_str!("../../prompts/replan.v1.md");
const REPAIR: &str = include_str!("../../prompts/repair.v1.md");
const ANSWER: &str = include_str!("../../prompts/answer.v1.schema.json");

/// Bytes of a running plan that is shown whole.
const MAX_PLAN_BYTES: usize = 200_000;
/// Findings that go back to the model; it will not deal with more at once.
const MAX_FINDINGS: usize = 50;

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// By whom.
    pub said: Said,
    /// What.
    pub text: String,
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The planner.
    ByPlanner,
    /// The model.
    ByModel,
}

/// The form of an answer, as JSON Schema.
pub fn answer_schema() -> Value {
    serde_json::from_str(ANSWER).unwrap_or_default()
}

/// What the model is told of its work and of the capabilities; and how many of them it is not told of.
pub(super) fn system(capabilities: &dyn CapabilitySource, goal: &GoalRequest) -> (String, usize) {
    let offer = offer(capabilities, goal);
    (format!("{PLAN}\n{}", offer.lines), offer.left_out)
}

/// The same where it fills a hole.
pub(super) fn system_for_hole(capabilities: &dyn CapabilitySource, hole: &Hole) -> (String, usize) {
    let (system, left_out) = system(capabilities, &hole.goal);
    (format!("{system}{FILL}"), left_out)
}

/// The same for another plan.
pub(super) fn system_for_another(capabilities: &dyn CapabilitySource, goal: &GoalRequest) -> (String, usize) {
    let (system, left_out) = system(capabilities, goal);
    (format!("{system}{REPLAN}"), left_out)
}

/// The goal, the plan that it runs, and what has become of that, as data.
pub(super) fn running(goal: &GoalRequest, present: &Blueprint, past: &Past) -> String {
    let Past { failed, cancelled, ended, outputs, reason } = past;
    let outputs = outputs.iter().map(|(name, output)| (name.clone(), output.clone())).collect();
    // Their definitions are in the list of capabilities.
    let present = json!(Blueprint { capabilities: Vec::new(), ..present.clone() });
    // An outline of it names few of its tasks; the others are not kept then.
    let present = match present.as_object() {
        Some(object) if present.to_string().len() > MAX_PLAN_BYTES => data::bounded(object),
        _ => present,
    };
    let happened = json!({
        "reason": reason, "failed": failed, "cancelled": cancelled, "ended": ended, "outputs": data::bounded(&outputs),
    });
    let shown = [
        data::between("goal", &wanted(goal)),
        data::between("plan", &present),
        data::between("happened", &happened),
    ];
    shown.join("\n")
}

/// The goal, as data.
pub(super) fn goal(goal: &GoalRequest) -> String {
    data::between("goal", &wanted(goal))
}

/// The next hole of a plan for this goal, as data.
pub(super) fn hole(whole: &GoalRequest, sketch: &Sketch, hole: &Hole, task: &str) -> String {
    let mut goal = wanted(&hole.goal);
    goal["hole"] = task.into();
    goal["at_run_time"] = json!(hole.at_run_time);
    goal["wanted"] = json!(hole.wanted);
    let plan = json!({"goal": wanted(whole), "plan": sketch.blueprint()});
    let plan = plan.as_object().map(data::bounded).unwrap_or_default();
    format!("{}\n{}", data::between("goal", &goal), data::between("plan", &plan))
}

fn wanted(goal: &GoalRequest) -> Value {
    let GoalRequest { text, goal_type, input, .. } = goal;
    let mut wanted = if goal_type.is_empty() { json!({"text": text}) } else { json!({"type": goal_type}) };
    wanted["input"] = data::bounded(input);
    wanted
}

/// What is wrong with the last answer: the errors as they were found.
pub(super) fn repair(findings: &[Finding]) -> String {
    let errors: Vec<&Finding> =
        findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let mut shown: Vec<Value> = errors
        .iter()
        .take(MAX_FINDINGS)
        .map(|Finding { code, severity: _, node, field, message, fix }| {
            json!({"code": code, "node": node, "field": field, "message": message, "fix": fix})
        })
        .collect();
    if errors.len() > MAX_FINDINGS {
        shown
            .push(json!({"message": format!("{} more findings are not shown", errors.len() - MAX_FINDINGS)}));
    }
    format!("{REPAIR}\n{}", data::between("findings", &shown.into()))
}
