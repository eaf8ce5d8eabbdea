//! Group commit: the one writer of this engine's transitions.
//!
//! Commands that arrive while a write is on its way go together in the next one. There is
//! no added delay and no timer: a lone command is written at once, a flood in large batches.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use goalpost_model::WorkflowId;
use goalpost_service::describe;
use goalpost_store::{Error, Store, workflows};
use tokio::sync::mpsc;

use crate::engine::batch::Batch;
use crate::engine::blueprints::Blueprints;
use crate::engine::cache::Cache;
use crate::engine::command::{Command, Outcome, Refusal, Step};

/// Commands in one write at most.
const MAX_BATCH: usize = 1_024;
/// The first pause after the store was found away, and the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

pub(crate) struct Committer {
    store: Store,
    blueprints: Arc<Blueprints>,
    cache: Cache,
    waiting: VecDeque<Command>,
    pause: Duration,
    round: u64,
}

impl Committer {
    pub(crate) fn new(store: Store, blueprints: Arc<Blueprints>, cached_workflows: usize) -> Self {
        let (cache, waiting) = (Cache::new(cached_workflows), VecDeque::new());
        Self { store, blueprints, cache, waiting, pause: FIRST_PAUSE, round: 0 }
    }

    /// Works until every sender of commands is gone and all that was asked is done.
    pub(crate) async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        let mut arrived = Vec::with_capacity(MAX_BATCH);
        loop {
            let room = MAX_BATCH.saturating_sub(self.waiting.len());
            if self.waiting.is_empty() {
                if inbox.recv_many(&mut arrived, room).await == 0 {
                    return;
                }
            } else {
                arrived.extend(std::iter::from_fn(|| inbox.try_recv().ok()).take(room));
            }
            self.waiting.extend(arrived.drain(..));
            self.round().await;
        }
    }

    /// One write of what waits, as far as it fits together.
    async fn round(&mut self) {
        self.cache.age();
        self.round += 1;
        if let Err(error) = self.load_missing().await {
            return self.set_back(error).await;
        }
        let mut batch = Batch::new(self.round);
        let mut deferred = VecDeque::new();
        for command in self.waiting.drain(..) {
            deferred.extend(batch.add(&mut self.cache, command));
        }
        self.waiting = deferred;
        for id in &batch.outdated {
            self.cache.outdate(*id, BTreeSet::new());
        }
        if batch.is_empty() {
            return;
        }
        let started = Instant::now();
        match workflows::commit(&self.store, &batch.transitions).await {
            Ok(numbers) => {
                metrics::histogram!("goalpost_commit_batch_commands").record(batch.applied.len() as f64);
                metrics::histogram!("goalpost_commit_seconds").record(started.elapsed());
                for since in &batch.steps {
                    metrics::histogram!("goalpost_step_seconds").record(since.elapsed());
                }
                self.pause = FIRST_PAUSE;
                self.settle(batch, |id| numbers.get(&id).copied());
            }
            Err(error) => {
                self.give_up(batch, &error);
                self.set_back(error).await;
            }
        }
    }

    /// Reads the workflows that are asked for and not in memory.
    async fn load_missing(&mut self) -> Result<(), Error> {
        let missing: BTreeSet<WorkflowId> = self
            .waiting
            .iter()
            .filter(|command| {
                !matches!(command.step, Step::Create(_)) && !self.cache.contains(command.workflow)
            })
            .map(|command| command.workflow)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut ids = Vec::with_capacity(missing.len());
        for id in missing {
            if !self.catch_up(id).await? {
                ids.push(id);
            }
        }
        let rows = if ids.is_empty() { Vec::new() } else { workflows::load(&self.store, &ids).await? };
        for row in rows {
            let id = row.id;
            match self.blueprints.restore(&self.store, row, self.round).await? {
                Ok(live) => self.cache.insert(id, live),
                Err(message) => self.refuse_unreadable(id, &message),
            }
        }
        self.cache.forget_outdated();
        Ok(())
    }

    /// Reads of a large workflow only what is new. False if it has to be read as a whole.
    async fn catch_up(&mut self, id: WorkflowId) -> Result<bool, Error> {
        let Some(outdated) = self.cache.take_outdated(id) else { return Ok(false) };
        let (number, unsure) = (outdated.last_number(), outdated.unsure());
        let Some(row) = workflows::load_changes(&self.store, id, number, unsure).await? else {
            return Ok(false);
        };
        match outdated.catch_up(row, self.round) {
            Ok(Some(live)) => self.cache.insert(id, live),
            Ok(None) => return Ok(false),
            Err(message) => {
                tracing::warn!(workflow = %id, message, "a workflow is read as a whole");
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A workflow whose rows this version cannot read: its commands are refused, and
    /// nothing of it is changed.
    fn refuse_unreadable(&mut self, id: WorkflowId, message: &str) {
        tracing::error!(workflow = %id, message, "a stored workflow cannot be read");
        let (refused, rest): (VecDeque<_>, VecDeque<_>) =
            self.waiting.drain(..).partition(|command| command.workflow == id);
        self.waiting = rest;
        for command in refused {
            answer(command, Err(Refusal::Internal(message.to_owned())));
        }
    }

    /// Answers the commands of a write that passed. Those whose fence did not hold wait for
    /// the next round, which reads their workflows again.
    fn settle(&mut self, mut batch: Batch, number_of: impl Fn(WorkflowId) -> Option<i64>) {
        let mut again = VecDeque::new();
        for (command, outcome) in std::mem::take(&mut batch.applied) {
            let id = command.workflow;
            match (number_of(id), &command.step) {
                (Some(number), _) => {
                    self.stored(id, number);
                    answer(command, Ok(outcome));
                }
                (None, Step::Create(_)) => {
                    self.cache.remove(id);
                    answer(command, Ok(Outcome::Done));
                }
                (None, _) => {
                    self.cache.outdate(id, batch.take_tasks(id));
                    again.push_back(command);
                }
            }
        }
        if !again.is_empty() {
            metrics::counter!("goalpost_fence_misses_total").increment(again.len() as u64);
            again.append(&mut self.waiting);
            self.waiting = again;
        }
    }

    fn stored(&mut self, id: WorkflowId, number: i64) {
        let Some(live) = self.cache.get_mut(id) else { return };
        live.last_number = number;
        if live.core.state.is_terminal() {
            self.cache.remove(id);
        }
    }

    /// Forgets what a write that failed would have changed; its commands wait again, or, if
    /// the store refused a command on its own, are refused.
    fn give_up(&mut self, batch: Batch, error: &Error) {
        let refused = !error.is_unavailable() && batch.applied.len() == 1;
        let mut again = VecDeque::with_capacity(batch.applied.len());
        for (mut command, _) in batch.applied {
            self.cache.remove(command.workflow);
            command.may_have_passed = true;
            if refused {
                tracing::error!(workflow = %command.workflow, error = describe(error), "a transition was refused by the store");
                answer(command, Err(Refusal::from(error)));
            } else {
                again.push_back(command);
            }
        }
        again.append(&mut self.waiting);
        self.waiting = again;
    }

    /// After an error of the store: tells those who would rather know, and pauses.
    async fn set_back(&mut self, error: Error) {
        if !error.is_unavailable() {
            return self.isolate(error).await;
        }
        if self.pause == FIRST_PAUSE {
            tracing::warn!(error = describe(&error), "the store cannot be reached; transitions wait");
        }
        let (waiting, told): (VecDeque<_>, VecDeque<_>) =
            self.waiting.drain(..).partition(|command| command.step.waits_for_the_store());
        self.waiting = waiting;
        for command in told {
            answer(command, Err(Refusal::Unavailable));
        }
        // A pause between attempts to reconnect, not a look for work.
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// The store refused a batch: its commands go one by one, so that only the one that it
    /// cannot take is refused.
    async fn isolate(&mut self, error: Error) {
        if self.waiting.len() > 1 {
            tracing::error!(
                error = describe(&error),
                "a batch was refused by the store; its commands go one by one"
            );
        }
        for command in std::mem::take(&mut self.waiting) {
            self.round += 1;
            let mut batch = Batch::new(self.round);
            self.waiting.push_back(command);
            if let Err(error) = self.load_missing().await {
                if !error.is_unavailable() {
                    for command in self.waiting.drain(..) {
                        answer(command, Err(Refusal::Internal(describe(&error))));
                    }
                }
                continue;
            }
            let Some(command) = self.waiting.pop_back() else { continue };
            self.waiting.extend(batch.add(&mut self.cache, command));
            for id in &batch.outdated {
                self.cache.outdate(*id, BTreeSet::new());
            }
            if batch.is_empty() {
                continue;
            }
            match workflows::commit(&self.store, &batch.transitions).await {
                Ok(numbers) => self.settle(batch, |id| numbers.get(&id).copied()),
                Err(error) => self.give_up(batch, &error),
            }
        }
    }
}

fn answer(command: Command, answer: Result<Outcome, Refusal>) {
    // Whoever asked may be gone; what was asked is done all the same.
    drop(command.reply.send(answer));
}
