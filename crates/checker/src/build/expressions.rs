//! Conditions and data flows: paths and expressions.

use std::collections::BTreeMap;

use crate::code;
use crate::compiled::Flow;
use crate::expression::{Analysis, Expression, TaskNames, analyse, tree};
use crate::flow_path::{DisjointPaths, FlowPath};
use crate::names::shown;
use crate::report::{Problem, Report, edge_node, task_node};

use super::draft::Draft;
use super::undo;

/// Every expression of a blueprint, as far as nothing is wrong with it.
#[derive(Default)]
pub(super) struct Expressions {
    /// The data flows of each task.
    pub(super) tasks: Vec<Vec<FlowPart>>,
    /// The data flows of what undoes each task.
    pub(super) undos: Vec<Vec<FlowPart>>,
    /// The parts of each edge.
    pub(super) edges: Vec<EdgeParts>,
    /// What comes out of the graph.
    pub(super) output: Vec<FlowPart>,
    /// While it holds, the graph is run again.
    pub(super) again: Option<Condition>,
}

/// A data flow with what its expression does.
pub(super) struct FlowPart {
    pub(super) flow: Flow,
    pub(super) analysis: Analysis,
}

/// The condition and the data flows of an edge.
#[derive(Default)]
pub(super) struct EdgeParts {
    pub(super) condition: Option<Condition>,
    pub(super) flows: Vec<FlowPart>,
}

/// A condition with what its expression does.
pub(super) struct Condition {
    pub(super) expression: Expression,
    pub(super) analysis: Analysis,
}

/// Compiles all of them.
pub(super) fn compile(blueprint: Draft<'_>, names: &TaskNames<'_>, report: &mut Report) -> Expressions {
    let mut found = Expressions::default();
    for task in blueprint.tasks {
        found.tasks.push(flows(&task_node(task), "data_flow", &task.data_flow, names, report));
        let undo = undo::inside(task, report, |undo, report| {
            flows(&task_node(undo), "data_flow", &undo.data_flow, names, report)
        });
        found.undos.push(undo.unwrap_or_default());
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

fn condition(
    node: &str,
    field: &str,
    text: &str,
    names: &TaskNames<'_>,
    report: &mut Report,
) -> Option<Condition> {
    let (expression, analysis) = expression(node, field, text, names, report)?;
    if let Some(kind) = analysis.kind {
        let message = format!("the condition is {kind}, which is neither true nor false");
        report.error(node, field, Problem::new(code::NOT_BOOLEAN, message, "write a comparison"));
    }
    Some(Condition { expression, analysis })
}

fn flows(
    node: &str,
    of: &str,
    data_flow: &BTreeMap<String, String>,
    names: &TaskNames<'_>,
    report: &mut Report,
) -> Vec<FlowPart> {
    let mut found: Vec<FlowPart> = Vec::new();
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

fn expression(
    node: &str,
    field: &str,
    text: &str,
    names: &TaskNames<'_>,
    report: &mut Report,
) -> Option<(Expression, Analysis)> {
    let tree = tree(text).map_err(|problem| report.error(node, field, problem)).ok()?;
    let mut analysis = analyse(&tree, names);
    if analysis.problems.is_empty() {
        return Some((Expression::new(text, &tree, names), analysis));
    }
    analysis.problems.drain(..).for_each(|problem| report.error(node, field, problem));
    None
}
