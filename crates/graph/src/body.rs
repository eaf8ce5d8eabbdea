//! Graphs inside of tasks: their runs begin, end, and go together.

use std::sync::Arc;

use goalpost_checker::Repetition;
use goalpost_model::{Failure, TaskState};
use serde_json::{Map, Value, json};

use crate::step::Step;
use crate::tasks::{GraphRun, Owner};
use crate::workflow::{Progress, Reserved};
use crate::{Effect, Planned};

/// What comes out of one run of a graph.
type Outcome = Result<Arc<Value>, Failure>;

impl Step<'_> {
    /// The task waits for the graph inside of it, of which as many runs begin as may.
    pub(crate) fn begin_body(&mut self, owner: usize, input: Map<String, Value>) {
        let Some((repetition, _)) = self.workflow.tasks.inside(owner) else { return };
        let (count, at_once) = match repetition {
            Repetition::Once => (1, 1),
            Repetition::Loop { max_iterations } => (max_iterations, 1),
            Repetition::ForEach { concurrency, .. } => {
                let items = input.get("items").and_then(Value::as_array).map_or(0, Vec::len);
                (items, concurrency.unwrap_or(items).min(items))
            }
        };
        if count == 0 {
            let nothing = json!({"outputs": [], "failed": []});
            self.workflow.tasks[owner].input = Some(Arc::new(input));
            return self.end_owner(owner, Ok(Arc::new(nothing)));
        }
        if let Err(failure) = self.reserve(owner, count) {
            return self.close(owner, TaskState::Failed, Some(failure));
        }
        self.make_wait(owner, input);
        self.begin_runs(owner, at_once);
    }

    fn begin_runs(&mut self, owner: usize, at_once: usize) {
        self.workflow.progress.insert(owner, Progress::default());
        for _ in 0..at_once {
            if self.workflow.tasks[owner].state == TaskState::Waiting {
                self.begin_run(owner);
            }
        }
    }

    /// What came out of the task is a blueprint, and has to be checked before it runs.
    pub(crate) fn await_plan(&mut self, ordinal: usize, blueprint: Arc<Value>) {
        self.leave(ordinal, |task| {
            task.state = TaskState::Waiting;
            task.output = Some(blueprint);
            // Its own work is done; what it has made may ask for the same key.
            task.key = None;
        });
        self.effects.push(Effect::TaskWaiting { task: ordinal });
    }

    /// The graph that the task waits for runs inside of it.
    pub(crate) fn expand(&mut self, owner: usize, outcome: Result<Planned, Failure>) {
        let task = &mut self.workflow.tasks[owner];
        task.output = None;
        match outcome {
            Ok(planned) => {
                task.planned = Some(planned);
                match self.reserve(owner, 1) {
                    Ok(()) => {
                        self.effects.push(Effect::Expanded { task: owner });
                        self.begin_runs(owner, 1);
                    }
                    Err(failure) => self.close(owner, TaskState::Failed, Some(failure)),
                }
            }
            Err(failure) => self.close(owner, TaskState::Failed, Some(failure)),
        }
        self.settle();
    }

    /// Reserves the ordinals of every item or iteration.
    fn reserve(&mut self, owner: usize, count: usize) -> Result<(), Failure> {
        let first = self.workflow.tasks.next;
        let end = count
            .checked_mul(self.workflow.tasks.size_inside(owner))
            .and_then(|size| self.workflow.tasks.next_after(size))
            .ok_or_else(|| too_many_tasks(self.blueprint.max_tasks))?;
        self.workflow.tasks.next = end;
        self.workflow.tasks[owner].body = Some(Reserved { first, count });
        Ok(())
    }

    /// The next item or iteration begins; or the task fails, if the workflow has too many tasks already.
    fn begin_run(&mut self, owner: usize) {
        let Some((_, graph)) = self.workflow.tasks.inside(owner) else { return };
        let graph = Arc::clone(graph);
        let size = graph.tasks.len();
        let most = self.blueprint.max_tasks;
        if self.workflow.tasks.len() + size > most {
            return self.give_body_up(owner, too_many_tasks(most));
        }
        let Some(reserved) = self.workflow.tasks[owner].body else { return };
        let Some(progress) = self.workflow.progress.get_mut(&owner) else { return };
        let index = progress.started;
        progress.started += 1;
        let base = reserved.first + index * size;
        self.workflow
            .tasks
            .add(base, GraphRun::new(base, Arc::clone(&graph), Some(Owner { task: owner, index })));
        for (ordinal, task) in graph.tasks.iter().enumerate() {
            if task.incoming.is_empty() {
                self.activate(base + ordinal);
            }
        }
    }

    /// The run of a graph inside of a task ends, if nothing of it is open.
    pub(crate) fn end_run_if_nothing_is_open(&mut self, base: usize) {
        let run = self.run(base);
        let Some(owner) = run.owner.filter(|_| run.open == 0 && run.undecided == 0) else { return };
        if run.is_undo {
            return self.undo_next();
        }
        // A task that was given up waits for nothing more.
        if self.workflow.tasks[owner.task].state != TaskState::Waiting || run.outcome.is_some() {
            return;
        }
        let outcome = self.workflow.outcome(base);
        if let Some(run) = self.workflow.tasks.run_mut(base) {
            run.outcome = Some(outcome.clone());
        }
        self.run_ended(owner, base, outcome);
    }

    fn run_ended(&mut self, Owner { task: owner, index }: Owner, base: usize, outcome: Outcome) {
        let Some((repetition, graph)) = self.workflow.tasks.inside(owner) else { return };
        let graph = Arc::clone(graph);
        let Some(progress) = self.workflow.progress.get_mut(&owner) else { return };
        progress.ended += 1;
        progress.failed += usize::from(outcome.is_err());
        let progress = *progress;
        match repetition {
            Repetition::Once => self.end_owner(owner, outcome),
            Repetition::Loop { max_iterations } => {
                let next = outcome.and_then(|output| Ok((graph.again(&self.workflow.view(base))?, output)));
                match next {
                    Err(failure) => self.end_owner(owner, Err(in_iteration(index, failure))),
                    Ok((false, output)) => {
                        let output = json!({"output": *output, "iterations": index + 1});
                        self.end_owner(owner, Ok(Arc::new(output)));
                    }
                    Ok((true, _)) if index + 1 >= max_iterations => {
                        let message = format!(
                            "the condition still holds after {max_iterations} iterations, which is all there may be"
                        );
                        self.end_owner(owner, Err(Failure::new(Failure::LOOP_BOUND, message)));
                    }
                    Ok((true, _)) => self.begin_run(owner),
                }
            }
            Repetition::ForEach { failures, .. } => {
                let count = self.workflow.tasks[owner].body.map_or(0, |reserved| reserved.count);
                if failures.exceeded_by(progress.failed) {
                    let failure = self.items_failed(owner, progress.failed, count);
                    self.give_body_up(owner, failure);
                } else if progress.started < count {
                    self.begin_run(owner);
                } else if progress.ended == count {
                    self.gather(owner, count);
                }
            }
        }
    }

    /// The outcomes of the items, in their order.
    fn gather(&mut self, owner: usize, count: usize) {
        let mut outputs = Vec::with_capacity(count);
        let mut failed = Vec::new();
        for (index, outcome) in self.outcomes(owner, count).enumerate() {
            match outcome {
                Some(Ok(output)) => outputs.push(Value::clone(output)),
                Some(Err(Failure { kind, message })) => {
                    outputs.push(Value::Null);
                    failed.push(json!({"index": index, "kind": kind, "message": message}));
                }
                None => outputs.push(Value::Null),
            }
        }
        self.end_owner(owner, Ok(Arc::new(json!({"outputs": outputs, "failed": failed}))));
    }

    fn outcomes(&self, owner: usize, count: usize) -> impl Iterator<Item = Option<&Outcome>> {
        let first = self.workflow.tasks[owner].body.map_or(0, |reserved| reserved.first);
        let size = self.workflow.tasks.size_inside(owner);
        let tasks = &self.workflow.tasks;
        (0..count).map(move |index| tasks.get_run(first + index * size)?.outcome.as_ref())
    }

    fn items_failed(&self, owner: usize, failed: usize, count: usize) -> Failure {
        let mut outcomes = self.outcomes(owner, count).enumerate();
        let first = outcomes.find_map(|(index, outcome)| Some((index, outcome?.as_ref().err()?)));
        let why = first.map(|(index, failure)| format!(": item {index}: {failure}")).unwrap_or_default();
        let message = format!("{failed} of {count} items failed, which is more than may{why}");
        Failure::new(Failure::ITEMS_FAILED, message)
    }

    /// Ends the task with what came out of its graph.
    fn end_owner(&mut self, owner: usize, outcome: Outcome) {
        let limit = self.workflow.payload_limit;
        let checked =
            outcome.and_then(|output| self.compiled(owner).check_output(&output, limit).map(|()| output));
        match checked {
            Ok(output) => {
                self.workflow.tasks[owner].output = Some(output);
                self.close(owner, TaskState::Succeeded, None);
            }
            Err(failure) => self.close(owner, TaskState::Failed, Some(failure)),
        }
    }

    /// Fails the task, and cancels what runs inside of it.
    fn give_body_up(&mut self, owner: usize, failure: Failure) {
        let name = self.compiled(owner).name.clone();
        self.close(owner, TaskState::Failed, Some(failure));
        let unneeded = Failure::new(Failure::NOT_NEEDED, format!("task '{name}' failed without it"));
        self.cancel_inside(owner, &unneeded);
    }

    /// Once a task has ended, nobody asks what came out of the runs inside of it.
    pub(crate) fn forget_outcomes(&mut self, owner: usize) {
        if self.workflow.progress.remove(&owner).is_none() {
            return;
        }
        for base in self.workflow.tasks.runs_inside(owner) {
            if let Some(run) = self.workflow.tasks.run_mut(base) {
                run.outcome = None;
            }
        }
    }

    /// Cancels every open task of the graph inside of a task.
    pub(crate) fn cancel_inside(&mut self, owner: usize, failure: &Failure) {
        let size = self.workflow.tasks.size_inside(owner);
        for base in self.workflow.tasks.runs_inside(owner) {
            for ordinal in base..base + size {
                if !self.workflow.tasks[ordinal].state.is_terminal() {
                    self.cancel_task(ordinal, failure);
                }
            }
        }
    }
}

impl crate::Workflow {
    /// What came out of a run in which nothing is open.
    pub(crate) fn outcome(&self, base: usize) -> Outcome {
        let run = self.tasks.run(base);
        match run.tasks.iter().find_map(|task| task.unhandled.clone()) {
            Some(failure) => Err(failure),
            None => run.graph.result(&self.view(base)).map(|result| Arc::new(Value::Object(result))),
        }
    }
}

fn in_iteration(index: usize, failure: Failure) -> Failure {
    Failure::new(failure.kind, format!("iteration {index}: {}", failure.message))
}

fn too_many_tasks(most: usize) -> Failure {
    let message =
        format!("the workflow would have more than {most} tasks; shorten the list, or lower the bound");
    Failure::new(Failure::TOO_MANY_TASKS, message)
}
