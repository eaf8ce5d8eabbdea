//! Tasks that begin, and the graphs inside of them.

use goalpost_checker::builtin::{TRANSFORM, WAIT};
use goalpost_model::{Body, Failure, Failures, Task, TaskState};
use serde_json::{Map, Value, json};

use super::interpreter::{Graph, Interpreter, split};

/// What comes out of the run of a graph, or the kind of what it failed of.
type Outcome = Result<Map<String, Value>, String>;

fn body(task: &Task) -> Option<&Body> {
    let in_list = task.for_each.as_ref().map(|list| &list.body);
    let in_loop = task.repeat.as_ref().map(|repeat| &repeat.body);
    in_list.or(in_loop).or_else(|| task.run.as_ref()?.body.as_ref())
}

impl Interpreter<'_> {
    /// A task whose join is met begins; it may end by it.
    pub(super) fn begin(&mut self, name: &str) {
        let Some(input) = self.input(name) else { return self.fail(name, Failure::DATA_FLOW) };
        self.task(name).input = input.clone();
        let definition = self.definition(name);
        if definition.capability == TRANSFORM {
            self.succeed(name, Value::Object(input));
        } else if definition.capability == WAIT {
            self.task(name).state = TaskState::Waiting;
        } else if body(definition).is_some() {
            self.begin_runs(name);
        } else if let Some(key) = &definition.concurrency_key {
            match self.value(split(name).0, &key.key) {
                Some(_) => self.task(name).state = TaskState::Waiting,
                None => self.fail(name, Failure::CONCURRENCY_KEY),
            }
        } else {
            self.next_attempt(name);
        }
    }

    pub(super) fn succeed(&mut self, name: &str, output: Value) {
        self.task(name).output = Some(output);
        self.end(name, TaskState::Succeeded);
    }

    fn begin_runs(&mut self, owner: &str) {
        let at_once = match &self.definition(owner).for_each {
            Some(list) if list.concurrency > 0 => self.items(owner).min(list.concurrency as usize),
            Some(_) => self.items(owner),
            None => 1,
        };
        if at_once == 0 {
            return self.succeed(owner, json!({"outputs": [], "failed": []}));
        }
        self.task(owner).state = TaskState::Waiting;
        (0..at_once).for_each(|index| self.begin_run(owner, index));
    }

    fn items(&self, owner: &str) -> usize {
        self.tasks[owner].input["items"].as_array().map_or(0, Vec::len)
    }

    fn begin_run(&mut self, owner: &str, index: usize) {
        let Some(body) = body(self.definition(owner)) else { return };
        let prefix = format!("{owner}[{index}].");
        let owner = Some((owner.to_owned(), index));
        self.add(&prefix, Graph { tasks: &body.tasks, edges: &body.edges, owner });
        self.begin_roots(&prefix);
    }

    /// Whether every task of a run has ended, and its edges have been looked at.
    pub(super) fn is_over(&self, prefix: &str) -> bool {
        let is_over = |task: &Task| {
            let name = format!("{prefix}{}", task.name);
            self.tasks[&name].state.is_terminal() && !self.ends[self.seen..].contains(&name)
        };
        self.graphs[prefix].tasks.iter().all(is_over)
    }

    /// What came out of a run that is over.
    pub(super) fn outcome(&self, prefix: &str) -> Outcome {
        let graph = &self.graphs[prefix];
        let mut outputs = Map::new();
        for task in graph.tasks {
            let name = format!("{prefix}{}", task.name);
            if let Some(kind) = self.unhandled(&name) {
                return Err(kind.to_owned());
            }
            let is_last = graph.edges.iter().all(|edge| edge.source != task.name);
            if let Some(output) = self.tasks[&name].output.clone().filter(|_| is_last) {
                outputs.insert(task.name.clone(), output);
            }
        }
        Ok(outputs)
    }

    /// What follows for the task around a run, if the run is over.
    pub(super) fn end_run(&mut self, prefix: &str) {
        let Some((owner, index)) = self.graphs[prefix].owner.clone() else { return };
        if self.tasks[&owner].state != TaskState::Waiting || !self.is_over(prefix) {
            return;
        }
        let definition = self.definition(&owner);
        if let Some(list) = &definition.for_each {
            self.go_on_with_list(&owner, list.failures);
        } else if let Some(repeat) = &definition.repeat {
            match self.outcome(prefix) {
                Err(kind) => self.fail(&owner, &kind),
                Ok(output) => match self.value(prefix, &repeat.condition) {
                    None => self.fail(&owner, Failure::CONDITION),
                    Some(Value::Bool(false)) => {
                        self.succeed(&owner, json!({"output": output, "iterations": index + 1}));
                    }
                    Some(_) if index + 1 == repeat.max_iterations as usize => {
                        self.fail(&owner, Failure::LOOP_BOUND);
                    }
                    Some(_) => self.begin_run(&owner, index + 1),
                },
            }
        } else {
            match self.outcome(prefix) {
                Ok(output) => self.succeed(&owner, Value::Object(output)),
                Err(kind) => self.fail(&owner, &kind),
            }
        }
    }

    /// An item of a list has ended: the next one follows, or there are too many failures, or it was the last.
    fn go_on_with_list(&mut self, owner: &str, failures: Failures) {
        let items = self.items(owner);
        let begun =
            (0..items).take_while(|index| self.graphs.contains_key(&format!("{owner}[{index}]."))).count();
        let outcome = |index: usize| {
            let prefix = format!("{owner}[{index}].");
            self.is_over(&prefix).then(|| self.outcome(&prefix))
        };
        let outcomes: Vec<Outcome> = (0..begun).filter_map(outcome).collect();
        let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        let may_fail = match failures {
            Failures::FailFast => 0,
            Failures::Collect => items,
            Failures::Tolerate(count) => count as usize,
        };
        if failed > may_fail {
            self.fail(owner, Failure::ITEMS_FAILED);
            self.cancel_inside(owner);
        } else if begun < items {
            self.begin_run(owner, begun);
        } else if outcomes.len() == items {
            self.succeed(owner, gathered(outcomes));
        }
    }
}

/// The output of a list. Messages are for people, and left out here.
fn gathered(outcomes: Vec<Outcome>) -> Value {
    let mut failed = Vec::new();
    let mut outputs = Vec::new();
    for (index, outcome) in outcomes.into_iter().enumerate() {
        outputs.push(match outcome {
            Ok(output) => Value::Object(output),
            Err(kind) => {
                failed.push(json!({"index": index, "kind": kind}));
                Value::Null
            }
        });
    }
    json!({"outputs": outputs, "failed": failed})
}
