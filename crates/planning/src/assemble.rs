//! Fills a method for a goal: templates get their values, nested goals their plans.

use std::collections::BTreeSet;

use goalpost_model::limits::MAX_NAME_BYTES;
use goalpost_model::{Body, Compensation, Task};
use serde_json::{Map, Value};

use crate::fragment::{Fragment, Size};
use crate::goal::{Bound, GoalRequest};
use crate::method::{Graph, How, Method, Step, Undo, Work};
use crate::rename::Renames;
use crate::scope::{Meaning, Scope};
use crate::splice::join_up;
use crate::template::Template;

/// A step with its place in the graph.
pub(crate) struct Placed<'a> {
    pub(crate) step: &'a Step,
    pub(crate) work: Filled,
    /// What undoes it; its expressions are still those of the method.
    pub(crate) undo: Option<Compensation>,
}

/// What does a step, for one goal.
pub(crate) enum Filled {
    /// A task; what of it has expressions of the graph is still missing.
    Task(Box<Task>),
    /// The plan of its nested goal, with the new names of its tasks.
    Nested(Box<Fragment>, Renames),
}

/// The graph of a method for a goal. `plan` plans nested goals; `is_nested` says whether this
/// goal is one itself. The error says why the method cannot be used for this goal.
pub(crate) fn assemble(
    method: &Method,
    bound: &Bound<'_>,
    is_nested: bool,
    plan: impl FnMut(&GoalRequest) -> Result<Fragment, String>,
) -> Result<Fragment, String> {
    let meaning = if is_nested { Meaning::Nested(bound.goal) } else { Meaning::Workflow };
    let methods = vec![method.name.clone()];
    let mut assembly = Assembly { bound, plan, methods, size: Size::default() };
    let (Body { tasks, edges, output }, scope) = assembly.graph(&method.graph, meaning)?;
    let result = method.result.as_ref().map(|name| scope.end_of(name).to_owned());
    Ok(Fragment { tasks, edges, result, output, methods: assembly.methods, size: assembly.size })
}

struct Assembly<'b, P> {
    bound: &'b Bound<'b>,
    plan: P,
    methods: Vec<String>,
    size: Size,
}

impl<'b, P: FnMut(&GoalRequest) -> Result<Fragment, String>> Assembly<'b, P> {
    /// The graph of the steps, and what names mean in it.
    fn graph<'a>(&mut self, graph: &'a Graph, meaning: Meaning<'b>) -> Result<(Body, Scope<'a>), String>
    where
        'b: 'a,
    {
        let mut taken: BTreeSet<String> = graph.steps.iter().map(|step| step.name.clone()).collect();
        let mut placed = Vec::with_capacity(graph.steps.len());
        for step in &graph.steps {
            let in_step = |message: String| format!("its task {} {message}", step.name);
            let work = self.step(step, meaning, &mut taken).map_err(in_step)?;
            let undo = step.undo.as_ref().map(|undo| self.undo(undo)).transpose().map_err(in_step)?;
            placed.push(Placed { step, work, undo });
        }
        let scope = Scope::new(meaning, &placed)?;
        Ok((join_up(graph, &scope, placed)?, scope))
    }

    fn step(
        &mut self,
        step: &Step,
        meaning: Meaning<'b>,
        taken: &mut BTreeSet<String>,
    ) -> Result<Filled, String> {
        let input = Template::fill_fields(&step.input, self.bound)?;
        let goal = match &step.work {
            Work::Capability(_) | Work::Body(..) => None,
            Work::GoalType(goal_type) => Some(GoalRequest::of_type(goal_type, input.clone())),
            Work::Goal(template) => match template.fill(self.bound)? {
                Value::String(text) => {
                    Some(GoalRequest { text, input: input.clone(), ..GoalRequest::default() })
                }
                _ => return Err("has a nested goal that is not a text".into()),
            },
        };
        if let Some(goal) = goal {
            let fragment = (self.plan)(&goal)?;
            self.methods.extend(fragment.methods.iter().cloned());
            self.size.add(fragment.size)?;
            let renames = new_names(&step.name, &fragment, taken);
            return Ok(Filled::Nested(Box::new(fragment), renames));
        }
        self.size.add(Size::of(&input))?;
        self.task(step, input, meaning).map(Box::new).map(Filled::Task)
    }

    fn task(&mut self, step: &Step, input: Map<String, Value>, meaning: Meaning<'b>) -> Result<Task, String> {
        let mut task = Task { input, ..step.bare() };
        match &step.work {
            Work::Capability(capability) => task.capability.clone_from(capability),
            Work::Body(how, inner) => self.body(how, inner, meaning, &mut task)?,
            Work::Goal(_) | Work::GoalType(_) => {}
        }
        Ok(task)
    }

    /// Gives the task the graph inside of it.
    fn body(
        &mut self,
        how: &How,
        inner: &Graph,
        meaning: Meaning<'b>,
        task: &mut Task,
    ) -> Result<(), String> {
        let meaning = if matches!(how, How::Run) { meaning.in_run() } else { meaning };
        let (body, scope) = self.graph(inner, meaning)?;
        how.run(body, task);
        if let Some(repeat) = &mut task.repeat {
            repeat.condition = scope.expression(&repeat.condition)?;
        }
        Ok(())
    }

    fn undo(&mut self, undo: &Undo) -> Result<Compensation, String> {
        let input = Template::fill_fields(&undo.input, self.bound)?;
        self.size.add(Size { tasks: 0, ..Size::of(&input) })?;
        Ok(Compensation {
            capability: undo.capability.clone(),
            input,
            data_flow: undo.data_flow.clone(),
            retry: undo.retry.clone(),
            timeouts: undo.timeouts,
        })
    }
}

/// New names for the tasks of a nested plan: `outer_inner`, made unique and not too long.
fn new_names(outer: &str, fragment: &Fragment, taken: &mut BTreeSet<String>) -> Renames {
    let name = |task: &Task| {
        let plain = format!("{outer}_{}", task.name).replace('-', "_");
        let mut name = plain.clone();
        name.truncate(name.floor_char_boundary(MAX_NAME_BYTES));
        for number in 2_usize.. {
            if taken.insert(name.clone()) {
                break;
            }
            let suffix = format!("_{number}");
            name = plain.clone();
            name.truncate(name.floor_char_boundary(MAX_NAME_BYTES - suffix.len()));
            name += &suffix;
        }
        (task.name.clone(), name)
    };
    fragment.tasks.iter().map(name).collect()
}
