//! Group commit of submitted goals: those that arrive while a write is on its way go together in
//! the next one.

use goalpost_store::goals::{Inserted, NewGoal, insert};
use goalpost_store::{Error, Store};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

const MAX_BATCH: usize = 256;
/// Goals that wait at most; beyond, they are refused at once.
const INBOX: usize = 1_024;

type Reply = oneshot::Sender<Result<Inserted, NotStored>>;

/// Why a goal was not stored.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum NotStored {
    /// The store is away; trying again later may help.
    #[error("the store cannot be reached")]
    Away,
    /// As many goals as may wait for the store do.
    #[error("too many goals wait to be stored; try again")]
    Busy,
    /// The store refused the goal.
    #[error("the store refused the goal")]
    Refused,
}

/// The way to the writer of goals. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Submitter(mpsc::Sender<(NewGoal, Reply)>);

impl Submitter {
    /// Starts the writer. It stores no goal of a namespace that has `max_open` of them open.
    pub(crate) fn start(store: Store, max_open: u32, tasks: &TaskTracker) -> Self {
        let (sender, inbox) = mpsc::channel(INBOX);
        tasks.spawn(write(store, max_open, inbox));
        Self(sender)
    }

    /// Stores the goal; durable when this returns.
    pub(crate) async fn submit(&self, goal: NewGoal) -> Result<Inserted, NotStored> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send((goal, reply)).map_err(|error| match error {
            TrySendError::Full(_) => NotStored::Busy,
            TrySendError::Closed(_) => NotStored::Away,
        })?;
        answer.await.map_err(|_| NotStored::Away)?
    }
}

async fn write(store: Store, max_open: u32, mut inbox: mpsc::Receiver<(NewGoal, Reply)>) {
    let mut batch = Vec::new();
    while inbox.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let (goals, replies): (Vec<NewGoal>, Vec<Reply>) = batch.drain(..).unzip();
        metrics::gauge!("goalpost_submit_waiting").set(inbox.len() as f64);
        metrics::histogram!("goalpost_submit_batch_goals").record(goals.len() as f64);
        let outcome = insert(&store, &goals, max_open).await;
        if let Ok(inserted) = &outcome {
            let new = inserted.iter().filter(|inserted| **inserted == Inserted::New).count();
            metrics::counter!("goalpost_goals_submitted_total").increment(new as u64);
        }
        match outcome {
            Ok(inserted) => answer(replies, inserted.into_iter().map(Ok)),
            Err(error) if error.is_unavailable() => answer(replies, std::iter::repeat(Err(NotStored::Away))),
            // One goal that the store refuses must not take others with it.
            Err(error) if goals.len() > 1 => {
                tracing::error!(
                    error = goalpost_service::describe(&error),
                    "a batch of goals was refused; they go one by one"
                );
                for (goal, reply) in goals.into_iter().zip(replies) {
                    let single = insert(&store, &[goal], max_open).await;
                    answer(vec![reply], [single.map_err(|error| reason(&error)).and_then(first)].into_iter());
                }
            }
            Err(error) => answer(replies, std::iter::repeat(Err(reason(&error)))),
        }
    }
}

fn answer(replies: Vec<Reply>, answers: impl Iterator<Item = Result<Inserted, NotStored>>) {
    for (reply, answer) in replies.into_iter().zip(answers) {
        // Whoever asked may be gone.
        let _ = reply.send(answer);
    }
}

fn first(inserted: Vec<Inserted>) -> Result<Inserted, NotStored> {
    inserted.into_iter().next().ok_or(NotStored::Refused)
}

fn reason(error: &Error) -> NotStored {
    if error.is_unavailable() {
        return NotStored::Away;
    }
    tracing::error!(error = goalpost_service::describe(error), "the store refused a goal");
    NotStored::Refused
}
