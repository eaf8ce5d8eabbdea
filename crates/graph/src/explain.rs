//! Why tasks do not run.

use goalpost_model::{EdgeOn, TaskState, WaitsFor};
use serde_json::Value;

use crate::tasks::{GraphRun, Owner};
use crate::{Task, Workflow};

/// Why a task that has not ended, or was skipped, does not run.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Its ordinal.
    pub task: usize,
    /// Its name.
    pub name: String,
    /// How far it is.
    pub state: TaskState,
    /// What it waits for, if it waits.
    pub waits_for: Option<WaitsFor>,
    /// The signal that it waits for.
    pub signal: Option<String>,
    /// The key that it waits for or holds.
    pub key: Option<String>,
    /// How many of its incoming edges its join needs.
    pub needed_edges: usize,
    /// Its incoming edges, as long as they matter.
    pub edges: Vec<EdgeExplanation>,
    /// Open tasks of the graph inside of it.
    pub open_inside: usize,
    /// Why there is no room for it in the budget, if it waits for that.
    pub no_room: Option<String>,
    /// The withdrawn task that has to be undone before it may begin.
    pub undoing: Option<String>,
}

/// An edge that leads to a task which does not run.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeExplanation {
    /// The name of the task that it comes from.
    pub source: String,
    /// How far that is.
    pub source_state: TaskState,
    /// Which end of it lets the edge be taken.
    pub on: EdgeOn,
    /// Its condition; empty if there is none.
    pub condition: String,
    /// What its condition reads, with the values that are there; once it was decided.
    pub reads: Vec<(String, Option<Value>)>,
    /// Whether it was taken; `None` while it is not decided.
    pub taken: Option<bool>,
}

impl Workflow {
    /// Of each task that has not ended, or was skipped: why it does not run. The tasks of graphs that have not
    /// begun are not there yet.
    pub fn explain(&self) -> Vec<Explanation> {
        let matters = |task: &Task| !task.state.is_terminal() || task.state == TaskState::Skipped;
        let tasks = self.tasks.runs().flat_map(|(base, run)| {
            run.tasks.iter().enumerate().map(move |(place, task)| (base, run, place, task))
        });
        tasks
            .filter(|(.., task)| matters(task))
            .map(|(base, run, place, task)| self.explain_task(base, run, place, task))
            .collect()
    }

    fn explain_task(&self, base: usize, run: &GraphRun, place: usize, task: &Task) -> Explanation {
        let ordinal = run.ordinal(place);
        let compiled = &run.graph.tasks[place];
        let waits_for = self.waits_for(ordinal);
        let has_begun = !matches!(task.state, TaskState::Pending | TaskState::Skipped);
        let edges = if has_begun { &[][..] } else { &compiled.incoming };
        let signal = task.input.as_ref().filter(|_| waits_for == Some(WaitsFor::Signal));
        let signal = signal.and_then(|input| input.get("name")?.as_str().map(str::to_owned));
        Explanation {
            task: ordinal,
            name: self.tasks.name(ordinal).unwrap_or_default(),
            state: task.state,
            waits_for,
            signal,
            key: task.key.clone(),
            needed_edges: if has_begun { 0 } else { compiled.join.needed(compiled.incoming.len()) },
            edges: edges.iter().map(|edge| self.explain_edge(base, run, *edge)).collect(),
            open_inside: self.open_inside(ordinal),
            no_room: self.why_no_room(ordinal),
            undoing: if has_begun { None } else { self.waits_for_undo(ordinal) },
        }
    }

    fn explain_edge(&self, base: usize, run: &GraphRun, edge: usize) -> EdgeExplanation {
        let compiled = &run.graph.edges[edge];
        let source = &run.tasks[compiled.source];
        // A cancelled task decides no edge.
        let is_decided = source.state.is_terminal() && source.state != TaskState::Cancelled;
        let reads =
            if is_decided { compiled.condition_reads(&run.graph, &self.view(base)) } else { Vec::new() };
        EdgeExplanation {
            source: self.tasks.name(run.ordinal(compiled.source)).unwrap_or_default(),
            source_state: source.state,
            on: compiled.on,
            condition: compiled.condition_text().to_owned(),
            reads,
            taken: is_decided.then(|| run.edge_taken[edge]),
        }
    }

    /// What is being undone before the task may begin.
    fn waits_for_undo(&self, ordinal: usize) -> Option<String> {
        let is_begun = |done: &&usize| self.tasks[**done].undo.is_some();
        let done = self.undoable.iter().find(is_begun).filter(|_| self.holds_back(ordinal))?;
        self.tasks.name(*done)
    }

    fn open_inside(&self, owner: usize) -> usize {
        let is_inside =
            |run: &GraphRun| matches!(run.owner, Some(Owner { task, .. }) if task == owner && !run.is_undo);
        self.tasks.runs().filter(|(_, run)| is_inside(run)).map(|(_, run)| run.open).sum()
    }
}
