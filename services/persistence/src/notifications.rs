//! Listening on a channel of PostgreSQL.

use std::time::Instant;

use futures::stream::{self, StreamExt as _};
use goalpost_store::{Error, Store};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client};

/// A notification.
pub(crate) struct Heard {
    pub(crate) payload: String,
    pub(crate) at: Instant,
}

/// A connection that listens on one channel.
pub(crate) struct Notifications {
    heard: mpsc::UnboundedReceiver<Heard>,
    // The connection ends with it.
    _client: Client,
}

impl Notifications {
    /// Begins to listen: everything committed after this is heard of.
    pub(crate) async fn listen(store: &Store, channel: &str) -> Result<Self, Error> {
        let (client, mut connection) = store.dedicated().await?;
        let (tell, heard) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
            while let Some(Ok(message)) = messages.next().await {
                if let AsyncMessage::Notification(notification) = message {
                    let heard = Heard { payload: notification.payload().to_owned(), at: Instant::now() };
                    if tell.send(heard).is_err() {
                        break;
                    }
                }
            }
        });
        client.batch_execute(&format!("LISTEN {channel}")).await?;
        Ok(Self { heard, _client: client })
    }

    /// The next one; `None` once the connection is lost.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }

    /// The next one, if it has come already.
    pub(crate) fn next_now(&mut self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }
}
