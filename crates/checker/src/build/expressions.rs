//! Conditions and data flows: paths and expressions.

use std::collections::BTreeMap;

use goalpost_model::{ConcurrencyKey, Severity};

use crate::code;
use crate::compiled::Flow;
use crate::expression::{Analysis, Expression, Kinds, Sees, TaskNames, analyse, tree};
use crate::flow_path::{DisjointPaths, FlowPath};
use crate::names::shown;
use crate::report::{Problem, Report, edge_node, task_node};
use crate::secret;

use super::draft::Draft;
use super::undo;

/// Every expression of a blueprint, as far as nothing is wrong with it.
#[derive(Default)]
pub(super) struct Expressions<'a> {
    /// The data flows of each task.
    pub(super) tasks: Vec<Vec<FlowPart<'a>>>,
    /// The data flows of what undoes each task.
    pub(super) undos: Vec<Vec<FlowPart<'a>>>,
    /// The name of each task's key.
    pub(super) keys: Vec<Option<Condition<'a>>>,
    /// The parts of each edge.
    pub(super) edges: Vec<EdgeParts<'a>>,
    /// What comes out of the graph.
    pub(super) output: Vec<FlowPart<'a>>,
    /// While it holds, the graph is run again.
    pub(super) again: Option<Condition<'a>>,
}

/// A data flow with what its expression does.
pub(super) struct FlowPart<'a> {
    pub(super) flow: Flow,
    pub(super) analysis: Analysis<'a>,
}

/// The condition and the data flows of an edge.
#[derive(Default)]
pub(super) struct EdgeParts<'a> {
    pub(super) condition: Option<Condition<'a>>,
    pub(super) flows: Vec<FlowPart<'a>>,
}

/// A condition with what its expression does.
pub(super) struct Condition<'a> {
    pub(super) expression: Expression,
    pub(super) analysis: Analysis<'a>,
}

/// Compiles all of them.
pub(super) fn compile<'a>(
    blueprint: Draft<'_>,
    names: &TaskNames<'_>,
    sees: &Sees<'a>,
    report: &mut Report,
) -> Expressions<'a> {
    let names = Names { tasks: names, sees };
    let mut found = Expressions::default();
    for task in blueprint.tasks {
        found.tasks.push(flows(&task_node(task), "data_flow", &task.data_flow, names, report));
        let undo = undo::inside(task, report, |undo, report| {
            flows(&task_node(undo), "data_flow", &undo.data_flow, names, report)
        });
        found.undos.push(undo.unwrap_or_default());
        let key = task.concurrency_key.as_ref();
        found.keys.push(key.and_then(|key| key_name(&task_node(task), key, names, report)));
    }
    for edge in blueprint.edges {
        let node = edge_node(edge);
        let condition = (!edge.condition.is_empty())
            .then(|| condition(&node, "condition", &edge.condition, names, report))
            .flatten();
        found
            .edges
            .push(EdgeParts { condition, flows: flows(&node, "data_flow", &edge.data_flow, names, report) });
    }
    found.output = flows("", "output", blueprint.output, names, report);
    found.again = blueprint.again.and_then(|text| condition("", "while", text, names, report));
    found
}

/// What the names in an expression stand for.
#[derive(Clone, Copy)]
struct Names<'n, 'a> {
    tasks: &'n TaskNames<'n>,
    sees: &'n Sees<'a>,
}

fn condition<'a>(
    node: &str,
    field: &str,
    text: &str,
    names: Names<'_, 'a>,
    report: &mut Report,
) -> Option<Condition<'a>> {
    let (expression, analysis) = expression(node, field, text, names, report)?;
    let kinds = analysis.value.kinds;
    if !kinds.meets(Kinds::BOOL) {
        let message = format!("the condition is {kinds}, which is neither true nor false");
        report.error(node, field, Problem::new(code::NOT_BOOLEAN, message, "write a comparison"));
    }
    Some(Condition { expression, analysis })
}

fn key_name<'a>(
    node: &str,
    key: &ConcurrencyKey,
    names: Names<'_, 'a>,
    report: &mut Report,
) -> Option<Condition<'a>> {
    let field = "concurrency_key.key";
    let (expression, analysis) = expression(node, field, &key.key, names, report)?;
    let kinds = analysis.value.kinds;
    if !kinds.meets(Kinds::TEXT) {
        let message = format!("the name of a key is text, and this is {kinds}");
        let problem = Problem::new(code::WRONG_TYPE, message, "make text of it: string(...)");
        report.error(node, field, problem);
    }
    Some(Condition { expression, analysis })
}

fn flows<'a>(
    node: &str,
    of: &str,
    data_flow: &BTreeMap<String, String>,
    names: Names<'_, 'a>,
    report: &mut Report,
) -> Vec<FlowPart<'a>> {
    let mut found: Vec<FlowPart<'a>> = Vec::new();
    let mut paths = DisjointPaths::default();
    for (path_text, text) in data_flow {
        let field = format!("{of}.{path_text}");
        let path = FlowPath::parse(path_text).map_err(|fault| {
            report.error(
                node,
                &field,
                Problem::new(code::BAD_PATH, fault, "write names with dots between, like a.b"),
            );
        });
        let expression = expression(node, &field, text, names, report);
        let (Ok(path), Some((expression, analysis))) = (path, expression) else { continue };
        if let Some(other) = paths.add(&path, path_text) {
            let message = format!("the path overlaps '{}'", shown(other));
            report.error(
                node,
                &field,
                Problem::new(code::OVERLAPPING_PATHS, message, "write each value once"),
            );
        }
        found.push(FlowPart { flow: Flow { path_text: path_text.clone(), path, expression }, analysis });
    }
    found
}

fn expression<'a>(
    node: &str,
    field: &str,
    text: &str,
    names: Names<'_, 'a>,
    report: &mut Report,
) -> Option<(Expression, Analysis<'a>)> {
    let tree = tree(text).map_err(|problem| report.error(node, field, problem)).ok()?;
    let mut analysis = analyse(&tree, names.tasks, names.sees, report.suggestions());
    if analysis.problems.is_empty() {
        for (severity, problem) in analysis.of_types.drain(..) {
            match severity {
                Severity::Error => report.error(node, field, problem),
                Severity::Warning => report.warning(node, field, problem),
            }
        }
        let mut secrets = Vec::new();
        secret::in_expression(&tree, &mut secrets);
        secrets.into_iter().for_each(|problem| report.warning(node, field, problem));
        return Some((Expression::new(text, &tree, names.tasks), analysis));
    }
    analysis.problems.drain(..).for_each(|problem| report.error(node, field, problem));
    None
}
