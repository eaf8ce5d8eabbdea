//! Noticing that Redis goes away, without asking it.

use redis::{AsyncConnectionConfig, PushInfo, PushKind};
use tokio::sync::mpsc;

use crate::{Error, Queue};

/// An idle connection that tells when Redis goes away.
pub struct Link {
    told: mpsc::UnboundedReceiver<PushInfo>,
    // Closed when the link is dropped.
    _connection: redis::aio::MultiplexedConnection,
}

impl Link {
    pub(crate) async fn open(queue: &Queue) -> Result<Self, Error> {
        let (tell, told) = mpsc::unbounded_channel();
        let mut connection = queue.connect(AsyncConnectionConfig::new().set_push_sender(tell)).await?;
        // One that still loads its data is not there yet.
        redis::cmd("PING").exec_async(&mut connection).await?;
        Ok(Self { told, _connection: connection })
    }

    /// Returns when the connection is lost.
    pub async fn lost(&mut self) {
        while self.told.recv().await.is_some_and(|told| told.kind != PushKind::Disconnection) {}
    }
}
