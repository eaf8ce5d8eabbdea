//! Signs of life of the handlers that run attempts.
//!
//! They are counted in memory by the engine that has the worker's stream, and written nowhere: when the
//! stream moves to another engine, that one counts anew.

use std::collections::HashMap;
use std::time::Duration;

use goalpost_model::{AttemptRef, Digest, Failure, SessionId, WorkflowId};
use goalpost_store::Error;
use goalpost_store::workflows::{self, HeldAttempt};

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
            Err(refusal) if refusal.is_late() => {}
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
        let inside_of: Vec<(WorkflowId, &str)> = adopted
            .iter()
            .flat_map(|(held, _)| owners(&held.task).map(|(owner, _)| (held.workflow, owner)))
            .collect();
        let digests = workflows::digests(&self.store, &ids, &inside_of).await?;
        for (held, attempt) in adopted {
            let Some((digest, name)) = graph_of(&digests, held) else { continue };
            let Ok(blueprint) = self.blueprints.get(&self.store, digest).await? else { continue };
            let task = blueprint.graph.task_at(name);
            let heartbeat_ms = task.map_or(0, |task| task.timeouts.heartbeat_ms);
            self.expect_heartbeats(session, held.clone(), *attempt, heartbeat_ms);
        }
        Ok(())
    }
}

/// The tasks that a task is inside of, the outermost first, with its name inside of each.
fn owners(name: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    name.match_indices('[').filter_map(|(at, _)| Some((&name[..at], name[at..].split_once("].")?.1)))
}

/// The blueprint that says what the task is: the innermost one that came up while its workflow runs, or else the
/// workflow's own; and the task's name there.
fn graph_of<'a>(
    digests: &HashMap<(WorkflowId, String), Digest>,
    held: &'a HeldAttempt,
) -> Option<(Digest, &'a str)> {
    let innermost_first = owners(&held.task).rev().chain([("", held.task.as_str())]);
    innermost_first
        .filter_map(|(owner, name)| Some((*digests.get(&(held.workflow, owner.to_owned()))?, name)))
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_looked_up_in_the_innermost_graph_that_came_up() {
        let workflow = WorkflowId(uuid::Uuid::from_u128(7));
        let held = |task: &str| HeldAttempt { workflow, task: task.to_owned(), attempt: 1 };
        let digest = |place: u8| Digest([place; 32]);
        let came_up = |owner: &str, place: u8| ((workflow, owner.to_owned()), digest(place));
        let digests = HashMap::from([came_up("", 0), came_up("sub", 1), came_up("sub[0].each[12].made", 2)]);
        for (task, place, name) in [
            ("a", 0, "a"),
            ("each[3].a", 0, "each[3].a"),
            ("sub[0].a.undo", 1, "a.undo"),
            ("sub[0].each[12].a", 1, "each[12].a"),
            ("sub[0].each[12].made[0].loop[1].a", 2, "loop[1].a"),
        ] {
            assert_eq!(graph_of(&digests, &held(task)), Some((digest(place), name)), "{task}");
        }
    }
}
