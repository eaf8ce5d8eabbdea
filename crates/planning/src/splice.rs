//! Puts a method's tasks, and the plans of its nested goals, together into one graph.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_model::limits::{MAX_BLUEPRINT_BYTES, MAX_NAME_BYTES, MAX_TASKS};
use goalpost_model::{Edge, Task};
use serde_json::{Map, Value};

use crate::goal::{Bound, GoalRequest};
use crate::method::{Method, Step, Work};
use crate::rename::{Renames, fix_goal, rename_tasks};
use crate::template::Template;

/// A graph in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragment {
    pub(crate) tasks: Vec<Task>,
    pub(crate) edges: Vec<Edge>,
    /// The task that stands for the whole.
    pub(crate) result: Option<String>,
    /// What comes out of the workflow, if it is the whole.
    pub(crate) output: BTreeMap<String, String>,
    /// The methods that it is made of, outermost first.
    pub(crate) methods: Vec<String>,
    /// Roughly how many bytes the inputs of its tasks have as JSON.
    bytes: usize,
}

/// A step with its place in the graph.
struct Placed<'a> {
    step: &'a Step,
    input: Map<String, Value>,
    /// The plan of its nested goal, with the new names of its tasks.
    nested: Option<(Fragment, Renames)>,
}

/// The graph of a method for a goal. `plan` plans nested goals; `is_nested` says whether this
/// goal is one itself. The error says why the method cannot be used for this goal.
pub(crate) fn assemble(
    method: &Method,
    bound: &Bound<'_>,
    is_nested: bool,
    mut plan: impl FnMut(&GoalRequest) -> Result<Fragment, String>,
) -> Result<Fragment, String> {
    let mut taken: BTreeSet<String> = method.steps.iter().map(|step| step.name.clone()).collect();
    let mut placed = Vec::with_capacity(method.steps.len());
    let mut methods = vec![method.name.clone()];
    let (mut count, mut bytes) = (0, 0);
    for step in &method.steps {
        let in_step = |message: String| format!("its task {} {message}", step.name);
        let input = Template::fill_fields(&step.input, bound).map_err(in_step)?;
        let nested = match nested_goal(step, bound, &input).map_err(in_step)? {
            Some(goal) => {
                let fragment = plan(&goal).map_err(in_step)?;
                methods.extend(fragment.methods.iter().cloned());
                let renames = new_names(&step.name, &fragment, &mut taken);
                Some((fragment, renames))
            }
            None => None,
        };
        count += nested.as_ref().map_or(1, |(fragment, _)| fragment.tasks.len());
        bytes += nested.as_ref().map_or_else(|| weight_of(&input), |(fragment, _)| fragment.bytes);
        if count > MAX_TASKS || bytes > MAX_BLUEPRINT_BYTES {
            return Err(format!("gives more than {MAX_TASKS} tasks or {MAX_BLUEPRINT_BYTES} bytes of input"));
        }
        placed.push(Placed { step, input, nested });
    }
    let goal = is_nested.then_some(bound.goal);
    Ok(Fragment { methods, bytes, ..join_up(method, goal, placed)? })
}

fn weight_of(fields: &Map<String, Value>) -> usize {
    fields.iter().map(|(name, value)| name.len() + weight(value)).sum()
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 2,
        Value::Object(fields) => weight_of(fields) + 2,
    }
}

/// The nested goal of a step, if it has one.
fn nested_goal(
    step: &Step,
    bound: &Bound<'_>,
    input: &Map<String, Value>,
) -> Result<Option<GoalRequest>, String> {
    let input = input.clone();
    match &step.work {
        Work::Capability(_) => Ok(None),
        Work::GoalType(goal_type) => Ok(Some(GoalRequest::of_type(goal_type, input))),
        Work::Goal(template) => match template.fill(bound)? {
            Value::String(text) => Ok(Some(GoalRequest { text, input, ..GoalRequest::default() })),
            _ => Err("has a nested goal that is not a text".into()),
        },
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

fn join_up(method: &Method, goal: Option<&GoalRequest>, placed: Vec<Placed<'_>>) -> Result<Fragment, String> {
    let scope = Scope::new(goal, &placed)?;
    let mut whole = Fragment::default();
    for Placed { step, input, nested } in placed {
        match (&step.work, nested) {
            (Work::Capability(capability), _) => whole.tasks.push(Task {
                name: step.name.clone(),
                capability: capability.clone(),
                input,
                data_flow: scope.flows(&step.data_flow)?,
                join: step.join,
                rest: step.rest,
                branch: step.branch,
                retry: step.retry.clone(),
                timeouts: step.timeouts,
                ..Task::default()
            }),
            (_, Some((fragment, renames))) => splice(&mut whole, step, &scope, fragment, &renames)?,
            (_, None) => return Err(format!("its task {} has no plan", step.name)),
        }
    }
    for edge in &method.edges {
        whole.edges.extend(scope.edges(edge)?);
    }
    whole.output = scope.flows(&method.output)?;
    whole.result = method.result.as_ref().map(|name| scope.end_of(name).to_owned());
    Ok(whole)
}

/// Adds a nested plan to the graph. Its roots take the step's join and data flow.
fn splice(
    whole: &mut Fragment,
    step: &Step,
    scope: &Scope<'_>,
    fragment: Fragment,
    renames: &Renames,
) -> Result<(), String> {
    let flows = scope.flows(&step.data_flow)?;
    for mut task in fragment.tasks {
        task.name = new_name(renames, &task.name);
        task.data_flow = renamed(&task.data_flow, renames)?;
        if scope.roots.get(step.name.as_str()).is_some_and(|roots| roots.contains(&task.name)) {
            task.join = step.join;
            task.rest = step.rest;
            task.data_flow.extend(flows.clone());
        }
        whole.tasks.push(task);
    }
    for mut edge in fragment.edges {
        edge.source = new_name(renames, &edge.source);
        edge.target = new_name(renames, &edge.target);
        edge.condition = rename_tasks(&edge.condition, renames)?;
        edge.data_flow = renamed(&edge.data_flow, renames)?;
        whole.edges.push(edge);
    }
    Ok(())
}

fn new_name(renames: &Renames, name: &str) -> String {
    renames.get(name).map_or(name, String::as_str).to_owned()
}

fn renamed(flows: &BTreeMap<String, String>, renames: &Renames) -> Result<BTreeMap<String, String>, String> {
    flows.iter().map(|(path, source)| Ok((path.clone(), rename_tasks(source, renames)?))).collect()
}

/// What the names in a method's own edges and expressions mean in the graph.
struct Scope<'a> {
    /// The nested goal that the method was used for.
    goal: Option<&'a GoalRequest>,
    /// Step with a nested goal -> the task that stands for it.
    ends: Renames,
    /// Step with a nested goal -> the tasks that begin it.
    roots: BTreeMap<&'a str, Vec<String>>,
}

impl<'a> Scope<'a> {
    fn new(goal: Option<&'a GoalRequest>, placed: &[Placed<'a>]) -> Result<Self, String> {
        let mut scope = Self { goal, ends: Renames::new(), roots: BTreeMap::new() };
        for Placed { step, nested, .. } in placed {
            let Some((fragment, renames)) = nested else { continue };
            let inner = fragment.methods.first().map_or("", String::as_str);
            let end = fragment.result.as_ref().and_then(|name| renames.get(name)).ok_or_else(|| {
                format!(
                    "its task {} is planned by {inner}, which has several last tasks and no result",
                    step.name
                )
            })?;
            let targets: BTreeSet<&str> = fragment.edges.iter().map(|edge| edge.target.as_str()).collect();
            let roots = fragment.tasks.iter().filter(|task| !targets.contains(task.name.as_str()));
            scope.ends.insert(step.name.clone(), end.clone());
            scope.roots.insert(&step.name, roots.map(|task| new_name(renames, &task.name)).collect());
        }
        Ok(scope)
    }

    fn end_of<'b>(&'b self, step: &'b str) -> &'b str {
        self.ends.get(step).map_or(step, String::as_str)
    }

    fn expression(&self, source: &str) -> Result<String, String> {
        let source = match self.goal {
            Some(goal) => fix_goal(source, goal)?,
            None => source.to_owned(),
        };
        if self.ends.is_empty() { Ok(source) } else { rename_tasks(&source, &self.ends) }
    }

    fn flows(&self, flows: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
        flows.iter().map(|(path, source)| Ok((path.clone(), self.expression(source)?))).collect()
    }

    /// The edge, once for every root of its target; it leaves from the end of its source.
    fn edges(&self, edge: &Edge) -> Result<Vec<Edge>, String> {
        let source = self.end_of(&edge.source).to_owned();
        let condition = self.expression(&edge.condition)?;
        let data_flow = self.flows(&edge.data_flow)?;
        let single = [edge.target.clone()];
        let targets = self.roots.get(edge.target.as_str()).map_or(&single[..], Vec::as_slice);
        let to = |target: &String| Edge {
            source: source.clone(),
            target: target.clone(),
            on: edge.on,
            condition: condition.clone(),
            otherwise: edge.otherwise,
            data_flow: data_flow.clone(),
        };
        Ok(targets.iter().map(to).collect())
    }
}
