//! Reads of outputs and errors that may find nothing.

use goalpost_model::{Body, Edge, EdgeOn, Join, Task};

use crate::CapabilitySource;
use crate::code;
use crate::expression::{Analysis, Key, Known, Read, Root, Type, task_path};
use crate::names::shown;
use crate::report::{Problem, Report, edge_node, task_node};
use crate::sure::{End, Question, Sure};
use crate::topology::{Arc, Graph, Set};

use super::certain;
use super::draft::Draft;
use super::expressions::{EdgeParts, Expressions};
use super::{undo, withdrawn};

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
    let mut check = Check { blueprint, sure, report };
    let to_begin = |(ordinal, _): &(usize, &Task)| !graph.past[*ordinal];
    for (ordinal, task) in blueprint.tasks.iter().enumerate().filter(to_begin) {
        for part in expressions.tasks.get(ordinal).into_iter().flatten() {
            let field = format!("data_flow.{}", part.flow.path_text);
            let place = Place { node: task_node(task), field, standing: Standing::Task(ordinal) };
            check.reads(capabilities, &place, &part.analysis, None);
        }
        if let Some(key) = expressions.keys.get(ordinal).and_then(Option::as_ref) {
            let field = "concurrency_key.key".to_owned();
            let place = Place { node: task_node(task), field, standing: Standing::Task(ordinal) };
            check.reads(capabilities, &place, &key.analysis, None);
        }
        undo::inside(task, check.report, |undo, report| {
            let mut check = Check { blueprint, sure, report };
            for part in expressions.undos.get(ordinal).into_iter().flatten() {
                let field = format!("data_flow.{}", part.flow.path_text);
                let place = Place { node: task_node(undo), field, standing: Standing::Undo(ordinal) };
                check.reads(capabilities, &place, &part.analysis, None);
            }
        });
    }
    if !expressions.output.is_empty() || expressions.again.is_some() {
        let succeeded = certain::at_success(blueprint, graph, sorted);
        let output =
            expressions.output.iter().map(|part| (format!("output.{}", part.flow.path_text), &part.analysis));
        let again = expressions.again.iter().map(|condition| ("while".to_owned(), &condition.analysis));
        for (field, analysis) in output.chain(again) {
            let place = Place { node: String::new(), field, standing: Standing::End(&succeeded) };
            check.reads(capabilities, &place, analysis, None);
        }
    }
    let to_decide = |((_, arc), _): &((&Edge, &Arc), &EdgeParts<'_>)| !blueprint.tasks[arc.source].withdrawn;
    for ((edge, arc), parts) in
        blueprint.edges.iter().zip(&graph.edges).zip(&expressions.edges).filter(to_decide)
    {
        let condition = parts.condition.as_ref().map(|condition| &condition.analysis);
        if let Some(condition) = condition {
            let standing = Standing::Edge(*arc);
            let place = Place { node: edge_node(edge), field: "condition".into(), standing };
            check.reads(capabilities, &place, condition, None);
        }
        let standing = where_data_flows(blueprint, *arc);
        for part in parts.flows.iter().filter(|_| !graph.past[arc.target]) {
            let field = format!("data_flow.{}", part.flow.path_text);
            let place = Place { node: edge_node(edge), field, standing };
            check.reads(capabilities, &place, &part.analysis, condition.map(|condition| &condition.if_true));
        }
    }
}

/// What has to be known of the order of things to check every read.
pub(super) fn questions(blueprint: Draft<'_>, graph: &Graph, expressions: &Expressions<'_>) -> Vec<Question> {
    let mut questions = Vec::new();
    let mut ask = |standing: Standing<'_>, analysis: &Analysis| {
        for read in &analysis.reads {
            match read.path.root {
                Root::Output(task) => questions.extend(standing.questions(task, End::Succeeded)),
                Root::Error(task) => questions.extend(standing.questions(task, End::Failed)),
                Root::GoalText | Root::GoalInput | Root::State(_) | Root::Variable(_) => {}
            }
        }
    };
    for (ordinal, parts) in expressions.tasks.iter().enumerate() {
        parts.iter().for_each(|part| ask(Standing::Task(ordinal), &part.analysis));
    }
    for (ordinal, key) in expressions.keys.iter().enumerate() {
        key.iter().for_each(|key| ask(Standing::Task(ordinal), &key.analysis));
    }
    for (ordinal, parts) in expressions.undos.iter().enumerate() {
        parts.iter().for_each(|part| ask(Standing::Undo(ordinal), &part.analysis));
    }
    for (arc, parts) in graph.edges.iter().zip(&expressions.edges) {
        parts.condition.iter().for_each(|condition| ask(Standing::Edge(*arc), &condition.analysis));
        let standing = where_data_flows(blueprint, *arc);
        parts.flows.iter().for_each(|part| ask(standing, &part.analysis));
    }
    questions
}

/// Where an expression stands.
struct Place<'a> {
    node: String,
    field: String,
    standing: Standing<'a>,
}

/// When an expression is evaluated.
#[derive(Clone, Copy)]
enum Standing<'a> {
    /// When the task starts.
    Task(usize),
    /// After the task has succeeded.
    Undo(usize),
    /// When the edge is taken.
    Edge(Arc),
    /// When the edge was taken and its target starts, whose other edges were taken too.
    Join(Arc),
    /// When these tasks have succeeded.
    End(&'a Set),
}

/// When a join of all starts, what its other edges say is sure too.
fn where_data_flows<'a>(blueprint: Draft<'_>, arc: Arc) -> Standing<'a> {
    match blueprint.tasks[arc.target].join {
        Join::All => Standing::Join(arc),
        Join::Any | Join::NOf(_) => Standing::Edge(arc),
    }
}

impl Standing<'_> {
    /// Whether the task has ended so, as far as that needs no look at the graph.
    fn tells(self, of: usize, end: End) -> bool {
        match self {
            Self::Task(_) => false,
            Self::Undo(task) => task == of && end == End::Succeeded,
            Self::Edge(arc) | Self::Join(arc) => {
                let on = match end {
                    End::Succeeded => EdgeOn::Success,
                    End::Failed => EdgeOn::Failure,
                };
                arc.source == of && arc.on == on
            }
            Self::End(succeeded) => end == End::Succeeded && succeeded.contains(of),
        }
    }

    /// What else makes it sure.
    fn questions(self, of: usize, end: End) -> impl Iterator<Item = Question> {
        let (first, second) = match self {
            Self::Task(task) | Self::Undo(task) => (Some(task), None),
            Self::Edge(arc) => (Some(arc.source), None),
            Self::Join(arc) => (Some(arc.source), Some(arc.target)),
            Self::End(_) => (None, None),
        };
        let is_open = !self.tells(of, end);
        let places = first.into_iter().chain(second).filter(move |_| is_open);
        places.map(move |at| Question { of, end, at })
    }

    fn is_sure(self, sure: &Sure, of: usize, end: End) -> bool {
        self.tells(of, end) || self.questions(of, end).any(|question| sure.says(question))
    }
}

struct Check<'a> {
    blueprint: Draft<'a>,
    sure: &'a Sure,
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
                Root::Output(task) | Root::Error(task) if self.blueprint.tasks[task].withdrawn => {
                    withdrawn::read(&self.blueprint.tasks[task], &place.node, &place.field, self.report);
                }
                Root::Output(task) => {
                    let is_sure = place.standing.is_sure(self.sure, task, End::Succeeded)
                        || read.known.succeeded.contains(&task)
                        || guard.is_some_and(|guard| guard.succeeded.contains(&task));
                    if !is_sure {
                        self.unguarded(place, task, true);
                    }
                    self.field(capabilities, place, task, read);
                }
                Root::Error(task) => {
                    let is_sure = place.standing.is_sure(self.sure, task, End::Failed)
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

    /// A field that the output schema does not have, or that does not come out of the graph inside of the task.
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
        let unknown = |name: &str, fix: String| {
            let message = format!("the output of {} has no field '{}'", shown(&task.name), shown(name));
            Problem::new(code::UNKNOWN_OUTPUT_FIELD, message, fix)
        };
        if let (Some(body), Some(Key::Field(name))) = (inside(task), read.path.keys.first())
            && !comes_out_of(body, name)
        {
            // No error: blueprints that run were stored before anybody looked at this.
            let problem = unknown(name, "see the output of the blueprint that it runs, and its tasks".into());
            return self.report.warning(&place.node, &place.field, problem);
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
                let fix = format!("see the output schema of {}", shown(&capability.name));
                let problem = unknown(name, fix);
                return self.report.error(&place.node, &place.field, problem);
            };
            at = field;
        }
    }
}

/// The graph whose output is that of the task.
fn inside(task: &Task) -> Option<&Body> {
    task.run.as_ref().and_then(|run| run.body.as_ref())
}

/// Whether its output may have the field: it says so, or it says nothing and one of its tasks is called so.
fn comes_out_of(body: &Body, field: &str) -> bool {
    let says = |path: &String| path.split('.').next() == Some(field);
    match body.output.is_empty() {
        true => body.tasks.iter().any(|task| task.name == field),
        false => body.output.keys().any(says),
    }
}
