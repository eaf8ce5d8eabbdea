//! Listening on a channel of PostgreSQL.

use futures::stream::{self, StreamExt as _};
use goalpost_store::{Error, Store};
use tokio_postgres::{AsyncMessage, Client};

use crate::hints::{self, Heard, Hints};

/// Notifications that wait to be acted on at most, of up to 8 KB each.
const ROOM: usize = 1_024;

/// A connection that listens on one channel.
pub(crate) struct Notifications {
    hints: Hints,
    // The connection ends with it.
    _client: Client,
}

impl Notifications {
    /// Begins to listen: everything committed after this is heard of.
    pub(crate) async fn listen(store: &Store, channel: &str) -> Result<Self, Error> {
        let (client, mut connection) = store.dedicated().await?;
        let (teller, hints) = hints::line(ROOM);
        tokio::spawn(async move {
            let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
            while let Some(Ok(message)) = messages.next().await {
                if let AsyncMessage::Notification(notification) = message
                    && !teller.tell(notification.payload())
                {
                    break;
                }
            }
        });
        client.batch_execute(&format!("LISTEN {channel}")).await?;
        Ok(Self { hints, _client: client })
    }

    /// The next one; `None` once the connection is lost.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        self.hints.next().await
    }

    /// The next one, if it has come already.
    pub(crate) fn next_now(&mut self) -> Option<Heard> {
        self.hints.next_now()
    }
}
