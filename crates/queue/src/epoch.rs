//! The life of one Redis.

use redis::{AsyncConnectionConfig, PushInfo, PushKind};
use tokio::sync::mpsc;

use crate::{Error, Queue, keys};

/// Names one life of Redis: from a start of the server, or from the loss of its data, to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch(pub(crate) String);

/// Tells when an epoch ends. Redis itself tells (client-side caching of RESP3): nothing asks.
pub struct EpochWatch {
    told: mpsc::UnboundedReceiver<PushInfo>,
    is_over: bool,
    // Closed when the watch is dropped.
    _connection: redis::aio::MultiplexedConnection,
}

impl EpochWatch {
    pub(crate) async fn start(queue: &Queue, epoch: &Epoch) -> Result<Self, Error> {
        let (tell, told) = mpsc::unbounded_channel();
        let config = AsyncConnectionConfig::new().set_push_sender(tell);
        let mut connection = queue.connect(config).await?;
        redis::cmd("CLIENT").arg("TRACKING").arg("ON").exec_async(&mut connection).await?;
        // From this read on Redis tells of the key's next change.
        let now: Option<String> = redis::cmd("GET").arg(keys::EPOCH).query_async(&mut connection).await?;
        Ok(Self { told, is_over: now.as_ref() != Some(&epoch.0), _connection: connection })
    }

    /// Returns when the epoch may be over: its key changed, or the connection is lost.
    pub async fn changed(&mut self) {
        while !self.is_over {
            let told = self.told.recv().await;
            let goes_on =
                told.is_some_and(|told| !matches!(told.kind, PushKind::Invalidate | PushKind::Disconnection));
            self.is_over = !goes_on;
        }
    }
}
