//! The `GraphEngine` service.

use std::collections::BTreeSet;
use std::sync::Arc;

use goalpost_checker::CompiledBlueprint;
use goalpost_model::{Blueprint, Digest, Failure, Lane, PayloadId, WorkflowId, limits};
use goalpost_proto::v1::{
    ActOnWorkflowRequest, CancelWorkflowRequest, CreateWorkflowRequest, ExpandAction, ExplainWorkflowRequest,
    Explanation, ExtendAction, GetWorkflowRequest, KeepPayloadsRequest, KeepPayloadsResponse,
    PayloadReference, ReadPayloadRequest, Workflow, WritePayloadRequest, act_on_workflow_request::Action,
    graph_engine_server,
};
use goalpost_proto::{
    Violations, map_from_struct, read_goal_budget, read_namespace, read_planning, read_priority, v1,
};
use goalpost_service::{status, trace_context};
use goalpost_store::workflows;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::engine::{Creation, Problem, Refusal, Wish};
use crate::payloads::{Caller, Parts, Payloads};
use crate::resource;
use crate::shared::Shared;
use crate::wishes;

pub(crate) struct Api {
    pub(crate) shared: Shared,
    pub(crate) payloads: Payloads,
}

#[tonic::async_trait]
impl graph_engine_server::GraphEngine for Api {
    async fn create_workflow(
        &self,
        request: Request<CreateWorkflowRequest>,
    ) -> Result<Response<Workflow>, Status> {
        let traceparent = trace_context::of(&request);
        let CreateWorkflowRequest {
            id,
            blueprint_digest,
            goal,
            input,
            namespace,
            priority,
            budget,
            spent_before,
        } = request.into_inner();
        let mut violations = Violations::within(self.shared.blueprints.payload_limit);
        let id = read_id(&id, &mut violations);
        let digest = read_digest(&blueprint_digest, "blueprint_digest", &mut violations);
        if goal.len() > limits::MAX_GOAL_BYTES || goal.contains('\0') {
            violations.add("goal", "must have at most 4,096 bytes, none of them NUL");
        }
        let goal_input = map_from_struct(input.unwrap_or_default(), "input", &mut violations);
        let namespace = read_namespace(&namespace, "namespace", &mut violations).unwrap_or_default();
        let lane = Lane::new(&namespace, read_priority(priority, "priority", &mut violations));
        let budget = read_goal_budget(budget, "budget", &mut violations);
        let (Some(id), Some(digest), Some(goal_input), true) =
            (id, digest, goal_input, violations.is_empty())
        else {
            return Err(status::invalid_argument(violations));
        };
        let blueprint = self.blueprint(digest).await?;
        let creation = Creation {
            blueprint: Arc::clone(&blueprint),
            goal_text: goal,
            goal_input,
            payload_limit: self.shared.blueprints.payload_limit,
            lane: lane.clone(),
            traceparent,
            budget,
            spent_before: read_planning(spent_before),
        };
        self.shared.keep_payloads_of(id, &creation).await?;
        match self.shared.engine.create(id, creation).await.map_err(refusal_status)? {
            Some(states) => Ok(Response::new(resource::begun(&blueprint, id, &lane, &states))),
            None => self.read_without_tasks(id).await,
        }
    }

    async fn get_workflow(&self, request: Request<GetWorkflowRequest>) -> Result<Response<Workflow>, Status> {
        self.read(valid_id(&request.into_inner().id)?).await
    }

    async fn cancel_workflow(
        &self,
        request: Request<CancelWorkflowRequest>,
    ) -> Result<Response<Workflow>, Status> {
        let CancelWorkflowRequest { id, reason } = request.into_inner();
        let id = valid_id(&id)?;
        if reason.len() > limits::MAX_REASON_BYTES {
            let mut violations = Violations::default();
            violations.add("reason", "must have at most 1,024 bytes");
            return Err(status::invalid_argument(violations));
        }
        let failure = Failure::new(Failure::CANCELLED, reason);
        self.shared.engine.cancel(id, failure).await.map_err(refusal_status)?;
        self.read_without_tasks(id).await
    }

    async fn explain_workflow(
        &self,
        request: Request<ExplainWorkflowRequest>,
    ) -> Result<Response<Explanation>, Status> {
        let id = valid_id(&request.into_inner().id)?;
        Ok(Response::new(self.shared.explain(id).await?))
    }

    async fn keep_payloads(
        &self,
        request: Request<KeepPayloadsRequest>,
    ) -> Result<Response<KeepPayloadsResponse>, Status> {
        let KeepPayloadsRequest { workflow_id, namespace, payload_ids } = request.into_inner();
        let mut violations = Violations::default();
        let workflow = read_id(&workflow_id, &mut violations);
        let namespace = read_namespace(&namespace, "namespace", &mut violations).unwrap_or_default();
        let ids = payload_ids.iter().map(|id| id.parse()).collect::<Result<BTreeSet<PayloadId>, _>>();
        if ids.is_err() {
            violations.add("payload_ids", "must be UUIDs");
        }
        let (Some(workflow), Ok(ids), true) = (workflow, ids, violations.is_empty()) else {
            return Err(status::invalid_argument(violations));
        };
        let missing = self.shared.keep_payloads(workflow, Some(&namespace), &ids).await?;
        let missing_ids = missing.iter().map(ToString::to_string).collect();
        Ok(Response::new(KeepPayloadsResponse { missing_ids }))
    }

    async fn write_payload(
        &self,
        request: Request<Streaming<WritePayloadRequest>>,
    ) -> Result<Response<PayloadReference>, Status> {
        self.payloads.write(Caller::Service, request).await
    }

    type ReadPayloadStream = Parts;

    async fn read_payload(&self, request: Request<ReadPayloadRequest>) -> Result<Response<Parts>, Status> {
        self.payloads.read(Caller::Service, request).await
    }

    async fn act_on_workflow(
        &self,
        request: Request<ActOnWorkflowRequest>,
    ) -> Result<Response<Workflow>, Status> {
        let ActOnWorkflowRequest { id, action } = request.into_inner();
        let mut violations = Violations::within(self.shared.blueprints.payload_limit);
        let id = read_id(&id, &mut violations);
        let wish = match action {
            Some(Action::Expand(expand)) => self.read_expansion(expand, &mut violations).await?,
            Some(Action::Extend(extend)) => self.read_extension(&extend, &mut violations).await?,
            action => wishes::read(action, &mut violations),
        };
        let (Some(id), Some(wish), true) = (id, wish, violations.is_empty()) else {
            return Err(status::invalid_argument(violations));
        };
        self.shared.keep_payloads_of_wish(id, &wish).await?;
        self.shared.engine.ask_by_hand(id, wish).await.map_err(refusal_status)?;
        self.read_without_tasks(id).await
    }
}

impl Api {
    /// The graph that a task waits for, compiled.
    async fn read_expansion(
        &self,
        expand: ExpandAction,
        violations: &mut Violations,
    ) -> Result<Option<Wish>, Status> {
        let ExpandAction { task, blueprint_digest, failure, attempt, spent } = expand;
        let spent = read_planning(spent);
        let Ok(attempt) = attempt.map(u32::try_from).transpose() else {
            violations.add("expand.attempt", "must be an attempt's number, or absent for whichever waits");
            return Ok(None);
        };
        if let Some(failure) = failure {
            let v1::Failure { kind, message } = failure;
            return Ok(Some(Wish::Expand { task, attempt, outcome: Err(Failure { kind, message }), spent }));
        }
        let Some(digest) = read_digest(&blueprint_digest, "expand.blueprint_digest", violations) else {
            return Ok(None);
        };
        Ok(Some(Wish::Expand { task, attempt, outcome: Ok(self.blueprint(digest).await?), spent }))
    }

    /// The blueprint with which the workflow goes on. It has to begin with all of its parent: tasks that run, and what
    /// has ended, are as they were.
    async fn read_extension(
        &self,
        extend: &ExtendAction,
        violations: &mut Violations,
    ) -> Result<Option<Wish>, Status> {
        let field = "extend.blueprint_digest";
        let Some(digest) = read_digest(&extend.blueprint_digest, field, violations) else { return Ok(None) };
        let next = self.stored(digest).await?;
        let Some(parent) = next.parent else {
            violations.add(field, "must be that of a blueprint with a parent");
            return Ok(None);
        };
        if let Some(problem) = next.problem_as_extension_of(&self.stored(parent).await?) {
            violations.add(field, format!("must extend its parent: {problem}"));
            return Ok(None);
        }
        let planning = read_planning(extend.planning);
        Ok(Some(Wish::Extend { next: self.blueprint(digest).await?, planning }))
    }

    async fn blueprint(&self, digest: Digest) -> Result<Arc<CompiledBlueprint>, Status> {
        let shared = &self.shared;
        let found =
            shared.blueprints.get(&shared.store, digest).await.map_err(|error| status::store(&error))?;
        found.map_err(|problem| problem_status(&problem))
    }

    async fn stored(&self, digest: Digest) -> Result<Blueprint, Status> {
        let found = workflows::blueprint(&self.shared.store, digest).await;
        let found = found.map_err(|error| status::store(&error))?;
        found.ok_or_else(|| problem_status(&Problem::NotFound))
    }

    async fn read(&self, id: WorkflowId) -> Result<Response<Workflow>, Status> {
        let shared = &self.shared;
        let mut rows = workflows::load(&shared.store, &[id]).await.map_err(|error| status::store(&error))?;
        let row = rows.pop().ok_or_else(|| status::not_found("workflow", &id.to_string()))?;
        let digest = row.blueprint_digest;
        let found =
            shared.blueprints.get(&shared.store, digest).await.map_err(|error| status::store(&error))?;
        let blueprint = found.map_err(|problem| problem_status(&problem))?;
        Ok(Response::new(resource::workflow(&blueprint, row)))
    }

    /// Who only wants to know that something has happened gets no message of unbounded size.
    async fn read_without_tasks(&self, id: WorkflowId) -> Result<Response<Workflow>, Status> {
        let found = workflows::load_without_tasks(&self.shared.store, id).await;
        let row = found.map_err(|error| status::store(&error))?;
        let row = row.ok_or_else(|| status::not_found("workflow", &id.to_string()))?;
        Ok(Response::new(resource::without_tasks(row)))
    }
}

fn read_id(id: &str, violations: &mut Violations) -> Option<WorkflowId> {
    let read = id.parse().ok();
    if read.is_none() {
        violations.add("id", "must be a UUID");
    }
    read
}

fn valid_id(id: &str) -> Result<WorkflowId, Status> {
    let mut violations = Violations::default();
    read_id(id, &mut violations).ok_or_else(|| status::invalid_argument(violations))
}

fn problem_status(problem: &Problem) -> Status {
    match problem {
        Problem::NotFound => status::with_reason(Code::NotFound, "BLUEPRINT_NOT_FOUND", problem.to_string()),
        Problem::Invalid(_) => {
            status::with_reason(Code::FailedPrecondition, "BLUEPRINT_INVALID", problem.to_string())
        }
    }
}

fn read_digest(text: &str, field: &str, violations: &mut Violations) -> Option<Digest> {
    let digest = text.parse().ok();
    if digest.is_none() {
        violations.add(field, "must be the 64 hexadecimal digits of a stored blueprint");
    }
    digest
}

fn refusal_status(refusal: Refusal) -> Status {
    match refusal {
        Refusal::NotFound(what) => {
            status::with_reason(Code::NotFound, "NOT_FOUND", format!("there is no such {what}"))
        }
        Refusal::Stale(message) => status::with_reason(Code::FailedPrecondition, "STALE", message),
        Refusal::OtherParent(message) => {
            status::with_reason(Code::FailedPrecondition, "OTHER_PARENT", message)
        }
        Refusal::NotApproved(message) => {
            status::with_reason(Code::FailedPrecondition, "NOT_APPROVED", message)
        }
        Refusal::Unavailable => status::unavailable("the store", &refusal),
        Refusal::Internal(message) => status::with_reason(Code::Internal, "INTERNAL", message),
    }
}
