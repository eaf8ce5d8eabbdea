//! Following a goal, over lost connections too.

use std::time::{Duration, Instant};

use goalpost_proto::v1::{Event, WatchGoalRequest};
use tonic::Streaming;

use crate::retry::{hint, may_pass};
use crate::{Client, Error};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often in a row a connection may fail before the watch gives up: about half a minute.
const MAX_FAILURES: u32 = 20;
/// A stream that lasted so long was no failure, though nothing happened on it.
const LASTING: Duration = Duration::from_secs(30);

/// The events of a goal, numbered without gaps.
pub struct Watch {
    client: Client,
    id: String,
    after: i64,
    stream: Option<Streaming<Event>>,
    opened: Instant,
    failures: u32,
}

impl Watch {
    pub(crate) fn new(client: Client, id: String, after: i64) -> Self {
        Self { client, id, after, stream: None, opened: Instant::now(), failures: 0 }
    }

    /// The next event; `None` after the goal's last one. A stream that is lost is taken up
    /// again after the last event seen.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            let outcome = match &mut self.stream {
                Some(stream) => stream.message().await,
                None => match self.open().await {
                    Ok(stream) => {
                        (self.stream, self.opened) = (Some(stream), Instant::now());
                        continue;
                    }
                    Err(status) => Err(status),
                },
            };
            match outcome {
                Ok(Some(event)) => {
                    self.after = event.number;
                    self.failures = 0;
                    return Ok(Some(event));
                }
                Ok(None) => return Ok(None),
                Err(status) if may_pass(&status) && self.failures < MAX_FAILURES => {
                    let has_lasted = self.stream.take().is_some() && self.opened.elapsed() > LASTING;
                    self.failures = if has_lasted { 1 } else { self.failures + 1 };
                    let pause = FIRST_PAUSE * 2_u32.saturating_pow(self.failures.min(16));
                    tokio::time::sleep(hint(&status).unwrap_or(pause.min(LONGEST_PAUSE))).await;
                }
                Err(status) => return Err(self.client.error(status)),
            }
        }
    }

    async fn open(&self) -> Result<Streaming<Event>, tonic::Status> {
        let request = WatchGoalRequest { id: self.id.clone(), after: self.after };
        Ok(self.client.raw().watch_goal(request).await?.into_inner())
    }
}
