//! PostgreSQL: the truth.

use crate::element::{Bag, Element, TASKS};
use crate::state::ENGINES;

/// The states of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// It waits for the one before.
    #[default]
    Pending,
    /// It waits for a worker.
    Ready,
    /// A worker has it.
    Running,
    /// It waits for its retry.
    Backoff,
    /// It has ended.
    Ended,
}

/// Who runs an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Holder {
    /// The engine that answers for it.
    pub engine: usize,
    /// The worker's session.
    pub session: usize,
}

/// A row of `timers`. It goes with the transition that it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Timer {
    /// There is none.
    #[default]
    None,
    /// Its time has not come.
    Armed,
    /// It was delivered.
    Fired,
}

/// A row of `tasks`, with its timer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Task {
    /// Its state.
    pub state: TaskState,
    /// The latest attempt.
    pub attempt: u8,
    /// Who runs it, while it runs.
    pub holder: Option<Holder>,
    /// The row of its retry timer.
    pub timer: Timer,
}

/// What a row of `takers` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Taker {
    /// There is no row.
    #[default]
    Absent,
    /// It is believed to be alive.
    Alive,
    /// It was found dead.
    Buried,
}

/// What a crash may undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Earlier {
    tasks: [Task; TASKS],
    number: u8,
    events: u8,
}

/// All tables, as far as deliveries rest on them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Postgres {
    /// The tasks of the one workflow.
    pub tasks: [Task; TASKS],
    /// The last number of its history: the fence.
    pub number: u8,
    /// Its events.
    pub events: u8,
    /// Rows to be delivered.
    pub outbox: Bag,
    /// Rows whose deletion a crash may undo.
    pub lazily_deleted: Bag,
    /// The registered engines.
    pub takers: [Taker; ENGINES],
    /// Only where claims are lazy: what was there before the last one.
    pub(crate) earlier: Option<Earlier>,
    /// Only where the relay reads by cursor: how far it is.
    pub(crate) cursor: usize,
}

impl Postgres {
    /// Stores rows that changed and does what the triggers do. Answers with the new rows of
    /// the outbox. `base` is the number that the events of this write are counted from.
    pub(crate) fn write(&mut self, base: u8, before: &[Task; TASKS], after: &[Task; TASKS]) -> Bag {
        let mut delivered = Bag::default();
        let mut drawn = 0;
        for task in 0..TASKS {
            let (old, new) = (before[task], after[task]);
            if old == new {
                continue;
            }
            // An attempt that is given up for a new one makes two events.
            let is_again = old.state == TaskState::Running && new.state == TaskState::Ready;
            drawn += if is_again { 2 } else { 1 };
            if new.state == TaskState::Ready {
                delivered.put(Element::ready(task, new.attempt));
            }
            self.tasks[task] = new;
        }
        self.events += drawn;
        self.number = base + drawn;
        self.outbox.put_all(delivered);
        delivered
    }

    /// Everything committed before is on the disk now.
    pub(crate) fn flush(&mut self) {
        self.lazily_deleted = Bag::default();
        self.earlier = None;
    }

    /// From here on a crash may go back to this.
    pub(crate) fn remember(&mut self) {
        self.earlier = Some(Earlier { tasks: self.tasks, number: self.number, events: self.events });
    }

    /// Removes rows; a crash may bring them back.
    pub(crate) fn delete_lazily(&mut self, rows: Bag) {
        let deleted = self.outbox.take_all(rows);
        self.lazily_deleted.put_all(deleted);
    }

    /// What was committed lazily is gone.
    pub(crate) fn crash(&mut self) {
        let back = self.lazily_deleted.drain();
        self.outbox.put_all(back);
        if let Some(Earlier { tasks, number, events }) = self.earlier.take() {
            (self.tasks, self.number, self.events) = (tasks, number, events);
        }
    }

    /// The tasks that a session runs, or, without one, all that an engine answers for.
    pub(crate) fn running(&self, engine: usize, session: Option<usize>) -> Vec<(usize, u8)> {
        let is_meant = |holder: Holder| {
            holder.engine == engine && session.is_none_or(|session| session == holder.session)
        };
        let tasks = self.tasks.iter().enumerate();
        tasks
            .filter(|(_, task)| task.state == TaskState::Running && task.holder.is_some_and(is_meant))
            .map(|(place, task)| (place, task.attempt))
            .collect()
    }
}
