//! The one replica that relays and watches.

use std::time::Duration;

use goalpost_service::backoff::Backoff;
use goalpost_service::describe;
use goalpost_store::Store;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use crate::{Context, deaths, relay};

/// The lock of the active replica: "relay" in ASCII, negative to be apart from takers' locks.
const ACTIVE_LOCK: i64 = -0x72_656c_6179;

/// What went wrong with relaying or watching; it starts over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Store(#[from] goalpost_store::Error),
    #[error(transparent)]
    Queue(#[from] goalpost_queue::Error),
    #[error("the connection that listens to the database is lost")]
    Deaf,
    #[error("the connection that holds the lock of the active replica is lost")]
    Deposed,
}

pub(crate) struct Active {
    pub(crate) context: Context,
    pub(crate) grace: Duration,
}

impl Active {
    /// Waits until this replica is the active one, and acts as such; again and again.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        let mut backoff = Backoff::default();
        loop {
            let outcome = tokio::select! {
                outcome = self.term(&mut backoff) => outcome,
                () = stop.cancelled() => return,
            };
            if let Err(error) = outcome
                && backoff.is_fresh()
            {
                tracing::warn!(error = describe(&error), "relaying stopped; starting over");
            }
            if !backoff.pause(&stop).await {
                return;
            }
        }
    }

    /// From the lock to the first failure. A standby spends its life in the first line.
    async fn term(&self, backoff: &mut Backoff) -> Result<(), Error> {
        let (_client, lost) = lock(&self.context.store).await?;
        tracing::info!("this replica relays deliveries");
        tokio::select! {
            outcome = relay::run(&self.context, backoff) => outcome,
            outcome = deaths::run(&self.context, self.grace) => outcome,
            () = lost => Err(Error::Deposed),
        }
    }
}

/// The lock's session, and what ends when that session does.
async fn lock(store: &Store) -> Result<(Client, impl Future<Output = ()>), goalpost_store::Error> {
    let (client, connection) = store.dedicated().await?;
    let session = tokio::spawn(connection);
    client.execute("SELECT pg_advisory_lock($1)", &[&ACTIVE_LOCK]).await?;
    let lost = async move {
        let _ = session.await;
    };
    Ok((client, lost))
}
