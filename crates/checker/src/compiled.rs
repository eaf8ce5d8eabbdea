//! A blueprint that is ready to run: names resolved to ordinals, expressions and schemas compiled.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use goalpost_model::{
    Amount, Blueprint, Branch, Budget, Digest, EdgeOn, Failure, Failures, Finding, Join, PayloadId,
    PayloadLimit, Priority, Rest, RetryPolicy, TaskState, Timeouts, UNDO, limits::MAX_KEY_BYTES,
};
use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::build::build;
use crate::builtin::Control;
use crate::expression::Expression;
use crate::flow_path::FlowPath;
use crate::goal_condition::PolicyView;
use crate::payload;

/// A blueprint that is ready to run. Shared between threads.
#[derive(Debug)]
pub struct CompiledBlueprint {
    /// The digest of the blueprint.
    pub digest: Digest,
    /// The digest of the blueprint that it takes the place of in a workflow that runs.
    pub parent: Option<Digest>,
    /// Its name.
    pub name: String,
    /// How long the workflow may run, in milliseconds; 0: as long as it takes.
    pub deadline_ms: u64,
    /// How many tasks the workflow may come to have.
    pub max_tasks: usize,
    /// What the workflow may take at most.
    pub budget: Budget,
    /// How often it is planned anew instead of failing.
    pub max_replans: u32,
    /// The stored payloads that its constants refer to.
    pub payloads: BTreeSet<PayloadId>,
    /// Its graph.
    pub graph: Arc<CompiledGraph>,
}

/// A graph that is ready to run: a blueprint's own, or one inside of a task.
#[derive(Debug)]
pub struct CompiledGraph {
    /// Its tasks, by ordinal.
    pub tasks: Vec<CompiledTask>,
    /// Its edges, by ordinal.
    pub edges: Vec<CompiledEdge>,
    pub(crate) output: Vec<Flow>,
    pub(crate) again: Option<Expression>,
    pub(crate) ordinals: HashMap<String, usize>,
}

/// A graph inside of a task.
#[derive(Debug)]
pub struct CompiledBody {
    /// How often it is run.
    pub repetition: Repetition,
    /// How often at most.
    pub most: usize,
    /// The graph.
    pub graph: Arc<CompiledGraph>,
}

/// How often a graph inside of a task is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repetition {
    /// For each item of a list.
    ForEach {
        /// How many items run at once; `None`: all of them.
        concurrency: Option<usize>,
        /// How many may fail.
        failures: Failures,
    },
    /// Again and again.
    Loop {
        /// How often at most.
        max_iterations: usize,
    },
    /// Once.
    Once,
}

/// A task that is ready to run.
#[derive(Debug)]
pub struct CompiledTask {
    /// Its name.
    pub name: String,
    /// The capability that does it.
    pub capability: String,
    /// When it becomes ready.
    pub join: Join,
    /// What becomes of tasks that lead only to it, once its join is met without them.
    pub rest: Rest,
    /// Which of its edges whose conditions hold are taken.
    pub branch: Branch,
    /// What the engine does itself for it; `None` if a worker does it.
    pub control: Option<Control>,
    /// The key that it has to hold while it runs.
    pub key: Option<CompiledKey>,
    /// How much it may claim; `None`: as much as its goal.
    pub priority: Option<Priority>,
    /// What comes out of it is a blueprint, which then runs inside of it.
    pub extends: bool,
    /// What undoes it: a graph of one task, whose input is computed where this task is.
    pub undo: Option<Arc<CompiledGraph>>,
    /// The graph inside of it, of `Control::Body`.
    pub body: Option<CompiledBody>,
    /// The workflow does without it.
    pub withdrawn: bool,
    /// It is withdrawn, or an edge leads to it from a task that is. Such edges are no edges any more: what they decided is
    /// decided.
    pub is_past: bool,
    /// What happens after a failed attempt.
    pub retry: RetryPolicy,
    /// How long its attempts may take.
    pub timeouts: Timeouts,
    /// What one attempt takes at most; what nobody knows counts as nothing. Nothing at all if no worker does it.
    pub cost: Amount,
    /// Ordinals of the edges that lead to it, ascending; without those that come from withdrawn tasks.
    pub incoming: Vec<usize>,
    /// Ordinals of the edges that lead from it, ascending; of a withdrawn task those to others that are withdrawn.
    pub outgoing: Vec<usize>,
    pub(crate) constant: Map<String, Value>,
    pub(crate) flows: Vec<Flow>,
    pub(crate) input_schema: Option<Arc<Validator>>,
    pub(crate) output_schema: Option<Arc<Validator>>,
}

/// A key that is ready to be named.
#[derive(Debug)]
pub struct CompiledKey {
    /// How many tasks may hold it at once.
    pub limit: u32,
    pub(crate) name: Expression,
}

impl CompiledKey {
    /// Its name. Errors: `CONCURRENCY_KEY`.
    pub fn name(&self, graph: &CompiledGraph, scope: &dyn Scope) -> Result<String, Failure> {
        let failed = |what: String| {
            let text = crate::names::shown(self.name.text());
            Failure::new(Failure::CONCURRENCY_KEY, format!("concurrency_key.key `{text}`: {what}"))
        };
        match self.name.evaluate(scope, &|task| graph.name_of(task)).map_err(&failed)? {
            Value::String(name) if (1..=MAX_KEY_BYTES).contains(&name.len()) && !name.contains('\0') => {
                Ok(name)
            }
            Value::String(_) => {
                Err(failed(format!("it has to have 1 to {MAX_KEY_BYTES} bytes, none of them NUL")))
            }
            other => Err(failed(format!("it gave {}, not text", crate::names::shown(&other.to_string())))),
        }
    }
}

/// An edge that is ready to be decided.
#[derive(Debug)]
pub struct CompiledEdge {
    /// Ordinal of the task at whose end it is decided.
    pub source: usize,
    /// Ordinal of the task that it leads to.
    pub target: usize,
    /// Which end of the source lets it be taken.
    pub on: EdgeOn,
    /// Taken if no edge from the same task that has a condition is.
    pub otherwise: bool,
    pub(crate) condition: Option<Expression>,
    pub(crate) flows: Vec<Flow>,
}

/// A part of an input that is computed.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) path_text: String,
    pub(crate) path: FlowPath,
    pub(crate) expression: Expression,
}

impl Flow {
    /// Evaluates the expression and puts its value where it belongs.
    fn put(
        &self,
        graph: &CompiledGraph,
        scope: &dyn Scope,
        into: &mut Map<String, Value>,
    ) -> Result<(), String> {
        let value = self.expression.evaluate(scope, &|task| graph.name_of(task))?;
        self.path.put(into, value)
    }
}

/// What an expression sees of a task.
#[derive(Clone, Copy, Debug)]
pub struct TaskView<'a> {
    /// How far it has come.
    pub state: TaskState,
    /// What came out; only of a task that succeeded.
    pub output: Option<&'a Value>,
    /// Why it failed; only of a task that failed.
    pub failure: Option<&'a Failure>,
}

/// What a graph inside of a task sees of the task.
#[derive(Clone, Copy, Debug)]
pub struct BodyView<'a> {
    /// The input of the task.
    pub input: &'a Map<String, Value>,
    /// The item's place in the list, or the iteration, from 0.
    pub index: usize,
    /// The item of the list.
    pub item: Option<&'a Value>,
    /// The output of the iteration before.
    pub previous: Option<&'a Value>,
}

/// What expressions see: the goal, and the tasks of one graph.
pub trait Scope {
    /// The goal in words.
    fn goal_text(&self) -> &str;
    /// The goal's input.
    fn goal_input(&self) -> &Map<String, Value>;
    /// A task of the graph by its ordinal.
    fn task(&self, ordinal: usize) -> TaskView<'_>;
    /// What is seen of the task that the graph is inside of, if it is inside of one.
    fn body(&self) -> Option<BodyView<'_>> {
        None
    }
    /// How large inputs and results may be.
    fn payload_limit(&self) -> PayloadLimit {
        PayloadLimit::default()
    }
    /// What was read out of the goal's words; only where there is no graph yet.
    fn captures(&self) -> Option<&Map<String, Value>> {
        None
    }
    /// What a policy decides on; only where there is one.
    fn policy(&self) -> Option<PolicyView<'_>> {
        None
    }
}

/// Compiles a self-contained blueprint, as [`check`](crate::check) gives it. Errors: what is
/// wrong with it.
pub fn compile(blueprint: &Blueprint) -> Result<CompiledBlueprint, Vec<Finding>> {
    let (report, compiled) = build(blueprint, &blueprint.capabilities);
    compiled.ok_or_else(|| report.into_findings())
}

/// The same for a blueprint that was checked before it was stored, so that nobody expects findings. Errors: all of
/// them, as one text.
pub fn compile_stored(blueprint: &Blueprint) -> Result<CompiledBlueprint, String> {
    compile(blueprint).map_err(|findings| {
        let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        findings.join("; ")
    })
}

impl CompiledGraph {
    /// A graph of one task.
    pub(crate) fn of_one(task: CompiledTask) -> Self {
        let ordinals = HashMap::from([(task.name.clone(), 0)]);
        Self { tasks: vec![task], edges: Vec::new(), output: Vec::new(), again: None, ordinals }
    }

    /// The ordinal of the task of this name.
    pub fn ordinal_of(&self, task: &str) -> Option<usize> {
        self.ordinals.get(task).copied()
    }

    /// The task of this name, which may be inside of others: `each[3].fetch`.
    pub fn task_at(&self, name: &str) -> Option<&CompiledTask> {
        if let Some((done, UNDO)) = name.rsplit_once('.') {
            return self.task_at(done)?.undo.as_ref()?.tasks.first();
        }
        let (mut graph, mut rest) = (self, name);
        while let Some((owner, inner)) = rest.split_once('[') {
            graph = &graph.tasks[graph.ordinal_of(owner)?].body.as_ref()?.graph;
            rest = inner.split_once("].")?.1;
        }
        graph.tasks.get(graph.ordinal_of(rest)?)
    }

    /// Whether the graph is run again, after it has succeeded. Errors: `CONDITION`.
    pub fn again(&self, scope: &dyn Scope) -> Result<bool, Failure> {
        let Some(condition) = &self.again else { return Ok(false) };
        holds(condition, self, scope, || "loop, while".to_owned())
    }

    /// What comes out of the graph once it has succeeded: what it says of that itself, or the outputs of
    /// the last tasks by name. Errors: `DATA_FLOW`, `PAYLOAD_TOO_LARGE`.
    pub fn result(&self, scope: &dyn Scope) -> Result<Map<String, Value>, Failure> {
        if self.output.is_empty() {
            return self.last_outputs(scope);
        }
        let mut result = Map::new();
        for flow in &self.output {
            flow.put(self, scope, &mut result).map_err(|error| {
                let text = crate::names::shown(flow.expression.text());
                let message = format!("output.{} <- `{text}`: {error}", flow.path_text);
                Failure::new(Failure::DATA_FLOW, message)
            })?;
        }
        let limit = scope.payload_limit();
        limit.check_fields(&result).map_err(|fault| payload::too_large("the output", &fault))?;
        Ok(result)
    }

    fn last_outputs(&self, scope: &dyn Scope) -> Result<Map<String, Value>, Failure> {
        let last = self.tasks.iter().enumerate().filter(|(_, task)| self.is_last(task));
        let outputs =
            last.filter_map(|(ordinal, task)| Some((task.name.clone(), scope.task(ordinal).output?.clone())));
        let outputs: Map<String, Value> = outputs.collect();
        scope.payload_limit().check_outputs(&outputs).map_err(|fault| {
            let what = "the result, made of the outputs of the last tasks (`output` takes from them what is wanted),";
            payload::too_large(what, &fault)
        })?;
        Ok(outputs)
    }

    /// Whether the task leads to nothing that the workflow may still do.
    fn is_last(&self, task: &CompiledTask) -> bool {
        let leads_on = |edge: &usize| !self.tasks[self.edges[*edge].target].withdrawn;
        !task.withdrawn && !task.outgoing.iter().any(leads_on)
    }

    fn name_of(&self, ordinal: usize) -> String {
        self.tasks.get(ordinal).map(|task| task.name.clone()).unwrap_or_default()
    }
}

impl CompiledEdge {
    /// Whether it depends on more than the end of its source.
    pub fn has_condition(&self) -> bool {
        self.condition.is_some()
    }

    /// The condition as it is written; empty if there is none.
    pub fn condition_text(&self) -> &str {
        self.condition.as_ref().map_or("", Expression::text)
    }

    /// What the condition reads, as it writes it, with the values that are there.
    pub fn condition_reads(&self, graph: &CompiledGraph, scope: &dyn Scope) -> Vec<(String, Option<Value>)> {
        let condition = self.condition.iter();
        condition.flat_map(|condition| condition.reads(scope, &|task| graph.name_of(task))).collect()
    }

    /// Whether the condition lets the edge be taken. Errors: `CONDITION`.
    pub fn condition_holds(&self, graph: &CompiledGraph, scope: &dyn Scope) -> Result<bool, Failure> {
        let Some(condition) = &self.condition else { return Ok(true) };
        let name = || {
            let (source, target) = (graph.name_of(self.source), graph.name_of(self.target));
            format!("edge {source} -> {target}, condition")
        };
        holds(condition, graph, scope, name)
    }
}

/// Whether a condition holds; `name` says whose it is.
fn holds(
    condition: &Expression,
    graph: &CompiledGraph,
    scope: &dyn Scope,
    name: impl Fn() -> String,
) -> Result<bool, Failure> {
    let failed = |what: String| {
        let message = format!("{} `{}`: {what}", name(), crate::names::shown(condition.text()));
        Failure::new(Failure::CONDITION, message)
    };
    match condition.evaluate(scope, &|task| graph.name_of(task)) {
        Ok(Value::Bool(holds)) => Ok(holds),
        Ok(other) => {
            Err(failed(format!("it gave {}, not true or false", crate::names::shown(&other.to_string()))))
        }
        Err(error) => Err(failed(error)),
    }
}

impl CompiledTask {
    /// The input of the task: its constant part, its own data flow, then that of the edges that
    /// were taken, in order. Errors: `DATA_FLOW`, `INPUT_SCHEMA`, `PAYLOAD_TOO_LARGE`.
    pub fn input(
        &self,
        graph: &CompiledGraph,
        scope: &dyn Scope,
        taken: &[usize],
    ) -> Result<Map<String, Value>, Failure> {
        let mut input = self.constant.clone();
        let of_edges = taken.iter().filter_map(|edge| graph.edges.get(*edge)).flat_map(|edge| &edge.flows);
        let mut is_computed = false;
        for flow in self.flows.iter().chain(of_edges) {
            is_computed = true;
            flow.put(graph, scope, &mut input).map_err(|error| {
                let text = crate::names::shown(flow.expression.text());
                let message =
                    format!("task {}, data_flow.{} <- `{text}`: {error}", self.name, flow.path_text);
                Failure::new(Failure::DATA_FLOW, message)
            })?;
        }
        if is_computed {
            let limit = scope.payload_limit();
            limit
                .check_fields(&input)
                .map_err(|fault| payload::too_large(&format!("the input of task {}", self.name), &fault))?;
        }
        if let Some(schema) = &self.input_schema {
            let value = Value::Object(input);
            crate::schema::validate(schema, &value).map_err(|faults| {
                let message = format!(
                    "the input of task {} breaks the schema of {}: {faults}",
                    self.name, self.capability
                );
                Failure::new(Failure::INPUT_SCHEMA, message)
            })?;
            return match value {
                Value::Object(input) => Ok(input),
                _ => Ok(Map::new()),
            };
        }
        Ok(input)
    }

    /// Whether the output is what the capability promises. Errors: `OUTPUT_SCHEMA`,
    /// `PAYLOAD_TOO_LARGE`.
    pub fn check_output(&self, output: &Value, limit: PayloadLimit) -> Result<(), Failure> {
        limit
            .check(output)
            .map_err(|fault| payload::too_large(&format!("the output of task {}", self.name), &fault))?;
        // What comes out in the end is not what the capability makes.
        let Some(schema) = self.output_schema.as_ref().filter(|_| !self.extends) else { return Ok(()) };
        crate::schema::validate(schema, output).map_err(|faults| {
            let message = format!(
                "the output of task {} breaks the schema of {}: {faults}",
                self.name, self.capability
            );
            Failure::new(Failure::OUTPUT_SCHEMA, message)
        })
    }
}
