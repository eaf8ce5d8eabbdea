//! The tasks of a workflow: those of its blueprint, and those of every run of a graph inside of a task.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use goalpost_checker::{CompiledGraph, CompiledTask, Repetition};
use goalpost_model::{Failure, UNDO};
use serde_json::Value;

use crate::Task;
use crate::join::Incoming;
use crate::workflow::Reserved;

/// The tasks of a workflow by their ordinals.
///
/// The blueprint's own come first, in its order. A task with a graph inside of it reserves the ordinals of
/// all its items or iterations when it starts, one after the other; they are there once they run.
#[derive(Clone, Debug, PartialEq)]
pub struct Tasks {
    runs: BTreeMap<usize, GraphRun>,
    /// The first ordinal that nobody has reserved.
    pub(crate) next: usize,
    count: usize,
}

/// One run of a graph.
#[derive(Clone, Debug)]
pub(crate) struct GraphRun {
    pub(crate) graph: Arc<CompiledGraph>,
    /// The task that it is inside of; `None` for the blueprint's own.
    pub(crate) owner: Option<Owner>,
    /// It undoes that task.
    pub(crate) is_undo: bool,
    pub(crate) tasks: Vec<Task>,
    /// What is known of each task's incoming edges. Edges that a cancellation left behind stay undecided.
    pub(crate) incoming: Vec<Incoming>,
    /// Which edges were taken.
    pub(crate) edge_taken: Vec<bool>,
    /// How many tasks have not ended.
    pub(crate) open: usize,
    /// How many tasks have ended whose edges are not decided yet.
    pub(crate) undecided: usize,
    /// What came out of it.
    pub(crate) outcome: Option<Result<Arc<Value>, Failure>>,
}

/// The task that a graph is inside of, and which of its items or iterations this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) task: usize,
    pub(crate) index: usize,
}

/// Of workflows of one blueprint: graphs are not compared.
impl PartialEq for GraphRun {
    fn eq(&self, other: &Self) -> bool {
        let Self { graph: _, owner, is_undo, tasks, incoming, edge_taken, open, undecided, outcome } = self;
        (owner, tasks, incoming, edge_taken)
            == (&other.owner, &other.tasks, &other.incoming, &other.edge_taken)
            && (open, undecided, outcome, is_undo)
                == (&other.open, &other.undecided, &other.outcome, &other.is_undo)
    }
}

impl GraphRun {
    /// A run in which nothing has happened.
    pub(crate) fn new(graph: Arc<CompiledGraph>, owner: Option<Owner>) -> Self {
        let tasks = &graph.tasks;
        Self {
            owner,
            is_undo: false,
            tasks: vec![Task::default(); tasks.len()],
            incoming: tasks.iter().map(|task| Incoming::undecided(task.incoming.len())).collect(),
            edge_taken: vec![false; graph.edges.len()],
            open: tasks.len(),
            undecided: 0,
            outcome: None,
            graph,
        }
    }
}

impl Tasks {
    pub(crate) fn new(graph: Arc<CompiledGraph>) -> Self {
        let count = graph.tasks.len();
        Self { runs: BTreeMap::from([(0, GraphRun::new(graph, None))]), next: count, count }
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none; a checked blueprint has some.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The task, if it is there.
    pub fn get(&self, ordinal: usize) -> Option<&Task> {
        let (base, run) = self.find(ordinal)?;
        run.tasks.get(ordinal - base)
    }

    /// Every task with its ordinal, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Task)> {
        self.runs.iter().flat_map(|(base, run)| (*base..).zip(&run.tasks))
    }

    /// What the blueprint says of the task.
    pub fn compiled(&self, ordinal: usize) -> Option<&CompiledTask> {
        let (base, run) = self.find(ordinal)?;
        run.graph.tasks.get(ordinal - base)
    }

    /// Its name, with the tasks that it is inside of: `each[3].fetch`.
    pub fn name(&self, ordinal: usize) -> Option<String> {
        let (base, run) = self.find(ordinal)?;
        let own = &run.graph.tasks.get(ordinal - base)?.name;
        let Some(Owner { task, index }) = run.owner else { return Some(own.clone()) };
        let owner = self.name(task)?;
        Some(if run.is_undo { format!("{owner}.{own}") } else { format!("{owner}[{index}].{own}") })
    }

    /// The task of this name.
    pub fn ordinal_of(&self, name: &str) -> Option<usize> {
        if let Some((done, UNDO)) = name.rsplit_once('.') {
            return self.get(self.ordinal_of(done)?)?.undo;
        }
        let (mut base, mut rest) = (0, name);
        loop {
            let graph = &self.runs.get(&base)?.graph;
            let Some((owner, inner)) = rest.split_once('[') else {
                return Some(base + graph.ordinal_of(rest)?);
            };
            let (index, inner) = inner.split_once("].")?;
            let owner = base + graph.ordinal_of(owner)?;
            base = self.base_of(owner, index.parse().ok()?)?;
            rest = inner;
        }
    }

    /// Where the ordinals of an item or an iteration begin.
    pub(crate) fn base_of(&self, owner: usize, index: usize) -> Option<usize> {
        let body = self.get(owner)?.body.filter(|body| index < body.count)?;
        let (_, graph) = self.inside(owner)?;
        Some(body.first + index * graph.tasks.len())
    }

    /// The graph inside of the task, and how often it is run: the one that came up, or the blueprint's.
    pub(crate) fn inside(&self, owner: usize) -> Option<(Repetition, &Arc<CompiledGraph>)> {
        if let Some(planned) = self.get(owner).and_then(|task| task.planned.as_ref()) {
            return Some((Repetition::Once, &planned.graph));
        }
        let body = self.compiled(owner)?.body.as_ref()?;
        Some((body.repetition, &body.graph))
    }

    /// How many tasks the graph inside of the task has; 0 if there is none.
    pub(crate) fn size_inside(&self, owner: usize) -> usize {
        self.inside(owner).map_or(0, |(_, graph)| graph.tasks.len())
    }

    /// The run that the task is part of, and its first ordinal.
    pub(crate) fn find(&self, ordinal: usize) -> Option<(usize, &GraphRun)> {
        let (base, run) = self.runs.range(..=ordinal).next_back()?;
        (ordinal - base < run.tasks.len()).then_some((*base, run))
    }

    /// The run with this first ordinal.
    pub(crate) fn run(&self, base: usize) -> &GraphRun {
        &self.runs[&base]
    }

    pub(crate) fn get_run(&self, base: usize) -> Option<&GraphRun> {
        self.runs.get(&base)
    }

    pub(crate) fn run_mut(&mut self, base: usize) -> Option<&mut GraphRun> {
        self.runs.get_mut(&base)
    }

    pub(crate) fn add(&mut self, base: usize, run: GraphRun) {
        self.count += run.tasks.len();
        self.runs.insert(base, run);
    }

    /// Every run with its first ordinal; those inside of a task come after it.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (usize, &GraphRun)> {
        self.runs.iter().map(|(base, run)| (*base, run))
    }

    pub(crate) fn runs_mut(&mut self) -> impl Iterator<Item = (usize, &mut GraphRun)> {
        self.runs.iter_mut().map(|(base, run)| (*base, run))
    }

    /// The first ordinals of the runs of the graph inside of the task, as far as they have begun.
    pub(crate) fn runs_inside(&self, owner: usize) -> Vec<usize> {
        let Some(Reserved { first, count }) = self.get(owner).and_then(|task| task.body) else {
            return Vec::new();
        };
        let end = first + count * self.size_inside(owner);
        self.runs.range(first..end).map(|(base, _)| *base).collect()
    }
}

impl Index<usize> for Tasks {
    type Output = Task;

    fn index(&self, ordinal: usize) -> &Task {
        let (base, run) = self.runs.range(..=ordinal).next_back().expect("the blueprint's own begin at 0");
        &run.tasks[ordinal - base]
    }
}

impl IndexMut<usize> for Tasks {
    fn index_mut(&mut self, ordinal: usize) -> &mut Task {
        let (base, run) =
            self.runs.range_mut(..=ordinal).next_back().expect("the blueprint's own begin at 0");
        &mut run.tasks[ordinal - base]
    }
}
