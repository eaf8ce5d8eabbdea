//! The rules of the graph as plainly as they can be written: nothing is counted and nothing is kept that can
//! be read once more from the blueprint and from how far its tasks have come.

use std::collections::BTreeMap;

use goalpost_model::{
    Blueprint, Compensation, Edge, Failure, Join, Rest, RetryPolicy, Task, TaskState, Timeouts, WorkflowState,
};
use serde_json::{Map, Value};

/// A workflow, interpreted.
pub(super) struct Interpreter<'a> {
    /// The runs of graphs, by what the names of their tasks begin with; the blueprint's own by nothing.
    pub(super) graphs: BTreeMap<String, Graph<'a>>,
    /// Every task by its whole name.
    pub(super) tasks: BTreeMap<String, Status>,
    /// The tasks that have ended but were not cancelled, in the order in which they have.
    pub(super) ends: Vec<String>,
    /// The edges of so many of them have been looked at.
    pub(super) seen: usize,
    pub(super) state: WorkflowState,
    /// The kind of what it failed of.
    pub(super) failure: Option<String>,
    pub(super) result: Option<Map<String, Value>>,
}

/// One run of a graph.
#[derive(Clone)]
pub(super) struct Graph<'a> {
    pub(super) tasks: &'a [Task],
    pub(super) edges: &'a [Edge],
    /// The task that it is inside of, and which of its items or iterations it is.
    pub(super) owner: Option<(String, usize)>,
}

/// How far a task has come.
#[derive(Clone)]
pub(super) struct Status {
    pub(super) state: TaskState,
    pub(super) attempt: u32,
    pub(super) failures: u32,
    pub(super) input: Map<String, Value>,
    pub(super) output: Option<Value>,
    /// The kind of what it failed of.
    pub(super) failure: Option<String>,
}

/// A name in two: what it shares with the other tasks of its run, and its own.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.rfind("].").map_or(("", name), |at| name.split_at(at + 2))
}

impl<'a> Interpreter<'a> {
    pub(super) fn new(blueprint: &'a Blueprint) -> Self {
        let mut interpreter = Self {
            graphs: BTreeMap::new(),
            tasks: BTreeMap::new(),
            ends: Vec::new(),
            seen: 0,
            state: WorkflowState::Running,
            failure: None,
            result: None,
        };
        interpreter.add("", Graph { tasks: &blueprint.tasks, edges: &blueprint.edges, owner: None });
        interpreter
    }

    pub(super) fn add(&mut self, prefix: &str, graph: Graph<'a>) {
        for task in graph.tasks {
            self.tasks.insert(format!("{prefix}{}", task.name), Status::pending());
        }
        self.graphs.insert(prefix.to_owned(), graph);
    }

    pub(super) fn task(&mut self, name: &str) -> &mut Status {
        self.tasks.get_mut(name).expect("the task is there")
    }

    /// The task as the blueprint has it.
    pub(super) fn definition(&self, name: &str) -> &'a Task {
        let (prefix, own) = split(name);
        self.graphs[prefix].tasks.iter().find(|task| task.name == own).expect("the blueprint has it")
    }

    /// What undoes another task, if this one does.
    fn undoing(&self, name: &str) -> Option<&'a Compensation> {
        self.definition(name.strip_suffix(".undo")?).compensate_with.as_ref()
    }

    pub(super) fn retry(&self, name: &str) -> &'a RetryPolicy {
        self.undoing(name).map_or_else(|| &self.definition(name).retry, |undo| &undo.retry)
    }

    pub(super) fn timeouts(&self, name: &str) -> Timeouts {
        self.undoing(name).map_or_else(|| self.definition(name).timeouts, |undo| undo.timeouts)
    }

    /// Tasks without edges to them begin.
    pub(super) fn start(&mut self) {
        self.begin_roots("");
        self.follow();
    }

    pub(super) fn begin_roots(&mut self, prefix: &str) {
        let graph = self.graphs[prefix].clone();
        for task in graph.tasks {
            if graph.edges.iter().all(|edge| edge.target != task.name) {
                self.begin(&format!("{prefix}{}", task.name));
            }
        }
    }

    /// Looks at the edges of what has ended, first come, first served, until nothing more follows.
    pub(super) fn follow(&mut self) {
        while let Some(source) = self.ends.get(self.seen).cloned() {
            self.seen += 1;
            let (prefix, own) = split(&source);
            for edge in self.graphs[prefix].edges.iter().filter(|edge| edge.source == own) {
                self.consider(&format!("{prefix}{}", edge.target));
            }
            self.end_run(prefix);
        }
        if self.state == WorkflowState::Running && self.is_over("") {
            match self.outcome("") {
                Ok(result) => {
                    self.state = WorkflowState::Succeeded;
                    self.result = Some(result);
                }
                Err(kind) => self.end_badly(&kind),
            }
        }
    }

    /// Lets a task begin whose join is met, and skips one whose join cannot be met any more.
    fn consider(&mut self, name: &str) {
        if self.tasks[name].state != TaskState::Pending {
            return;
        }
        let definition = self.definition(name);
        let edges = self.incoming(name);
        let taken = edges.iter().filter(|edge| **edge == Some(true)).count();
        let open = edges.iter().filter(|edge| edge.is_none()).count();
        let needed = match definition.join {
            Join::All => edges.len(),
            Join::Any => 1,
            Join::NOf(count) => count as usize,
        };
        if taken >= needed {
            self.begin(name);
            if definition.rest == Rest::Cancel {
                self.cancel_unneeded(split(name).0);
            }
        } else if taken + open < needed {
            self.end(name, TaskState::Skipped);
        }
    }

    /// Cancels what leads to nothing but tasks that have begun without it and say so, or that were cancelled.
    fn cancel_unneeded(&mut self, prefix: &str) {
        let graph = self.graphs[prefix].clone();
        let status = |all: &Self, own: &str| all.tasks[&format!("{prefix}{own}")].state;
        let needs_no_more = |all: &Self, target: &str| match status(all, target) {
            TaskState::Cancelled => true,
            TaskState::Pending | TaskState::Skipped => false,
            _ => all.definition(&format!("{prefix}{target}")).rest == Rest::Cancel,
        };
        let is_unneeded = |all: &Self, own: &str| {
            let mut edges = graph.edges.iter().filter(|edge| edge.source == own).peekable();
            edges.peek().is_some() && edges.all(|edge| needs_no_more(all, &edge.target))
        };
        let unneeded = |all: &Self| {
            let mut open = graph.tasks.iter().filter(|task| !status(all, &task.name).is_terminal());
            open.find(|task| is_unneeded(all, &task.name))
        };
        while let Some(task) = unneeded(self) {
            self.cancel_task(&format!("{prefix}{}", task.name));
        }
    }

    /// Cancels a task and what runs inside of it.
    pub(super) fn cancel_task(&mut self, name: &str) {
        self.task(name).state = TaskState::Cancelled;
        self.cancel_inside(name);
    }

    pub(super) fn cancel_inside(&mut self, name: &str) {
        let inside = format!("{name}[");
        for (name, task) in &mut self.tasks {
            if name.starts_with(&inside) && !task.state.is_terminal() {
                task.state = TaskState::Cancelled;
            }
        }
    }

    pub(super) fn end(&mut self, name: &str, state: TaskState) {
        self.task(name).state = state;
        self.ends.push(name.to_owned());
    }

    pub(super) fn fail(&mut self, name: &str, kind: &str) {
        self.task(name).failure = Some(kind.to_owned());
        self.end(name, TaskState::Failed);
    }

    /// The workflow fails or is cancelled, once what was done is undone.
    pub(super) fn end_badly(&mut self, kind: &str) {
        self.failure = Some(kind.to_owned());
        self.undo();
    }

    /// Undoes what succeeded last of all that is not undone yet.
    pub(super) fn undo(&mut self) {
        let done: Vec<String> =
            self.ends.iter().rev().filter(|name| self.has_to_be_undone(name)).cloned().collect();
        for name in done {
            let undo = format!("{name}.undo");
            let input = self.undoing(&undo).map(|undoing| undoing.input.clone()).unwrap_or_default();
            let ready = Status { state: TaskState::Ready, attempt: 1, input, ..Status::pending() };
            let status = self.tasks.entry(undo).or_insert(ready);
            if !status.state.is_terminal() {
                self.state = WorkflowState::Compensating;
                return;
            }
        }
        let was_cancelled = self.failure.as_deref() == Some(Failure::CANCELLED);
        self.state = if was_cancelled { WorkflowState::Cancelled } else { WorkflowState::Failed };
    }

    fn has_to_be_undone(&self, name: &str) -> bool {
        !name.ends_with(".undo")
            && self.tasks[name].state == TaskState::Succeeded
            && self.definition(name).compensate_with.is_some()
    }
}

impl Status {
    pub(super) fn pending() -> Self {
        Self {
            state: TaskState::Pending,
            attempt: 0,
            failures: 0,
            input: Map::new(),
            output: None,
            failure: None,
        }
    }
}
