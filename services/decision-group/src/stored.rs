//! What is stored, for calls.

use goalpost_model::{Blueprint, Digest, GoalId, WorkflowId};
use goalpost_service::status;
use goalpost_store::goals::{self, StoredGoal};
use goalpost_store::workflows;
use tonic::{Code, Status};

use crate::Context;

impl Context {
    /// The blueprint of something that is stored.
    pub(crate) async fn blueprint(&self, digest: Digest) -> Result<Blueprint, Status> {
        let found = workflows::blueprint(&self.store, digest).await;
        found.map_err(|error| status::store(&error))?.ok_or_else(|| {
            let message = format!("the blueprint {digest} is not stored");
            status::with_reason(Code::Internal, "INTERNAL", message)
        })
    }

    /// The goal.
    pub(crate) async fn goal(&self, id: GoalId) -> Result<StoredGoal, Status> {
        let found = goals::find(&self.store, id).await.map_err(|error| status::store(&error))?;
        found.ok_or_else(|| status::not_found("goal", &id.to_string()))
    }

    /// The digest of what the goal's workflow runs, if it has begun.
    pub(crate) async fn running(&self, goal: GoalId) -> Result<Option<Digest>, Status> {
        let running = workflows::digests(&self.store, &[WorkflowId::from(goal)], &[]).await;
        Ok(running.map_err(|error| status::store(&error))?.into_values().next())
    }
}
