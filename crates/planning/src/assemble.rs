//! Fills a method for a goal: templates get their values, nested goals their plans.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_model::{Body, Compensation, Task};
use serde_json::{Map, Value};

use crate::dead::Dead;
use crate::entry::{self, Entry};
use crate::fragment::{Fragment, Size};
use crate::goal::{Bound, GoalRequest};
use crate::known::{Flow, Flows, Order};
use crate::meaning::Meaning;
use crate::method::{Fallback, Graph, How, Method, OwnInput, Step, Undo, Work};
use crate::rename::{End, Renames, output_of};
use crate::scope::{Names, Scope};
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
    /// The same, with another task in case that it fails.
    Either(Box<Pair>),
    /// The plan of its nested goal.
    Nested(Box<Nested>),
}

/// A task and its fallback.
pub(crate) struct Pair {
    pub(crate) task: Task,
    pub(crate) fallback: Task,
    /// The name of the task that hands on what came out of the one or the other.
    pub(crate) either: String,
}

/// The plan of a nested goal.
pub(crate) struct Nested {
    pub(crate) fragment: Fragment,
    /// The new names of its tasks.
    pub(crate) renames: Renames,
    /// What its expressions may know as `facts`.
    pub(crate) flows: Flows,
}

/// What plans what a step leaves open.
pub(crate) trait Planner {
    /// Plans a nested goal that will know these facts when it runs.
    fn goal(
        &mut self,
        step: &str,
        goal: &GoalRequest,
        at_run_time: &BTreeSet<String>,
    ) -> Result<Fragment, Dead>;
    /// Finds capabilities for facts, from what is given and from what will be known.
    fn facts(
        &mut self,
        wanted: &[String],
        given: &Map<String, Value>,
        at_run_time: &BTreeSet<String>,
    ) -> Result<Fragment, Dead>;
    /// A capability, if the goal's namespace may use it. The error is a sentence's end.
    fn entry(&self, capability: &str) -> Result<Option<&Entry>, String>;
}

/// The graph of a method for a goal that will know some facts only when it runs; `is_nested` says whether the goal is
/// one inside of another. The error says why the method cannot be used for this goal.
pub(crate) fn assemble(
    method: &Method,
    bound: &Bound<'_>,
    at_run_time: &BTreeSet<String>,
    is_nested: bool,
    planner: &mut impl Planner,
) -> Result<Fragment, Dead> {
    let meaning = Meaning::new(bound, at_run_time, is_nested);
    let methods = vec![method.name.clone()];
    let mut assembly = Assembly { bound, planner, methods, size: Size::default() };
    let result = method.result.as_deref();
    let Made { body, scope, facts } = assembly.graph(&method.graph, meaning, result.filter(|_| is_nested))?;
    let Body { tasks, edges, output } = body;
    let result = result.map(|name| scope.end_of(name));
    Ok(Fragment { tasks, edges, result, facts, output, methods: assembly.methods, size: assembly.size })
}

struct Assembly<'b, P> {
    bound: &'b Bound<'b>,
    planner: &'b mut P,
    methods: Vec<String>,
    size: Size,
}

/// What was made of a graph of steps.
struct Made<'a> {
    body: Body,
    scope: Scope<'a>,
    /// What is surely known when its result has succeeded.
    facts: BTreeMap<String, String>,
}

/// A step that was planned, but has not got its place yet.
enum Planned {
    Task(Box<Task>),
    Either(Box<Task>, Box<Task>),
    Nested(Box<Fragment>, Flows),
}

impl<'b, P: Planner> Assembly<'b, P> {
    /// The graph of the steps, and what names mean in it. `result`: the step behind which facts are asked for.
    fn graph<'a>(
        &mut self,
        graph: &'a Graph,
        meaning: Meaning<'b>,
        result: Option<&str>,
    ) -> Result<Made<'a>, Dead>
    where
        'b: 'a,
    {
        let order = Order::of(graph);
        let mut planned: Vec<Option<Planned>> = graph.steps.iter().map(|_| None).collect();
        let mut own: Vec<Flows> = vec![Flows::new(); graph.steps.len()];
        for place in order.sorted() {
            let Some(step) = graph.steps.get(place) else { continue };
            let before = if step.work.is_planned() {
                known_before(&order, place, &own, meaning)
            } else {
                Flows::new()
            };
            let made = self.step(step, meaning, before).map_err(|dead| dead.within(&step.name))?;
            if let Some(own) = own.get_mut(place) {
                *own = self.facts_of(step, place, &made)?;
            }
            if let Some(planned) = planned.get_mut(place) {
                *planned = Some(made);
            }
        }
        let mut names = Names::beside(graph.steps.iter().map(|step| step.name.clone()));
        let mut placed = Vec::with_capacity(graph.steps.len());
        for (step, planned) in graph.steps.iter().zip(planned) {
            let Some(planned) = planned else { continue };
            let undo = step.undo.as_ref().map(|undo| self.undo(undo)).transpose();
            let undo = undo.map_err(|why| Dead::from(why).within(&step.name))?;
            placed.push(Placed { step, work: filled(step, planned, &mut names), undo });
        }
        let scope = Scope::new(meaning, &placed)?;
        let result = result.and_then(|name| graph.steps.iter().position(|step| step.name == name));
        let facts = match result {
            Some(place) => {
                let mut flows = known_before(&order, place, &own, meaning);
                flows.extend(own.get(place).cloned().unwrap_or_default());
                let passed = |flow: &Flow| matches!(flow, Flow::Here(source) if source.starts_with("facts."));
                flows.retain(|_, flow| !passed(flow));
                scope.facts(&flows, &placed)?
            }
            None => BTreeMap::new(),
        };
        Ok(Made { body: join_up(graph, &scope, placed)?, scope, facts })
    }

    fn step(&mut self, step: &Step, meaning: Meaning<'b>, before: Flows) -> Result<Planned, Dead> {
        let input = Template::fill_fields(&step.input, self.bound)?;
        let goal = match &step.work {
            Work::Capability(_) | Work::Body(..) => None,
            Work::Wants(facts) => return self.wanted(step, facts, input, before),
            Work::GoalType(goal_type) => Some(GoalRequest::of_type(goal_type, input.clone())),
            Work::Goal(template) => match template.fill(self.bound)? {
                Value::String(text) => {
                    Some(GoalRequest { text, input: input.clone(), ..GoalRequest::default() })
                }
                _ => return Err("has a nested goal that is not a text".to_owned().into()),
            },
        };
        if let Some(goal) = goal {
            let goal = GoalRequest { namespace: self.bound.goal.namespace.clone(), ..goal };
            let flows = known_to(step, before, &goal.input);
            let at_run_time = flows.keys().cloned().collect();
            let fragment = self.planner.goal(&step.name, &goal, &at_run_time)?;
            return self.nested(fragment, flows);
        }
        self.size.add(Size::of(&input))?;
        let task = self.task(step, input, meaning)?;
        Ok(match &step.fallback {
            None => Planned::Task(Box::new(task)),
            Some(fallback) => {
                let fallback = self.fallback(fallback, &task)?;
                Planned::Either(Box::new(task), Box::new(fallback))
            }
        })
    }

    fn wanted(
        &mut self,
        step: &Step,
        facts: &[String],
        input: Map<String, Value>,
        before: Flows,
    ) -> Result<Planned, Dead> {
        let flows = known_to(step, before, &input);
        let mut given = self.bound.input.clone();
        given.extend(input);
        given.retain(|fact, _| !flows.contains_key(fact));
        let at_run_time = flows.keys().cloned().collect();
        let fragment = self.planner.facts(facts, &given, &at_run_time)?;
        self.nested(fragment, flows)
    }

    fn nested(&mut self, fragment: Fragment, flows: Flows) -> Result<Planned, Dead> {
        self.methods.extend(fragment.methods.iter().cloned());
        self.size.add(fragment.size)?;
        Ok(Planned::Nested(Box::new(fragment), flows))
    }

    fn task(&mut self, step: &Step, input: Map<String, Value>, meaning: Meaning<'b>) -> Result<Task, Dead> {
        let mut task = Task { input, ..step.bare() };
        match &step.work {
            Work::Capability(capability) => {
                self.planner.entry(capability)?;
                task.capability.clone_from(capability);
            }
            Work::Body(how, inner) => self.body(how, inner, meaning, &mut task)?,
            Work::Goal(_) | Work::GoalType(_) | Work::Wants(_) => {}
        }
        Ok(task)
    }

    /// Gives the task the graph inside of it.
    fn body(&mut self, how: &How, inner: &Graph, meaning: Meaning<'b>, task: &mut Task) -> Result<(), Dead> {
        let meaning = meaning.inside(matches!(how, How::Run));
        let Made { body, scope, .. } = self.graph(inner, meaning, None)?;
        how.run(body, task);
        if let Some(repeat) = &mut task.repeat {
            repeat.condition = scope.expression(&repeat.condition)?;
        }
        Ok(())
    }

    /// The task that is tried when this one has failed; its expressions are still those of the method.
    fn fallback(&mut self, fallback: &Fallback, task: &Task) -> Result<Task, Dead> {
        let Fallback { capability, own, retry, timeouts } = fallback;
        self.planner.entry(capability)?;
        let (input, data_flow) = match own {
            Some(OwnInput { input, data_flow }) => {
                (Template::fill_fields(input, self.bound)?, data_flow.clone())
            }
            None => (task.input.clone(), BTreeMap::new()),
        };
        self.size.add(Size::of(&input))?;
        let (capability, retry, timeouts) = (capability.clone(), retry.clone(), *timeouts);
        Ok(Task { capability, input, data_flow, retry, timeouts, ..Task::default() })
    }

    fn undo(&mut self, undo: &Undo) -> Result<Compensation, String> {
        self.planner.entry(&undo.capability)?;
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

    /// What is known once the step has succeeded.
    fn facts_of(&self, step: &Step, place: usize, planned: &Planned) -> Result<Flows, Dead> {
        if let Planned::Nested(fragment, _) = planned {
            let inside =
                |(fact, source): (&String, &String)| (fact.clone(), Flow::Inside(place, source.clone()));
            return Ok(fragment.facts.iter().map(inside).collect());
        }
        let Work::Capability(capability) = &step.work else { return Ok(Flows::new()) };
        let Some(entry) = self.planner.entry(capability)? else { return Ok(Flows::new()) };
        let other = match &step.fallback {
            Some(fallback) => self.planner.entry(&fallback.capability)?,
            None => Some(entry),
        };
        let is_sure =
            |fact: &String, path: &String| other.is_some_and(|other| other.produces.get(fact) == Some(path));
        let produced = entry.produces.iter().filter(|(fact, path)| is_sure(fact, path));
        let (output, word) = (output_of(&step.name), entry::OUTPUT);
        let flow =
            |path: &String| Flow::Here(format!("{output}{}", path.strip_prefix(word).unwrap_or_default()));
        Ok(produced.map(|(fact, path)| (fact.clone(), flow(path))).collect())
    }
}

/// What is known when the step in this place begins: what those before it have found out, else what the goal brings.
fn known_before(order: &Order<'_>, place: usize, own: &[Flows], meaning: Meaning<'_>) -> Flows {
    let passed = meaning.at_run_time().map(|fact| (fact.clone(), Flow::Here(format!("facts.{fact}"))));
    let found = order.sure_before(place).into_iter().filter_map(|place| own.get(place)).flatten();
    passed.chain(found.map(|(fact, flow)| (fact.clone(), flow.clone()))).collect()
}

/// What the nested goal of a step knows when it runs: what the step says, else what was known before; nothing of it
/// that its input says already.
fn known_to(step: &Step, mut before: Flows, input: &Map<String, Value>) -> Flows {
    before.extend(step.facts.iter().map(|(fact, source)| (fact.clone(), Flow::Here(source.clone()))));
    before.retain(|fact, _| !input.contains_key(fact));
    before
}

/// Gives the tasks of a step their names.
fn filled(step: &Step, planned: Planned, names: &mut Names) -> Filled {
    match planned {
        Planned::Task(task) => Filled::Task(task),
        Planned::Either(task, fallback) => {
            let fallback = Task { name: names.take(&format!("{}_fallback", step.name)), ..*fallback };
            let either = names.take(&format!("{}_either", step.name));
            Filled::Either(Box::new(Pair { task: *task, fallback, either }))
        }
        Planned::Nested(fragment, flows) => {
            let outer = if step.is_whole { String::new() } else { format!("{}_", step.name) };
            let name =
                |task: &Task| (task.name.clone(), End::task(names.take(&format!("{outer}{}", task.name))));
            let renames = fragment.tasks.iter().map(name).collect();
            Filled::Nested(Box::new(Nested { fragment: *fragment, renames, flows }))
        }
    }
}
