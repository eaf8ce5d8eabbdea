//! The shell around the pure core: load, advance, commit, answer.

mod batch;
mod blueprints;
mod by_hand;
mod cache;
mod catch_up;
mod command;
mod committer;
mod live;
mod restore;
mod rows;
#[cfg(test)]
pub(crate) mod tests;
mod timing;

use std::sync::Arc;

use goalpost_checker::CompiledBlueprint;
use goalpost_graph::Planned;
use goalpost_model::{
    Amount, AttemptRef, BudgetChange, Failure, SessionId, TaskState, TimerKind, TimerRef, Usage, WorkflowId,
};
use goalpost_store::Store;
use goalpost_store::workflows::{HeldAttempt, Holder};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub(crate) use blueprints::{Blueprints, Problem};
pub(crate) use command::{Claim, Creation, Refusal};
use command::{Command, Outcome, Step};
use committer::Committer;

/// Commands that wait for the committer at most; beyond, those who send them wait.
const INBOX: usize = 4_096;

/// What somebody outside may ask of a workflow.
pub(crate) enum Wish {
    /// Nothing new is given to workers.
    Pause { reason: String },
    /// It goes on after a pause.
    Resume,
    /// It goes on after its end: with all of it, or with what stopped it.
    Retry { all: bool },
    /// A signal for a task that waits for it, now or later.
    Signal { id: String, name: String, payload: Value },
    /// Approval, with the task's output, or why not.
    Decide { task: String, verdict: Result<Value, Failure> },
    /// The graph that a task waits for, or why there is none; for the attempt, or for whichever waits.
    Expand {
        task: String,
        attempt: Option<u32>,
        outcome: Result<Arc<CompiledBlueprint>, Failure>,
        spent: Amount,
    },
    /// Other limits count from now on.
    Fund { change: BudgetChange },
    /// It goes on with a longer blueprint.
    /// `planning`: what planning took for it in all.
    Extend { next: Arc<CompiledBlueprint>, planning: Amount },
    /// There is no other plan for it, though it waits for one.
    NoReplan { number: u32, reason: String },
    /// A task ends here, with an output or without.
    Skip { task: String, output: Option<Value>, reason: String },
}

/// The way to the committer. Cheap to clone. Every method answers when what it asks for
/// is durable.
#[derive(Clone)]
pub(crate) struct Engine {
    commands: mpsc::Sender<Command>,
}

impl Engine {
    /// Starts the committer; it ends when the last handle is dropped and all is written.
    pub(crate) fn start(
        store: Store,
        blueprints: Arc<Blueprints>,
        cached_workflows: usize,
    ) -> (Self, JoinHandle<()>) {
        let (commands, inbox) = mpsc::channel(INBOX);
        let committer = Committer::new(store, blueprints, cached_workflows);
        (Self { commands }, tokio::spawn(committer.run(inbox)))
    }

    /// Begins a workflow. Answers with the states of its tasks, or `None` if it exists already.
    pub(crate) async fn create(
        &self,
        id: WorkflowId,
        creation: Creation,
    ) -> Result<Option<Vec<TaskState>>, Refusal> {
        match self.ask(id, Step::Create(Arc::new(creation))).await? {
            Outcome::Begun(states) => Ok(Some(states)),
            Outcome::Done | Outcome::Claimed(_) => Ok(None),
        }
    }

    /// Ends a workflow, unless it has ended.
    pub(crate) async fn cancel(&self, id: WorkflowId, failure: Failure) -> Result<(), Refusal> {
        self.ask(id, Step::Cancel { failure }).await.map(drop)
    }

    /// Makes the attempt the holder's.
    pub(crate) async fn claim(&self, attempt: AttemptRef, holder: Holder) -> Result<Claim, Refusal> {
        let step = Step::Claim { task: ordinal(attempt), attempt: attempt.attempt, holder };
        match self.ask(attempt.workflow, step).await? {
            Outcome::Claimed(claim) => Ok(claim),
            Outcome::Done | Outcome::Begun(_) => {
                Err(Refusal::Internal("a claim was answered without its attempt".to_owned()))
            }
        }
    }

    /// Records how an attempt ended.
    pub(crate) async fn finish(
        &self,
        attempt: HeldAttempt,
        session: SessionId,
        outcome: Result<Value, Failure>,
        usage: Usage,
    ) -> Result<(), Refusal> {
        let HeldAttempt { workflow, task, attempt } = attempt;
        self.ask(workflow, Step::Finish { task, attempt, session, outcome, usage }).await.map(drop)
    }

    /// Fails an attempt that nobody will end.
    pub(crate) async fn lose(&self, attempt: AttemptRef, failure: Failure) -> Result<(), Refusal> {
        let step = Step::Lose { task: ordinal(attempt), attempt: attempt.attempt, failure };
        self.ask(attempt.workflow, step).await.map(drop)
    }

    /// Gives out again, as a new attempt, what never reached its worker.
    pub(crate) async fn undeliver(&self, attempt: AttemptRef) -> Result<(), Refusal> {
        let step = Step::Undeliver { task: ordinal(attempt), attempt: attempt.attempt };
        self.ask(attempt.workflow, step).await.map(drop)
    }

    /// Has a timer that fired do its work.
    pub(crate) async fn fire(&self, timer: TimerRef) -> Result<(), Refusal> {
        let step = match timer.task {
            Some(_) => Step::Fire { task: task_of(timer), attempt: timer.attempt, kind: timer.kind },
            None if timer.kind == TimerKind::WallTime => Step::RunOutOfTime,
            None => Step::Expire,
        };
        self.ask(timer.workflow, step).await.map(drop)
    }

    /// Has a task begin that got its key.
    pub(crate) async fn grant(&self, task: AttemptRef) -> Result<(), Refusal> {
        let step = Step::Grant { task: ordinal(task), attempt: task.attempt };
        self.ask(task.workflow, step).await.map(drop)
    }

    /// Does what somebody outside asks of a workflow.
    pub(crate) async fn ask_by_hand(&self, id: WorkflowId, wish: Wish) -> Result<(), Refusal> {
        let step = match wish {
            Wish::Pause { reason } => Step::Pause { failure: Failure::new(Failure::PAUSED, reason) },
            Wish::Resume => Step::Resume,
            Wish::Retry { all } => Step::Retry { all },
            Wish::Signal { id, name, payload } => Step::Signal { id, name, payload },
            Wish::Decide { task, verdict } => Step::Decide { task, verdict },
            Wish::Expand { task, attempt, outcome, spent } => {
                let outcome = outcome.map(|blueprint| Planned {
                    digest: blueprint.digest,
                    graph: Arc::clone(&blueprint.graph),
                });
                Step::Expand { task, attempt, outcome, spent }
            }
            Wish::Fund { change } => Step::Fund { change },
            Wish::Extend { next, planning } => Step::Extend { next, planning },
            Wish::NoReplan { number, reason } => Step::NoReplan { number, reason },
            Wish::Skip { task, output, reason } => {
                Step::Skip { task, output, reason: Failure::new(Failure::BY_HAND, reason) }
            }
        };
        self.ask(id, step).await.map(drop)
    }

    async fn ask(&self, workflow: WorkflowId, step: Step) -> Result<Outcome, Refusal> {
        let (reply, answer) = oneshot::channel();
        let command = Command { workflow, step, may_have_passed: false, reply };
        self.commands.send(command).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)?
    }
}

fn ordinal(attempt: AttemptRef) -> usize {
    usize::try_from(attempt.task).unwrap_or(usize::MAX)
}

fn task_of(timer: TimerRef) -> usize {
    timer.task.and_then(|task| usize::try_from(task).ok()).unwrap_or(usize::MAX)
}
