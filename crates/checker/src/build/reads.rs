//! Reads of outputs and errors that may find nothing.

use goalpost_model::Join;

use crate::CapabilitySource;
use crate::code;
use crate::expression::{Analysis, Key, Known, Read, Root, Type, task_path};
use crate::names::shown;
use crate::report::{Problem, Report, edge_node, task_node};
use crate::topology::{Graph, Set, Sure};

use super::certain;
use super::draft::Draft;
use super::expressions::Expressions;
use super::undo;

/// Checks every read against what is sure where it happens.
pub(super) fn check(
    blueprint: Draft<'_>,
    capabilities: &(impl CapabilitySource + ?Sized),
    graph: &Graph,
    sorted: &[usize],
    sure: &Sure,
    expressions: &Expressions<'_>,
    report: &mut Report,
) {
    let mut check = Check { blueprint, report };
    for (ordinal, task) in blueprint.tasks.iter().enumerate() {
        let (succeeded, failed) = sure.at(ordinal);
        for part in expressions.tasks.get(ordinal).into_iter().flatten() {
            let field = format!("data_flow.{}", part.flow.path_text);
            let place = Place { node: task_node(task), field, succeeded: &[succeeded], failed: &[failed] };
            check.reads(capabilities, &place, &part.analysis, None);
        }
        undo::inside(task, check.report, |undo, report| {
            // What undoes a task comes after it has succeeded.
            let mut itself = Set::empty(blueprint.tasks.len());
            itself.insert(ordinal);
            let mut check = Check { blueprint, report };
            for part in expressions.undos.get(ordinal).into_iter().flatten() {
                let field = format!("data_flow.{}", part.flow.path_text);
                let (succeeded, failed) = ([succeeded, &itself], [failed]);
                let place = Place { node: task_node(undo), field, succeeded: &succeeded, failed: &failed };
                check.reads(capabilities, &place, &part.analysis, None);
            }
        });
    }
    if !expressions.output.is_empty() || expressions.again.is_some() {
        let succeeded = certain::at_success(blueprint, graph, sorted);
        let nothing = Set::empty(blueprint.tasks.len());
        let output =
            expressions.output.iter().map(|part| (format!("output.{}", part.flow.path_text), &part.analysis));
        let again = expressions.again.iter().map(|condition| ("while".to_owned(), &condition.analysis));
        for (field, analysis) in output.chain(again) {
            let place = Place { node: String::new(), field, succeeded: &[&succeeded], failed: &[&nothing] };
            check.reads(capabilities, &place, analysis, None);
        }
    }
    for ((edge, arc), parts) in blueprint.edges.iter().zip(&graph.edges).zip(&expressions.edges) {
        if parts.condition.is_none() && parts.flows.is_empty() {
            continue;
        }
        let (succeeded, failed) = sure.over(*arc);
        let condition = parts.condition.as_ref().map(|condition| &condition.analysis);
        if let Some(condition) = condition {
            let place = Place {
                node: edge_node(edge),
                field: "condition".into(),
                succeeded: &[&succeeded],
                failed: &[&failed],
            };
            check.reads(capabilities, &place, condition, None);
        }
        // When a join of all starts, what its other edges say is sure too.
        let (also_succeeded, also_failed) = sure.at(arc.target);
        let all = blueprint.tasks[arc.target].join == Join::All;
        for part in &parts.flows {
            let field = format!("data_flow.{}", part.flow.path_text);
            let (both_succeeded, both_failed) = ([&succeeded, also_succeeded], [&failed, also_failed]);
            let places = if all { 2 } else { 1 };
            let place = Place {
                node: edge_node(edge),
                field,
                succeeded: &both_succeeded[..places],
                failed: &both_failed[..places],
            };
            check.reads(capabilities, &place, &part.analysis, condition.map(|condition| &condition.if_true));
        }
    }
}

/// Where an expression stands, and what is sure there.
struct Place<'a> {
    node: String,
    field: String,
    succeeded: &'a [&'a Set],
    failed: &'a [&'a Set],
}

struct Check<'a> {
    blueprint: Draft<'a>,
    report: &'a mut Report,
}

impl Check<'_> {
    fn reads(
        &mut self,
        capabilities: &(impl CapabilitySource + ?Sized),
        place: &Place<'_>,
        analysis: &Analysis<'_>,
        guard: Option<&Known>,
    ) {
        for read in &analysis.reads {
            match read.path.root {
                Root::Output(task) => {
                    let is_sure = place.succeeded.iter().any(|set| set.contains(task))
                        || read.known.succeeded.contains(&task)
                        || guard.is_some_and(|guard| guard.succeeded.contains(&task));
                    if !is_sure {
                        self.unguarded(place, task, true);
                    }
                    self.field(capabilities, place, task, read);
                }
                Root::Error(task) => {
                    let is_sure = place.failed.iter().any(|set| set.contains(task))
                        || read.known.failed.contains(&task)
                        || guard.is_some_and(|guard| guard.failed.contains(&task));
                    if !is_sure {
                        self.unguarded(place, task, false);
                    }
                }
                Root::GoalText | Root::GoalInput | Root::State(_) | Root::Variable(_) => {}
            }
        }
    }

    fn unguarded(&mut self, place: &Place<'_>, task: usize, output: bool) {
        let name = shown(&self.blueprint.tasks[task].name);
        let (code, message, fix) = if output {
            let output = format!("{}.output", task_path(&name));
            (
                code::UNGUARDED_OUTPUT,
                format!("the output of {name} is read, but {name} may not have succeeded here"),
                format!("guard it: has({output}) ? {output} : ..., or let the edge come from {name}"),
            )
        } else {
            (
                code::UNGUARDED_ERROR,
                format!("the error of {name} is read, but {name} may not have failed here"),
                format!(
                    "guard it: has({}.error) ? ..., or use an edge with on: failure from {name}",
                    task_path(&name)
                ),
            )
        };
        self.report.error(&place.node, &place.field, Problem::new(code, message, fix));
    }

    /// A field that the output schema does not have.
    fn field(
        &mut self,
        capabilities: &(impl CapabilitySource + ?Sized),
        place: &Place<'_>,
        task: usize,
        read: &Read,
    ) {
        let task = &self.blueprint.tasks[task];
        if task.extends {
            // What comes out of it is what comes out of the blueprint that it makes.
            return;
        }
        let Some(capability) = capabilities.capability(task.performs()) else { return };
        let Some(schema) = capability.output_schema.as_ref() else { return };
        let mut at = Type::of_schema(schema);
        for key in &read.path.keys {
            let Key::Field(name) = key else {
                at = at.items();
                continue;
            };
            let Some(field) = at.field(name) else {
                let message = format!("the output of {} has no field '{}'", shown(&task.name), shown(name));
                let fix = format!("see the output schema of {}", shown(&capability.name));
                let problem = Problem::new(code::UNKNOWN_OUTPUT_FIELD, message, fix);
                return self.report.error(&place.node, &place.field, problem);
            };
            at = field;
        }
    }
}
