//! The one replica that relays and watches.

use std::convert::Infallible;
use std::path::PathBuf;

use goalpost_service::backoff::Backoff;
use goalpost_service::describe;
use goalpost_store::takers::Term;
use tokio_util::sync::CancellationToken;

use crate::config::RetentionArgs;
use crate::{Context, alarm, deaths, relay, retention};

/// What went wrong with relaying or watching; it starts over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Store(#[from] goalpost_store::Error),
    #[error(transparent)]
    Queue(#[from] goalpost_queue::Error),
    #[error("the archive command {} failed; its histories are kept", program.display())]
    Archive { program: PathBuf, source: std::io::Error },
    #[error("the connection that listens to the database is lost")]
    Deaf,
}

pub(crate) struct Active {
    pub(crate) context: Context,
    pub(crate) retention: RetentionArgs,
    pub(crate) stop: CancellationToken,
}

impl Active {
    /// Waits until this replica is the active one, and acts as such; again and again.
    pub(crate) async fn run(&self) {
        let mut backoff = Backoff::default();
        loop {
            let begun = tokio::select! {
                begun = self.context.waits.until(|| Term::begin(&self.context.store)) => begun,
                () = self.stop.cancelled() => return,
            };
            match begun {
                Ok(term) => {
                    backoff.reset();
                    Box::pin(self.act(term)).await;
                }
                Err(error) if backoff.is_fresh() => {
                    tracing::warn!(
                        error = describe(&error),
                        "cannot ask to be the active replica; trying again"
                    );
                }
                Err(_) => {}
            }
            // The session is lost, and perhaps with it those of all takers.
            self.context.engine_grace.extend(self.context.store.noticed_within());
            if !backoff.pause(&self.stop).await {
                return;
            }
        }
    }

    /// From the lock to its loss.
    async fn act(&self, mut term: Term) {
        tracing::info!("this replica relays deliveries");
        let (relaying, watching) = (self.keep(Duty::Relay), self.keep(Duty::WatchTakers));
        let (firing, making_room) = (self.keep(Duty::FireTimers), self.keep(Duty::MakeRoom));
        tokio::select! {
            () = relaying => {}
            () = watching => {}
            () = firing => {}
            () = making_room => {}
            () = term.lost() => tracing::warn!("another replica may relay deliveries now"),
        }
    }

    /// Does its duty until the process stops: after a failure again. Says once that it fails.
    async fn keep(&self, duty: Duty) {
        let mut backoff = Backoff::default();
        loop {
            let Err(error) = tokio::select! {
                outcome = self.perform(duty, &mut backoff) => outcome,
                () = self.stop.cancelled() => return,
            };
            if backoff.is_fresh() {
                tracing::warn!(?duty, error = describe(&error), "interrupted; starting over");
            }
            if !backoff.pause(&self.stop).await {
                return;
            }
        }
    }

    async fn perform(&self, duty: Duty, backoff: &mut Backoff) -> Result<Infallible, Error> {
        match duty {
            Duty::Relay => relay::run(&self.context, backoff).await,
            Duty::WatchTakers => deaths::run(self, backoff).await,
            Duty::MakeRoom => retention::run(&self.context.store, &self.retention, backoff).await,
            Duty::FireTimers => alarm::run(&self.context, backoff).await,
        }
    }
}

/// What the active replica does.
#[derive(Clone, Copy, Debug)]
enum Duty {
    Relay,
    WatchTakers,
    FireTimers,
    MakeRoom,
}
