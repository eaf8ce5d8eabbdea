//! A workflow with its blueprint, driven by task names.

use std::sync::Arc;

use goalpost_checker::{CompiledBlueprint, compile};
use goalpost_graph::{
    Effect, Event, IllegalTransition, InvalidState, Stored, Task, Workflow, advance, extend,
};
use goalpost_model::{Amount, Blueprint, Failure, TaskState, Usage};
use serde_json::{Map, Value, json};

pub(crate) struct Run {
    pub(crate) blueprint: Arc<CompiledBlueprint>,
    pub(crate) workflow: Workflow,
    /// The tasks that have succeeded, in their order.
    succeeded: Vec<usize>,
}

/// What every goal here comes with.
pub(crate) fn goal_input() -> Arc<Map<String, Value>> {
    let Value::Object(input) = json!({"yes": true, "no": false, "city": "Seattle"}) else { unreachable!() };
    Arc::new(input)
}

/// The blueprint of these tasks and edges. A task is a name, or an object whose capability may be left
/// out. Capability `any` allows everything, `count` wants its output to have a whole number `n`.
pub(crate) fn blueprint(tasks: Value, edges: Value) -> Blueprint {
    let tasks: Vec<Value> = tasks.as_array().unwrap().iter().map(full_task).collect();
    let counted = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}});
    serde_json::from_value(json!({
        "name": "test",
        "tasks": tasks,
        "edges": edges,
        "capabilities": [{"name": "any"}, {"name": "count", "output_schema": counted}],
    }))
    .unwrap()
}

fn full_task(task: &Value) -> Value {
    let mut full = match task {
        Value::String(name) => json!({"name": name}),
        object => object.clone(),
    };
    full.as_object_mut().unwrap().entry("capability").or_insert(json!("any"));
    full
}

impl Run {
    /// A workflow that has not begun.
    pub(crate) fn new(blueprint: &Blueprint) -> Self {
        let blueprint = Arc::new(compile(blueprint).expect("the blueprint compiles"));
        let workflow = Workflow::new(&blueprint, "a goal".to_owned(), goal_input());
        Self { blueprint, workflow, succeeded: Vec::new() }
    }

    /// The same workflow before it began.
    pub(crate) fn anew(&self) -> Self {
        let workflow = Workflow::new(&self.blueprint, "a goal".to_owned(), goal_input());
        Self { blueprint: Arc::clone(&self.blueprint), workflow, succeeded: Vec::new() }
    }

    /// A workflow that has begun.
    pub(crate) fn begin(tasks: Value, edges: Value) -> Self {
        let mut run = Self::new(&blueprint(tasks, edges));
        run.apply(Event::Start);
        run
    }

    pub(crate) fn apply(&mut self, event: Event) -> Vec<Effect> {
        let effects = advance(&self.blueprint, &mut self.workflow, event).expect("the event fits");
        self.succeeded.extend(effects.iter().filter_map(|effect| match *effect {
            Effect::TaskSucceeded { task } => Some(task),
            _ => None,
        }));
        effects
    }

    /// Goes on with a longer blueprint.
    pub(crate) fn extend(&mut self, next: &Blueprint) -> Result<Vec<Effect>, IllegalTransition> {
        self.extend_after(next, Amount::default())
    }

    /// The same, after planning for it took so much in all.
    pub(crate) fn extend_after(
        &mut self,
        next: &Blueprint,
        planning: Amount,
    ) -> Result<Vec<Effect>, IllegalTransition> {
        let next = Arc::new(compile(next).expect("the blueprint compiles"));
        let before = self.workflow.clone();
        let extended = extend(&self.blueprint, &next, &mut self.workflow, planning);
        match extended {
            Ok(_) => self.blueprint = next,
            Err(_) => assert_eq!(self.workflow, before),
        }
        extended
    }

    /// The refusal of an event, which must change nothing.
    pub(crate) fn refused(&mut self, event: Event) -> IllegalTransition {
        let before = self.workflow.clone();
        let refusal =
            advance(&self.blueprint, &mut self.workflow, event).expect_err("the event does not fit");
        assert_eq!(self.workflow, before);
        refusal
    }

    pub(crate) fn ordinal(&self, task: &str) -> usize {
        self.workflow.tasks.ordinal_of(task).unwrap()
    }

    pub(crate) fn task(&self, task: &str) -> &Task {
        &self.workflow.tasks[self.ordinal(task)]
    }

    pub(crate) fn state(&self, task: &str) -> TaskState {
        self.task(task).state
    }

    pub(crate) fn input(&self, task: &str) -> Value {
        Value::Object(Map::clone(self.task(task).input.as_ref().expect("the task has an input")))
    }

    /// Starts the attempt that is ready.
    pub(crate) fn start(&mut self, task: &str) -> Vec<Effect> {
        let (task, attempt) = (self.ordinal(task), self.task(task).attempt);
        self.apply(Event::AttemptStarted { task, attempt })
    }

    /// Starts the attempt that is ready and lets it succeed.
    pub(crate) fn succeed(&mut self, task: &str, output: Value) -> Vec<Effect> {
        self.start(task);
        let (task, attempt) = (self.ordinal(task), self.task(task).attempt);
        self.apply(Event::AttemptSucceeded { task, attempt, output, usage: Usage::default() })
    }

    /// Starts the attempt that is ready and lets it fail.
    pub(crate) fn fail(&mut self, task: &str) -> Vec<Effect> {
        self.start(task);
        let (task, attempt) = (self.ordinal(task), self.task(task).attempt);
        self.apply(Event::AttemptFailed { task, attempt, failure: broken(), usage: Usage::default() })
    }

    pub(crate) fn cancel(&mut self) -> Vec<Effect> {
        self.apply(Event::Cancel { failure: Failure::new(Failure::CANCELLED, "no longer wanted") })
    }

    /// What the shell stores: the tasks that are past pending.
    pub(crate) fn rows(&self) -> Vec<(usize, Task)> {
        let begun = self.workflow.tasks.iter().filter(|(_, task)| **task != Task::default());
        begun.map(|(ordinal, task)| (ordinal, task.clone())).collect()
    }

    /// The workflow made again of what is stored, with these rows.
    pub(crate) fn restore(&self, rows: Vec<(usize, Task)>) -> Result<Workflow, InvalidState> {
        let Workflow { goal_text, goal_input, state, failure, result, signals, .. } = self.workflow.clone();
        let succeeded = self.succeeded.clone();
        let added = self.workflow.tasks.added().to_vec();
        let (budget, spent_before) = (self.workflow.budget(), self.workflow.spent_before());
        let replans = self.workflow.replans;
        let stored = Stored {
            goal_text,
            goal_input,
            state,
            failure,
            result,
            signals,
            succeeded,
            added,
            budget,
            spent_before,
            replans,
        };
        Workflow::restore(&self.blueprint, stored, rows)
    }

    /// The same after a crash: made again of what is stored.
    pub(crate) fn restored(&self) -> Self {
        let workflow = self.restore(self.rows()).expect("what is stored goes together");
        Self { blueprint: Arc::clone(&self.blueprint), workflow, succeeded: self.succeeded.clone() }
    }
}

/// Why attempts fail here.
pub(crate) fn broken() -> Failure {
    Failure::new("BROKEN", "it broke")
}

/// The kind of a failure that must be there.
pub(crate) fn kind(failure: Option<&Failure>) -> &str {
    &failure.expect("there is a failure").kind
}
