//! Listening on a channel of PostgreSQL.

use futures::stream::{self, StreamExt as _};
use goalpost_store::{Error, Store};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client};

/// A connection that listens on one channel.
pub(crate) struct Notifications {
    payloads: mpsc::UnboundedReceiver<String>,
    // The connection ends with it.
    _client: Client,
}

impl Notifications {
    /// Begins to listen: everything committed after this is heard of.
    pub(crate) async fn listen(store: &Store, channel: &str) -> Result<Self, Error> {
        let (client, mut connection) = store.dedicated().await?;
        let (tell, payloads) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
            while let Some(Ok(message)) = messages.next().await {
                if let AsyncMessage::Notification(notification) = message
                    && tell.send(notification.payload().to_owned()).is_err()
                {
                    break;
                }
            }
        });
        client.batch_execute(&format!("LISTEN {channel}")).await?;
        Ok(Self { payloads, _client: client })
    }

    /// The next payload; `None` once the connection is lost.
    pub(crate) async fn next(&mut self) -> Option<String> {
        self.payloads.recv().await
    }

    /// The next payload, if it has come already.
    pub(crate) fn next_now(&mut self) -> Option<String> {
        self.payloads.try_recv().ok()
    }
}
