//! The types of what flows between tasks, as far as the schemas of their capabilities say them.

use std::collections::{HashMap, HashSet};

use goalpost_model::{Capability, Task};
use serde_json::Value;

use crate::CapabilitySource;
use crate::code;
use crate::expression::{Kinds, Sees, TaskNames, Type};
use crate::names::shown;
use crate::report::{Problem, Report, edge_node, task_node};

use super::draft::Draft;
use super::expressions::{Expressions, FlowPart};
use super::undo;

/// Where the list of a `for_each` is in its input.
pub(super) const ITEMS: &str = "items";

/// What the expressions of the graph see.
pub(super) fn seen<'a>(draft: Draft<'a>, capabilities: &'a (impl CapabilitySource + ?Sized)) -> Sees<'a> {
    let outputs = schemas(draft, capabilities, |capability| capability.output_schema.as_ref());
    Sees::new(outputs, draft.items.map_or_else(Type::any, |list| list.in_json().items()))
}

/// One of the schemas of each task.
fn schemas<'a>(
    draft: Draft<'a>,
    capabilities: &'a (impl CapabilitySource + ?Sized),
    which: fn(&'a Capability) -> Option<&'a Value>,
) -> Vec<Option<&'a Value>> {
    let mut known: HashMap<&str, Option<&Value>> = HashMap::new();
    let mut schema = |task: &'a Task| {
        let name = task.performs();
        *known.entry(name).or_insert_with(|| capabilities.capability(name).and_then(which))
    };
    draft.tasks.iter().map(&mut schema).collect()
}

/// Checks the values of the data flows against the input schemas that they flow to.
pub(super) fn check(
    draft: Draft<'_>,
    capabilities: &(impl CapabilitySource + ?Sized),
    names: &TaskNames<'_>,
    expressions: &Expressions<'_>,
    report: &mut Report,
) {
    let written = Written::new(draft);
    let inputs = schemas(draft, capabilities, |capability| capability.input_schema.as_ref());
    for ((task, parts), schema) in draft.tasks.iter().zip(&expressions.tasks).zip(&inputs) {
        for part in parts {
            let Some(problem) = problem(task, *schema, part) else { continue };
            let is_final = !written.by_more_edges_than(0, &task.name, part);
            tell(&task_node(task), part, problem, is_final, report);
        }
    }
    for (task, parts) in draft.tasks.iter().zip(&expressions.undos) {
        undo::inside(task, report, |undo, report| {
            let capability = capabilities.capability(undo.performs());
            let schema = capability.and_then(|capability| capability.input_schema.as_ref());
            for part in parts {
                let Some(problem) = problem(undo, schema, part) else { continue };
                tell(&task_node(undo), part, problem, true, report);
            }
        });
    }
    for (edge, parts) in draft.edges.iter().zip(&expressions.edges) {
        let Some(target) = names.ordinal(&edge.target) else { continue };
        for part in &parts.flows {
            let Some(problem) = problem(&draft.tasks[target], inputs[target], part) else { continue };
            let is_final = !written.by_more_edges_than(1, &edge.target, part);
            tell(&edge_node(edge), part, problem, is_final, report);
        }
    }
}

fn problem(task: &Task, schema: Option<&Value>, part: &FlowPart<'_>) -> Option<Problem> {
    let wanted = at(schema?, &part.flow.path_text)?;
    let fault = fault(&wanted, &part.analysis.value)?;
    let fix = format!("see the input schema of {}", shown(task.performs()));
    Some(Problem::new(code::WRONG_INPUT_TYPE, fault, fix))
}

/// `is_final`: no other data flow writes over the value.
fn tell(node: &str, part: &FlowPart<'_>, problem: Problem, is_final: bool, report: &mut Report) {
    let field = format!("data_flow.{}", part.flow.path_text);
    if is_final {
        report.error(node, &field, problem);
    } else {
        report.warning(node, &field, problem);
    }
}

/// What the schema wants at a path; `None` where it allows nothing, which is said elsewhere.
fn at<'a>(schema: &'a Value, path: &str) -> Option<Type<'a>> {
    path.split('.').try_fold(Type::of_schema(schema), |at, step| at.field(step))
}

/// Why no value of the one type fits the other.
fn fault(wanted: &Type<'_>, value: &Type<'_>) -> Option<String> {
    if wanted.kinds == Kinds::ANY {
        return None;
    }
    let common = wanted.kinds.and(value.kinds.in_json());
    if common == Kinds::NONE {
        return Some(format!("the value is {}, and the schema wants {}", value.kinds, wanted.kinds));
    }
    if common != Kinds::TEXT || value.kinds != Kinds::TEXT {
        return None;
    }
    let (words, allowed) = (value.words()?, wanted.words()?);
    let one = words.first().filter(|_| !words.iter().any(|word| allowed.contains(word)))?;
    Some(format!("the schema does not allow '{}' there", shown(one)))
}

/// How many edges to each task write each first step of a path.
struct Written<'a>(HashMap<(&'a str, &'a str), usize>);

impl<'a> Written<'a> {
    fn new(draft: Draft<'a>) -> Self {
        let mut edges = HashMap::new();
        for edge in draft.edges {
            let steps: HashSet<&str> = edge.data_flow.keys().map(|path| first_step(path)).collect();
            for step in steps {
                *edges.entry((edge.target.as_str(), step)).or_default() += 1;
            }
        }
        Self(edges)
    }

    /// Whether more than so many edges to the task write there.
    fn by_more_edges_than(&self, count: usize, task: &str, part: &FlowPart<'_>) -> bool {
        self.0.get(&(task, first_step(&part.flow.path_text))).is_some_and(|edges| *edges > count)
    }
}

/// The list that each task gives to the graph inside of it, where its own data flow says it.
pub(super) fn lists<'e, 'a>(draft: Draft<'_>, expressions: &'e Expressions<'a>) -> Vec<Option<&'e Type<'a>>> {
    let by_edges = draft.edges.iter().filter(|edge| edge.data_flow.contains_key(ITEMS));
    let by_edges: HashSet<&str> = by_edges.map(|edge| edge.target.as_str()).collect();
    let list = |(task, parts): (&Task, &'e Vec<FlowPart<'a>>)| {
        let part = parts.iter().find(|part| part.flow.path_text == ITEMS)?;
        (!by_edges.contains(task.name.as_str())).then_some(&part.analysis.value)
    };
    draft.tasks.iter().zip(&expressions.tasks).map(list).collect()
}

fn first_step(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}
