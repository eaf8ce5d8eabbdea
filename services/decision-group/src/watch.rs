//! A goal's history as a stream, taken over from the persistence service.

use goalpost_proto::v1::{Event, WatchEventsRequest};
use goalpost_service::backoff::Backoff;
use goalpost_service::{status, trace_context};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::Context;

/// How often in a row the upstream may fail before the caller hears of it.
const MAX_FAILURES: u32 = 5;

/// A history that somebody follows.
pub(crate) struct Watch {
    pub(crate) context: Context,
    /// What is still to come.
    pub(crate) wanted: WatchEventsRequest,
    pub(crate) traceparent: Option<String>,
}

impl Watch {
    /// Sends every event until the history is complete. A lost upstream is taken up again after the
    /// last event that was sent.
    pub(crate) async fn follow(
        mut self,
        sender: mpsc::Sender<Result<Event, Status>>,
        stop: CancellationToken,
    ) {
        let mut backoff = Backoff::default();
        let mut failures = 0;
        loop {
            let before = self.wanted.after;
            let outcome = tokio::select! {
                outcome = self.pass_on(&sender) => outcome,
                () = sender.closed() => return,
                () = stop.cancelled() => {
                    let stopping = "the service stops; watch again from the last number";
                    Err(status::with_reason(Code::Unavailable, "UNAVAILABLE", stopping))
                }
            };
            let Err(failed) = outcome else { return };
            if self.wanted.after > before {
                backoff.reset();
                failures = 0;
            }
            failures += 1;
            let may_pass =
                matches!(failed.code(), Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled);
            if !may_pass || failures > MAX_FAILURES || !backoff.pause(&stop).await {
                let _ = sender.send(Err(failed)).await;
                return;
            }
        }
    }

    async fn pass_on(&mut self, sender: &mpsc::Sender<Result<Event, Status>>) -> Result<(), Status> {
        let request = trace_context::request(self.wanted.clone(), self.traceparent.as_deref());
        let mut events = self.context.peers.persistence.clone().watch_events(request).await?.into_inner();
        while let Some(event) = events.message().await? {
            self.wanted.after = event.number;
            if sender.send(Ok(event)).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}
