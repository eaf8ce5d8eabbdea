//! Which workflows use which payloads: noted before what refers to a payload is committed, so that it is never
//! removed from under a workflow.

use std::collections::BTreeSet;

use goalpost_model::{Namespace, PayloadId, PayloadReference, WorkflowId};
use goalpost_service::backoff::until_ok;
use goalpost_service::status;
use goalpost_store::{payloads, workflows};
use serde_json::Value;
use tonic::Status;

use crate::engine::{Creation, Wish};
use crate::shared::Shared;

impl Shared {
    /// Keeps the payloads for the history of the workflow. Answers with those that are not there.
    pub(crate) async fn keep_payloads(
        &self,
        workflow: WorkflowId,
        namespace: Option<&Namespace>,
        ids: &BTreeSet<PayloadId>,
    ) -> Result<Vec<PayloadId>, Status> {
        payloads::keep(&self.store, workflow, namespace, ids).await.map_err(|error| status::store(&error))
    }

    /// Keeps what a workflow begins with.
    pub(crate) async fn keep_payloads_of(&self, id: WorkflowId, creation: &Creation) -> Result<(), Status> {
        let mut ids = PayloadReference::ids_in(creation.goal_input.values());
        ids.extend(&creation.blueprint.payloads);
        let (namespace, _) = creation.lane.parts();
        self.keep_payloads(id, Some(&namespace), &ids).await.map(drop)
    }

    /// Keeps what comes into a workflow by hand. One that is not stored yet uses nothing: it must not turn up between this
    /// and the wish, so then the wish is not for it either.
    pub(crate) async fn keep_payloads_of_wish(&self, id: WorkflowId, wish: &Wish) -> Result<(), Status> {
        let ids = match wish {
            Wish::Signal { payload, .. } => PayloadReference::ids_in([payload]),
            Wish::Skip { output, .. } => PayloadReference::ids_in(output),
            Wish::Expand { outcome: Ok(blueprint), .. } => blueprint.payloads.clone(),
            Wish::Extend { next, .. } => next.payloads.clone(),
            Wish::Expand { .. }
            | Wish::Decide { .. }
            | Wish::Pause { .. }
            | Wish::Fund { .. }
            | Wish::Resume
            | Wish::NoReplan { .. }
            | Wish::Retry { .. } => {
                return Ok(());
            }
        };
        if ids.is_empty() {
            return Ok(());
        }
        let stored = workflows::load_without_tasks(&self.store, id).await;
        if stored.map_err(|error| status::store(&error))?.is_none() {
            return Err(status::not_found("workflow", &id.to_string()));
        }
        self.keep_payloads(id, None, &ids).await.map(drop)
    }

    /// Keeps what an attempt hands on, as soon as the store is there. If the engine stops before, the result
    /// counts for more.
    pub(crate) async fn keep_payloads_of_output(&self, id: WorkflowId, output: &Value) {
        let ids = PayloadReference::ids_in([output]);
        let keep = || payloads::keep(&self.store, id, None, &ids);
        if !ids.is_empty() {
            until_ok("PostgreSQL", &self.drain.stop, keep).await;
        }
    }
}
