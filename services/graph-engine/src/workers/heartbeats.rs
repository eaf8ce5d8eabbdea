//! Signs of life of the handlers that run attempts.
//!
//! They are counted in memory by the engine that has the worker's stream, and written nowhere: when the
//! stream moves to another engine, that one counts anew.

use std::collections::HashMap;
use std::time::Duration;

use goalpost_model::{AttemptRef, Digest, Failure, SessionId, WorkflowId};
use goalpost_store::Error;
use goalpost_store::workflows::{self, HeldAttempt};

use crate::engine::Refusal;
use crate::shared::Shared;

impl Shared {
    /// Fails the attempt if its handler is silent for longer than it may be, for as long as the session
    /// has its stream here.
    pub(crate) fn expect_heartbeats(
        &self,
        session: SessionId,
        held: HeldAttempt,
        attempt: AttemptRef,
        heartbeat_ms: u64,
    ) {
        if heartbeat_ms == 0 {
            return;
        }
        let shared = self.clone();
        self.streams.spawn(async move {
            let patience = Duration::from_millis(heartbeat_ms);
            let silent = async {
                while let Some(silence) = shared.sessions.silence(session, &held) {
                    if silence >= patience {
                        return true;
                    }
                    tokio::time::sleep(patience - silence).await;
                }
                false
            };
            if shared.drain.cut.run_until_cancelled(silent).await == Some(true) {
                shared.give_up_silent(attempt, heartbeat_ms).await;
            }
        });
    }

    async fn give_up_silent(&self, attempt: AttemptRef, heartbeat_ms: u64) {
        let message = format!("the handler gave no sign of life for {heartbeat_ms} ms");
        let failure = Failure::new(Failure::HEARTBEAT_TIMEOUT, message);
        match self.engine.lose(attempt, failure).await {
            Ok(()) => self.sessions.stop_attempt(attempt, "it gave no sign of life"),
            Err(Refusal::Stale(_) | Refusal::NotFound(_)) => {}
            Err(refusal) => tracing::error!(%attempt, %refusal, "a silent attempt could not be failed"),
        }
    }

    /// The same for attempts that come along with a worker.
    pub(crate) async fn expect_heartbeats_of(
        &self,
        session: SessionId,
        adopted: &[(HeldAttempt, AttemptRef)],
    ) -> Result<(), Error> {
        if adopted.is_empty() {
            return Ok(());
        }
        let ids: Vec<WorkflowId> = adopted.iter().map(|(_, attempt)| attempt.workflow).collect();
        let digests: HashMap<WorkflowId, Digest> = workflows::digests(&self.store, &ids).await?;
        for (held, attempt) in adopted {
            let Some(digest) = digests.get(&attempt.workflow) else { continue };
            let Ok(blueprint) = self.blueprints.get(&self.store, *digest).await? else { continue };
            let task = blueprint.graph.task_at(&held.task);
            let heartbeat_ms = task.map_or(0, |task| task.timeouts.heartbeat_ms);
            self.expect_heartbeats(session, held.clone(), *attempt, heartbeat_ms);
        }
        Ok(())
    }
}
