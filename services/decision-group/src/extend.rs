//! What somebody adds to a goal that runs.

use goalpost_model::{Blueprint, Digest, GoalId, Namespace, WorkflowId};
use goalpost_proto::Violations;
use goalpost_proto::v1::ExtendAction;
use goalpost_proto::v1::act_on_workflow_request::Action;
use goalpost_service::status;
use goalpost_store::goals::{self, NewBlueprint};
use goalpost_store::workflows;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::Context;
use crate::by_hand;
use crate::checks::{Checks, Definitions};
use crate::inline::inline;

/// How often others may come first.
pub(crate) const TRIES: usize = 5;

/// An extension of one goal.
pub(crate) struct Extension<'a> {
    pub(crate) context: &'a Context,
    pub(crate) checks: &'a Checks,
    pub(crate) id: GoalId,
    pub(crate) traceparent: Option<String>,
}

impl Extension<'_> {
    /// The blueprint runs inside of the task, which waits for it.
    pub(crate) async fn put_into(&self, task: String, blueprint: Blueprint) -> Result<(), Status> {
        let checked = self
            .checks
            .ask(blueprint, Definitions::Catalog, &self.namespace().await?, self.traceparent())
            .await?;
        self.store(&checked).await?;
        let action = by_hand::expand(task, None, Ok(checked.digest));
        by_hand::act(self.context, self.id, action, self.traceparent()).await
    }

    /// The tasks and edges of `part` are added to what the goal runs.
    pub(crate) async fn join(&self, part: Blueprint) -> Result<(), Status> {
        let part = inline(&self.context.store, part).await.map_err(|error| status::store(&error))?;
        let namespace = self.namespace().await?;
        let mut refusal = None;
        for _ in 0..TRIES {
            let joined = match self.present().await?.joined_with(&part) {
                // It was joined before.
                Ok(None) => return Ok(()),
                Ok(Some(joined)) => joined,
                Err(conflicts) => {
                    let mut violations = Violations::default();
                    conflicts.iter().for_each(|conflict| violations.add("blueprint", conflict.to_string()));
                    return Err(status::invalid_argument(violations));
                }
            };
            let checked = self.checks.ask(joined, Definitions::Own, &namespace, self.traceparent()).await?;
            self.store(&checked).await?;
            let action = Action::Extend(ExtendAction { blueprint_digest: checked.digest.to_string() });
            match by_hand::act(self.context, self.id, action, self.traceparent()).await {
                Err(refused) if runs_another_by_now(&refused) => refusal = Some(refused),
                answer => return answer,
            }
        }
        Err(others_came_first(refusal))
    }

    /// Whose goal it is.
    async fn namespace(&self) -> Result<Namespace, Status> {
        let found = goals::get(&self.context.store, self.id).await.map_err(|error| status::store(&error))?;
        let (goal, _) = found.ok_or_else(|| status::not_found("goal", &self.id.to_string()))?;
        Ok(goal.namespace)
    }

    /// What the goal's workflow runs.
    async fn present(&self) -> Result<Blueprint, Status> {
        let digest = match self.running().await? {
            Some(digest) => digest,
            // Its workflow may have begun a moment ago.
            None => {
                by_hand::has_workflow(self.context, self.id).await?;
                let missing = || status::not_found("workflow", &self.id.to_string());
                self.running().await?.ok_or_else(missing)?
            }
        };
        let found = workflows::blueprint(&self.context.store, digest).await;
        let found = found.map_err(|error| status::store(&error))?;
        found.ok_or_else(|| {
            let message = format!("the blueprint {digest} of the goal is not stored");
            status::with_reason(Code::Internal, "INTERNAL", message)
        })
    }

    /// The digest of what the goal's workflow runs, if it has begun.
    async fn running(&self) -> Result<Option<Digest>, Status> {
        let running = workflows::digests(&self.context.store, &[WorkflowId::from(self.id)], &[]).await;
        Ok(running.map_err(|error| status::store(&error))?.into_values().next())
    }

    async fn store(&self, blueprint: &NewBlueprint) -> Result<(), Status> {
        let stored = workflows::store_blueprint(&self.context.store, blueprint).await;
        stored.map_err(|error| status::store(&error))
    }

    pub(crate) fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }
}

/// Others have changed what the goal runs, again and again.
pub(crate) fn others_came_first(last: Option<Status>) -> Status {
    let message = last.map(|refused| refused.message().to_owned()).unwrap_or_default();
    status::with_reason(Code::Aborted, "EXTENDED_BY_OTHERS", format!("{message}; try again"))
}

/// Somebody else has extended the workflow since it was read.
pub(crate) fn runs_another_by_now(refused: &Status) -> bool {
    refused.get_details_error_info().is_some_and(|info| info.reason == "OTHER_PARENT")
}
