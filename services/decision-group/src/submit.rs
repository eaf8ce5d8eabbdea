//! Group commit of submitted goals: those that arrive while a write is on its way go together in
//! the next one.

use goalpost_store::goals::{Inserted, NewGoal, insert};
use goalpost_store::{Error, Store};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

const MAX_BATCH: usize = 256;
/// Goals that wait at most; beyond, callers wait.
const INBOX: usize = 1_024;

type Reply = oneshot::Sender<Result<Inserted, Unavailable>>;

/// The store could not take the goal.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Unavailable {
    /// It is away; trying again later may help.
    #[error("the store cannot be reached")]
    Away,
    /// It refused the goal.
    #[error("the store refused the goal")]
    Refused,
}

/// The way to the writer of goals. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Submitter(mpsc::Sender<(NewGoal, Reply)>);

impl Submitter {
    pub(crate) fn start(store: Store, tasks: &TaskTracker) -> Self {
        let (sender, inbox) = mpsc::channel(INBOX);
        tasks.spawn(write(store, inbox));
        Self(sender)
    }

    /// Stores the goal; durable when this returns.
    pub(crate) async fn submit(&self, goal: NewGoal) -> Result<Inserted, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.0.send((goal, reply)).await.map_err(|_| Unavailable::Away)?;
        answer.await.map_err(|_| Unavailable::Away)?
    }
}

async fn write(store: Store, mut inbox: mpsc::Receiver<(NewGoal, Reply)>) {
    let mut batch = Vec::new();
    while inbox.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let (goals, replies): (Vec<NewGoal>, Vec<Reply>) = batch.drain(..).unzip();
        metrics::histogram!("goalpost_submit_batch_goals").record(goals.len() as f64);
        let outcome = insert(&store, &goals).await;
        if let Ok(inserted) = &outcome {
            metrics::counter!("goalpost_goals_submitted_total").increment(inserted.len() as u64);
        }
        match outcome {
            Ok(inserted) => answer(replies, inserted.into_iter().map(Ok)),
            Err(error) if error.is_unavailable() => {
                answer(replies, std::iter::repeat(Err(Unavailable::Away)))
            }
            // One goal that the store refuses must not take others with it.
            Err(error) if goals.len() > 1 => {
                tracing::error!(
                    error = goalpost_service::describe(&error),
                    "a batch of goals was refused; they go one by one"
                );
                for (goal, reply) in goals.into_iter().zip(replies) {
                    let single = insert(&store, &[goal]).await;
                    answer(vec![reply], [single.map_err(|error| reason(&error)).and_then(first)].into_iter());
                }
            }
            Err(error) => answer(replies, std::iter::repeat(Err(reason(&error)))),
        }
    }
}

fn answer(replies: Vec<Reply>, answers: impl Iterator<Item = Result<Inserted, Unavailable>>) {
    for (reply, answer) in replies.into_iter().zip(answers) {
        // Whoever asked may be gone.
        let _ = reply.send(answer);
    }
}

fn first(inserted: Vec<Inserted>) -> Result<Inserted, Unavailable> {
    inserted.into_iter().next().ok_or(Unavailable::Refused)
}

fn reason(error: &Error) -> Unavailable {
    if error.is_unavailable() {
        return Unavailable::Away;
    }
    tracing::error!(error = goalpost_service::describe(error), "the store refused a goal");
    Unavailable::Refused
}
