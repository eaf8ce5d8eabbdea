//! Lists that carry orders to engines: attempts to stop, attempts to fail, timers that fired, and keys.

use std::fmt::Display;
use std::str::FromStr;

use futures::future::join_all;
use goalpost_model::{AttemptRef, TimerRef};
use goalpost_queue::List;
use goalpost_service::backoff::until_ok;
use goalpost_store::{keys, workflows};

use crate::shared::Shared;
use crate::workers;

/// Orders taken at once at most.
const MAX_BATCH: usize = 512;

/// Tells workers of this engine to stop attempts that were cancelled, or whose time is over.
pub(crate) async fn take_cancellations(shared: Shared) {
    let mut line = shared.line(List::engine(shared.id));
    while let Some(elements) = line.take(MAX_BATCH).await {
        for attempt in named(&elements) {
            shared.sessions.stop_attempt(attempt, "it was cancelled, or its time is over");
        }
        line.done().await;
    }
}

/// Fails attempts of engines that died and whose workers came to no other engine. Not before they
/// had the time to come to this one: it may be the first that is there for them.
pub(crate) async fn take_lost(shared: Shared) {
    tokio::select! {
        () = async { shared.registration.held().await; tokio::time::sleep(shared.worker_grace).await } => {}
        () = shared.drain.stop.cancelled() => return,
    }
    let mut line = shared.line(List::lost());
    while let Some(elements) = line.take(MAX_BATCH).await {
        let named: Vec<AttemptRef> = named(&elements).collect();
        if !shared.settle_lost(&named).await {
            break;
        }
        line.done().await;
    }
}

/// Has timers that fired do their work.
pub(crate) async fn take_timers(shared: Shared) {
    let mut line = shared.line(List::timers());
    while let Some(elements) = line.take(MAX_BATCH).await {
        let fire = |timer: TimerRef| {
            let shared = &shared;
            async move {
                if let Err(refusal) = shared.engine.fire(timer).await
                    && !refusal.is_late()
                {
                    tracing::error!(%timer, %refusal, "a timer could not do its work");
                }
            }
        };
        join_all(named(&elements).map(fire)).await;
        line.done().await;
    }
}

/// Has tasks begin that got their keys.
pub(crate) async fn take_keys(shared: Shared) {
    let mut line = shared.line(List::keys());
    while let Some(elements) = line.take(MAX_BATCH).await {
        let named: Vec<AttemptRef> = named(&elements).collect();
        // A task may have asked again since: then it is not its turn yet.
        let read = || keys::granted_among(&shared.store, &named);
        let Some(granted) = until_ok("PostgreSQL", &shared.drain.stop, read).await else { break };
        join_all(granted.into_iter().map(|task| shared.grant(task))).await;
        line.done().await;
    }
}

impl Shared {
    async fn grant(&self, task: AttemptRef) {
        if let Err(refusal) = self.engine.grant(task).await
            && !refusal.is_late()
        {
            tracing::error!(%task, %refusal, "a task could not take its key");
        }
    }

    /// Fails those of the attempts that are still nobody's. False if the engine stops before
    /// that is done; then the list keeps them.
    async fn settle_lost(&self, named: &[AttemptRef]) -> bool {
        let read = || workflows::orphaned_attempts(&self.store, named);
        let Some(orphaned) = until_ok("PostgreSQL", &self.drain.stop, read).await else { return false };
        workers::lose(self, "of an engine that died", &orphaned).await;
        true
    }
}

fn named<T: FromStr<Err: Display>>(elements: &[String]) -> impl Iterator<Item = T> + '_ {
    elements.iter().filter_map(|element| {
        element
            .parse()
            .inspect_err(|error| tracing::error!(%error, "a list of orders holds something else"))
            .ok()
    })
}
