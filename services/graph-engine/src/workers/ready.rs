//! From the list of a capability's ready attempts to the workers that offer it.
//!
//! Taken only with credit, claimed durably, then sent. What was taken beyond the credit goes
//! back to the head of its list, so that the backlog waits in Redis and not in memory.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use futures::future::join_all;
use goalpost_model::{AttemptRef, Failure};
use goalpost_queue::List;
use goalpost_service::line::Line;
use goalpost_service::trace_context::Hop;
use goalpost_store::workflows::Holder;
use tracing::Span;

use crate::SERVICE;
use crate::engine::Claim;
use crate::shared::Shared;
use crate::workers::messages;
use crate::workers::sessions::Place;
use crate::workers::stream::give_out_again;

/// Attempts taken at once at most.
const MAX_BATCH: usize = 512;

/// The capabilities whose lists this engine takes from.
#[derive(Default)]
pub(crate) struct Offered(Mutex<HashSet<String>>);

impl Shared {
    /// Sees to it that the capability's list is taken from while somebody offers it.
    pub(crate) fn serve_capability(&self, capability: String) {
        let mut offered = self.offered.0.lock().unwrap_or_else(PoisonError::into_inner);
        if offered.insert(capability.clone()) {
            self.takers.spawn(take_ready(self.clone(), capability));
        }
    }

    /// A taker of this engine on a list.
    pub(crate) fn line(&self, list: List) -> Line {
        Line::new(&self.queue, self.id.0, list, &self.registration, &self.drain.stop)
    }

    /// True if nobody offers the capability any more; then nobody takes from its list.
    fn is_over(&self, capability: &str) -> bool {
        let mut offered = self.offered.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that a worker that connects now starts the next taker.
        let is_over = !self.sessions.is_offered(capability);
        if is_over {
            offered.remove(capability);
        }
        is_over
    }
}

async fn take_ready(shared: Shared, capability: String) {
    let mut line = shared.line(List::ready(&capability));
    let bell = shared.sessions.credit_bell(&capability);
    while !shared.is_over(&capability) {
        let credit = shared.sessions.credit(&capability);
        if credit == 0 {
            tokio::select! {
                () = bell.notified() => continue,
                () = shared.drain.stop.cancelled() => break,
            }
        }
        let Some(elements) = line.take(credit.min(MAX_BATCH)).await else { break };
        let places = shared.sessions.reserve(&capability, elements.len());
        if places.len() < elements.len() {
            line.keep(places.len()).await;
        }
        join_all(elements.iter().zip(places).map(|(element, place)| deliver(&shared, element, place))).await;
        line.done().await;
    }
}

/// One element of the list to the worker that was chosen for it.
async fn deliver(shared: &Shared, element: &str, place: Place) {
    let attempt = match element.parse::<AttemptRef>() {
        Ok(attempt) => attempt,
        Err(error) => {
            tracing::error!(%error, "a list of ready attempts holds something else");
            return shared.sessions.release(&place);
        }
    };
    let holder = Holder { engine: shared.id, session: place.session, worker: place.worker.clone() };
    match shared.engine.claim(attempt, holder).await {
        Ok(claim) => {
            // Ends when the attempt is sent, not with its result: a span that an engine took with it
            // when it died would be missing between the workflow and its worker.
            let hop = Hop::begin(claim.traceparent.as_deref(), || span(attempt, &claim));
            let heartbeat_ms = claim.timeouts.heartbeat_ms;
            let (held, message) = messages::assignment(attempt, claim, hop.traceparent());
            if let Err(failure) = messages::check_size(&message, &place) {
                shared.sessions.release(&place);
                return fail(shared, attempt, failure).await;
            }
            let watched = (heartbeat_ms > 0).then(|| held.clone());
            if shared.sessions.dispatch(&place, attempt, held, message) {
                if let Some(held) = watched {
                    shared.expect_heartbeats(place.session, held, attempt, heartbeat_ms);
                }
            } else {
                give_out_again(shared, attempt).await;
            }
        }
        Err(refusal) => {
            // A delivery may repeat: the attempt runs, has run, or was cancelled.
            if !refusal.is_late() {
                tracing::error!(%attempt, %refusal, "an attempt could not be claimed");
            }
            shared.sessions.release(&place);
        }
    }
}

/// Fails an attempt that its worker could not take.
async fn fail(shared: &Shared, attempt: AttemptRef, failure: Failure) {
    if let Err(refusal) = shared.engine.lose(attempt, failure).await
        && !refusal.is_late()
    {
        tracing::error!(%attempt, %refusal, "an attempt could not be failed");
    }
}

fn span(attempt: AttemptRef, claim: &Claim) -> Span {
    let Claim { task, capability, .. } = claim;
    let number = attempt.attempt;
    tracing::info_span!("attempt", service.name = SERVICE, workflow = %attempt.workflow, task, number, capability)
}
