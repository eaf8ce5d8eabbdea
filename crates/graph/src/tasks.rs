//! The tasks of a workflow: those of its blueprint, and those of every run of a graph inside of a task.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use goalpost_checker::{CompiledGraph, CompiledTask, Repetition};
use goalpost_model::{Failure, UNDO};
use serde_json::Value;

use crate::join::Incoming;
use crate::places::Places;
use crate::workflow::Reserved;
use crate::{Added, InvalidState, Task};

/// The tasks of a workflow by their ordinals.
///
/// The blueprint's own come first, in its order. A task with a graph inside of it reserves the ordinals of
/// all its items or iterations when it starts, one after the other; they are there once they run. So do the
/// tasks by which the blueprint is extended while it runs.
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
    /// Which ordinals its tasks have.
    pub(crate) places: Places,
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
        let Self { graph: _, places, owner, is_undo, tasks, incoming, edge_taken, open, undecided, outcome } =
            self;
        (places, owner, tasks, incoming, edge_taken)
            == (&other.places, &other.owner, &other.tasks, &other.incoming, &other.edge_taken)
            && (open, undecided, outcome, is_undo)
                == (&other.open, &other.undecided, &other.outcome, &other.is_undo)
    }
}

impl GraphRun {
    /// A run in which nothing has happened, whose first task has the ordinal `base`.
    pub(crate) fn new(base: usize, graph: Arc<CompiledGraph>, owner: Option<Owner>) -> Self {
        let tasks = &graph.tasks;
        Self {
            places: Places::from(base),
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

impl GraphRun {
    /// The ordinal of the task at this place of its graph.
    pub(crate) fn ordinal(&self, place: usize) -> usize {
        self.places.ordinal(place)
    }

    /// The place of the task in its graph, if it is one of this run.
    pub(crate) fn place(&self, ordinal: usize) -> Option<usize> {
        self.places.place(ordinal).filter(|place| *place < self.tasks.len())
    }

    /// The ordinals of its tasks, in the order of their places.
    pub(crate) fn ordinals(&self) -> impl Iterator<Item = usize> {
        (0..self.tasks.len()).map(|place| self.ordinal(place))
    }
}

impl Tasks {
    pub(crate) fn new(graph: Arc<CompiledGraph>) -> Self {
        let count = graph.tasks.len();
        Self { runs: BTreeMap::from([(0, GraphRun::new(0, graph, None))]), next: count, count }
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
        let (_, place, run) = self.find(ordinal)?;
        run.tasks.get(place)
    }

    /// Every task with its ordinal: ascending, unless the blueprint was extended.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Task)> {
        self.runs.values().flat_map(|run| run.ordinals().zip(&run.tasks))
    }

    /// The tasks by which the blueprint was extended while it ran, in the order in which it was.
    pub fn added(&self) -> &[Added] {
        self.runs.get(&0).map_or(&[], |own| own.places.added())
    }

    /// Whether the workflow does without the task, or without the one that it is inside of.
    pub fn is_withdrawn(&self, ordinal: usize) -> bool {
        let mut at = Some(ordinal);
        while let Some((_, place, run)) = at.and_then(|ordinal| self.find(ordinal)) {
            if run.graph.tasks[place].withdrawn {
                return true;
            }
            at = run.owner.map(|owner| owner.task);
        }
        false
    }

    /// What the blueprint says of the task.
    pub fn compiled(&self, ordinal: usize) -> Option<&CompiledTask> {
        let (_, place, run) = self.find(ordinal)?;
        run.graph.tasks.get(place)
    }

    /// Its name, with the tasks that it is inside of: `each[3].fetch`.
    pub fn name(&self, ordinal: usize) -> Option<String> {
        let (_, place, run) = self.find(ordinal)?;
        let own = &run.graph.tasks.get(place)?.name;
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
            let run = self.runs.get(&base)?;
            let ordinal = |name| Some(run.ordinal(run.graph.ordinal_of(name)?));
            let Some((owner, inner)) = rest.split_once('[') else { return ordinal(rest) };
            let (index, inner) = inner.split_once("].")?;
            let owner = ordinal(owner)?;
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

    /// The run that the task is part of, its first ordinal, and the task's place in it.
    pub(crate) fn find(&self, ordinal: usize) -> Option<(usize, usize, &GraphRun)> {
        let (&base, run) = self.runs.range(..=ordinal).next_back()?;
        if let Some(place) = run.place(ordinal) {
            return Some((base, place, run));
        }
        let own = self.runs.get(&0)?;
        Some((0, own.place(ordinal)?, own))
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

    /// The first ordinal that nobody has reserved, once so many more are. Ordinals are stored in 31 bits.
    pub(crate) fn next_after(&self, reserved: usize) -> Option<usize> {
        self.next.checked_add(reserved).filter(|next| i32::try_from(*next).is_ok())
    }

    /// The blueprint's own graph is a longer one from now on. What is added has the ordinals that nobody has reserved.
    pub(crate) fn extend(&mut self, graph: Arc<CompiledGraph>) {
        let Some(own) = self.runs.get_mut(&0) else { return };
        let added = graph.tasks.len() - own.tasks.len();
        own.extend(graph, self.next);
        self.count += added;
        self.next += added;
    }

    /// Where the tasks are by which the blueprint was extended.
    pub(crate) fn put_added(&mut self, all: &[Added]) -> Result<(), InvalidState> {
        let Some(own) = self.runs.get_mut(&0) else { return Ok(()) };
        let tasks = own.tasks.len();
        let ends = all.iter().skip(1).map(|next| next.place).chain([tasks]);
        // Before the first extension, no more ordinals were reserved than there were tasks.
        let mut next = all.first().map_or(tasks, |first| first.place);
        for (added, end) in all.iter().zip(ends) {
            // What only does without tasks adds none.
            if added.place > end || added.first < next {
                return Err(InvalidState::Extension { tasks });
            }
            next = added.first + (end - added.place);
            own.places.add(*added);
        }
        self.next = next;
        Ok(())
    }

    pub(crate) fn add(&mut self, base: usize, run: GraphRun) {
        self.count += run.tasks.len();
        self.runs.insert(base, run);
    }

    /// The tasks that have not ended, without those that undo others.
    pub(crate) fn open_but_undoing(&self) -> Vec<usize> {
        let runs = self.runs.values().filter(|run| !run.is_undo);
        let tasks = runs.flat_map(|run| run.ordinals().zip(&run.tasks));
        tasks.filter(|(_, task)| !task.state.is_terminal()).map(|(ordinal, _)| ordinal).collect()
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
        self.get(ordinal).expect("ordinals come from the tasks themselves")
    }
}

impl IndexMut<usize> for Tasks {
    fn index_mut(&mut self, ordinal: usize) -> &mut Task {
        let (base, place, _) = self.find(ordinal).expect("ordinals come from the tasks themselves");
        let run = self.runs.get_mut(&base).expect("it was just found");
        &mut run.tasks[place]
    }
}
