//! The `CentralDecisionGroup` service.

use std::pin::Pin;
use std::time::Duration;

use goalpost_model::{Amount, GoalId, GoalState, Namespace, PayloadLimit, WorkflowId};
use goalpost_proto::v1::{
    Blueprint, CancelGoalRequest, CancelWorkflowRequest, Event, ExplainGoalRequest, ExplainWorkflowRequest,
    Explanation, ExtendGoalRequest, GetGoalBlueprintRequest, GetGoalRequest, Goal, ListCapabilitiesRequest,
    ListCapabilitiesResponse, ListCatalogRequest, ListCatalogResponse, ListDecisionsRequest,
    ListDecisionsResponse, ListGoalEventsRequest, ListGoalEventsResponse, ListGoalsRequest,
    ListGoalsResponse, ListQueuesRequest, ListQueuesResponse, ListWorkersRequest, ListWorkersResponse,
    PauseGoalRequest, PayloadReference, PreviewPlanRequest, PreviewPlanResponse, ReadPayloadRequest,
    ReplanGoalRequest, ResolveApprovalRequest, ResolveDecisionRequest, ResumeGoalRequest, RetryGoalRequest,
    SetGoalBudgetRequest, SignalGoalRequest, SimulateBlueprintRequest, SimulateBlueprintResponse,
    SkipTaskRequest, SubmitGoalRequest, WatchEventsRequest, WatchGoalRequest, WritePayloadRequest,
    act_on_workflow_request::Action, central_decision_group_server,
};
use goalpost_proto::{Violations, struct_from_map};
use goalpost_service::access::Caller;
use goalpost_service::load::Gate;
use goalpost_service::{status, trace_context};
use goalpost_store::View;
use goalpost_store::goals::{self, Inserted, NewBlueprint};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::access::{Scoped, admit};
use crate::by_hand;
use crate::checks::{Checked, Checks};
use crate::decisions;
use crate::extend::Extension;
use crate::inline::inline;
use crate::operations;
use crate::preview::preview;
use crate::rate::Pace;
use crate::replan::Source;
use crate::requests::{self, Own, Submission, Wanted};
use crate::submit::{NotStored, Submitter};
use crate::watch::Watch;
use crate::{Context, budget, payloads, resource, simulate};

/// Who made a plan that the caller brought along.
pub(crate) const CALLER: &str = "caller";
/// After this a submission may find room again: in the line to the store, among a namespace's goals.
const BUSY_PAUSE: Duration = Duration::from_millis(100);
const FULL_PAUSE: Duration = Duration::from_secs(1);
/// Events on their way to a watcher.
const WATCH_ROOM: usize = 64;

pub(crate) struct Api {
    pub(crate) context: Context,
    pub(crate) submitter: Submitter,
    pub(crate) pace: Pace,
    pub(crate) checks: Checks,
    pub(crate) streams: Gate,
    /// How large inputs may be.
    pub(crate) payload_limit: PayloadLimit,
    pub(crate) stop: CancellationToken,
}

#[tonic::async_trait]
impl central_decision_group_server::CentralDecisionGroup for Api {
    async fn submit_goal(&self, request: Request<SubmitGoalRequest>) -> Result<Response<Goal>, Status> {
        let (request, view) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let submission = requests::submission(request.into_inner(), self.payload_limit)
            .map_err(status::invalid_argument)?;
        self.pace.enter(&submission.namespace)?;
        let checked = match &submission.wanted.blueprint {
            Some(own) => Some(self.own(own, &submission, traceparent.as_deref()).await?),
            None => None,
        };
        let id = GoalId(Uuid::now_v7());
        payloads::keep(&self.context, id, &submission, traceparent.as_deref()).await?;
        let goal = requests::new_goal(id, &submission, traceparent, checked);
        let stored = match self.submitter.submit(goal).await {
            Ok(Inserted::New) => id,
            Ok(Inserted::Repeated(earlier)) => earlier,
            Ok(Inserted::Reused(earlier)) => return Err(reused(earlier)),
            Ok(Inserted::Full) => return Err(full(&submission.namespace)),
            Err(error @ NotStored::Away) => return Err(status::unavailable("the store", &error)),
            Err(error @ NotStored::Busy) => {
                return Err(status::exhausted("SUBMIT_QUEUE_FULL", error.to_string(), BUSY_PAUSE));
            }
            Err(error @ NotStored::Refused) => {
                return Err(status::with_reason(Code::Internal, "INTERNAL", error.to_string()));
            }
        };
        if stored == id {
            return Ok(Response::new(just_submitted(id, submission)));
        }
        self.read(&view, stored).await
    }

    async fn get_goal(&self, request: Request<GetGoalRequest>) -> Result<Response<Goal>, Status> {
        let (request, view) = self.admit(request).await?;
        let id = requests::goal_id(&request.into_inner().id).map_err(status::invalid_argument)?;
        self.read(&view, id).await
    }

    async fn list_goals(
        &self,
        request: Request<ListGoalsRequest>,
    ) -> Result<Response<ListGoalsResponse>, Status> {
        let (request, view) = self.admit(request).await?;
        let page = requests::page(request.into_inner()).map_err(status::invalid_argument)?;
        let found = goals::list(&self.context.store, &view, &page.filter, page.size + 1).await;
        let found = found.map_err(|error| status::store(&error))?;
        let (found, next_page_token) = requests::cut(found, page.size, |goal| goal.id.to_string());
        let goals = found.into_iter().map(resource::goal).collect();
        Ok(Response::new(ListGoalsResponse { goals, next_page_token }))
    }

    type WatchGoalStream = Pin<Box<ReceiverStream<Result<Event, Status>>>>;

    async fn watch_goal(
        &self,
        request: Request<WatchGoalRequest>,
    ) -> Result<Response<Self::WatchGoalStream>, Status> {
        let (request, view) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let WatchGoalRequest { id, after } = request.into_inner();
        let goal = requests::goal_id(&id).map_err(status::invalid_argument)?;
        if after < 0 {
            let mut violations = Violations::default();
            violations.add("after", "must be the number of the last event seen, or 0");
            return Err(status::invalid_argument(violations));
        }
        let place = self.streams.enter()?;
        self.read(&view, goal).await?;
        let (sender, events) = mpsc::channel(WATCH_ROOM);
        let wanted = WatchEventsRequest { workflow_id: id, after };
        let watch = Watch { context: self.context.clone(), wanted, traceparent };
        let following = watch.follow(sender, self.stop.clone());
        tokio::spawn(async move {
            following.await;
            drop(place);
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(events))))
    }

    async fn list_goal_events(
        &self,
        request: Request<ListGoalEventsRequest>,
    ) -> Result<Response<ListGoalEventsResponse>, Status> {
        let (request, _) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        operations::events(&self.context, request.into_inner(), traceparent.as_deref())
            .await
            .map(Response::new)
    }

    async fn get_goal_blueprint(
        &self,
        request: Request<GetGoalBlueprintRequest>,
    ) -> Result<Response<Blueprint>, Status> {
        let (request, _) = self.admit(request).await?;
        let id = requests::goal_id(&request.into_inner().id).map_err(status::invalid_argument)?;
        operations::blueprint(&self.context, id).await.map(Response::new)
    }

    async fn list_workers(
        &self,
        request: Request<ListWorkersRequest>,
    ) -> Result<Response<ListWorkersResponse>, Status> {
        operations::workers(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn list_queues(
        &self,
        request: Request<ListQueuesRequest>,
    ) -> Result<Response<ListQueuesResponse>, Status> {
        operations::queues(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn cancel_goal(&self, request: Request<CancelGoalRequest>) -> Result<Response<Goal>, Status> {
        let (request, view) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let CancelGoalRequest { id, reason } = request.into_inner();
        let id = requests::goal_id(&id).map_err(status::invalid_argument)?;
        requests::reason(&reason).map_err(status::invalid_argument)?;
        let reason = if reason.is_empty() { "cancelled by the caller" } else { &reason };
        let store = &self.context.store;
        let state = goals::request_cancel(store, id, reason).await.map_err(|error| status::store(&error))?;
        if state == Some(GoalState::Running) {
            cancel_workflow(&self.context, id, reason, traceparent.as_deref()).await?;
            goals::settle(store, &[id]).await.map_err(|error| status::store(&error))?;
        }
        self.read(&view, id).await
    }

    async fn pause_goal(&self, request: Request<PauseGoalRequest>) -> Result<Response<Goal>, Status> {
        self.act(request, by_hand::pause).await
    }

    async fn resume_goal(&self, request: Request<ResumeGoalRequest>) -> Result<Response<Goal>, Status> {
        self.act(request, by_hand::resume).await
    }

    async fn set_goal_budget(
        &self,
        request: Request<SetGoalBudgetRequest>,
    ) -> Result<Response<Goal>, Status> {
        let (request, view) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let (id, change) = by_hand::new_limits(request.into_inner()).map_err(status::invalid_argument)?;
        by_hand::set_budget(&self.context, id, change, traceparent.as_deref()).await?;
        self.read(&view, id).await
    }

    async fn retry_goal(&self, request: Request<RetryGoalRequest>) -> Result<Response<Goal>, Status> {
        self.act(request, by_hand::retry).await
    }

    async fn signal_goal(&self, request: Request<SignalGoalRequest>) -> Result<Response<Goal>, Status> {
        self.act(request, by_hand::signal).await
    }

    async fn resolve_approval(
        &self,
        request: Request<ResolveApprovalRequest>,
    ) -> Result<Response<Goal>, Status> {
        self.act(request, by_hand::resolve).await
    }

    async fn list_decisions(
        &self,
        request: Request<ListDecisionsRequest>,
    ) -> Result<Response<ListDecisionsResponse>, Status> {
        let (request, view) = self.admit(request).await?;
        let page = decisions::page(request.into_inner()).map_err(status::invalid_argument)?;
        decisions::list(&self.context, &view, page).await.map(Response::new)
    }

    async fn resolve_decision(
        &self,
        request: Request<ResolveDecisionRequest>,
    ) -> Result<Response<Goal>, Status> {
        let (request, view) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let resolution = decisions::resolution(request.into_inner()).map_err(status::invalid_argument)?;
        decisions::resolve(&self.context, &self.checks, &resolution, traceparent.as_deref()).await?;
        self.read(&view, resolution.goal).await
    }

    async fn skip_task(&self, request: Request<SkipTaskRequest>) -> Result<Response<Goal>, Status> {
        self.act(request, by_hand::skip).await
    }

    async fn explain_goal(
        &self,
        request: Request<ExplainGoalRequest>,
    ) -> Result<Response<Explanation>, Status> {
        let (request, _) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let id = requests::goal_id(&request.into_inner().id).map_err(status::invalid_argument)?;
        let request = ExplainWorkflowRequest { id: WorkflowId::from(id).to_string() };
        let request = trace_context::request(request, traceparent.as_deref());
        let explained = self.context.peers.engine.clone().explain_workflow(request).await?;
        Ok(Response::new(explained.into_inner()))
    }

    async fn extend_goal(&self, request: Request<ExtendGoalRequest>) -> Result<Response<Goal>, Status> {
        let (request, view) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let ExtendGoalRequest { id, task, blueprint } = request.into_inner();
        let (id, blueprint) = by_hand::extension(&id, &task, blueprint).map_err(status::invalid_argument)?;
        let extension = Extension { context: &self.context, checks: &self.checks, id, traceparent };
        if task.is_empty() {
            extension.join(blueprint).await?;
        } else {
            extension.put_into(task, blueprint).await?;
        }
        self.read(&view, id).await
    }

    async fn replan_goal(&self, request: Request<ReplanGoalRequest>) -> Result<Response<Goal>, Status> {
        let (request, view) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let (id, reason, source) = by_hand::replan(request.into_inner()).map_err(status::invalid_argument)?;
        let source = match source {
            Source::Caller(own) => {
                let own = inline(&self.context.store, *own).await.map_err(|error| status::store(&error))?;
                Source::Caller(Box::new(own))
            }
            planned => planned,
        };
        let extension = Extension { context: &self.context, checks: &self.checks, id, traceparent };
        extension.replan(&reason, &source).await?;
        self.read(&view, id).await
    }

    async fn simulate_blueprint(
        &self,
        request: Request<SimulateBlueprintRequest>,
    ) -> Result<Response<SimulateBlueprintResponse>, Status> {
        let (request, _) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let wanted =
            simulate::wanted(request.into_inner(), self.payload_limit).map_err(status::invalid_argument)?;
        simulate::run(&self.context, &self.checks, wanted, traceparent.as_deref()).await.map(Response::new)
    }

    async fn write_payload(
        &self,
        request: Request<Streaming<WritePayloadRequest>>,
    ) -> Result<Response<PayloadReference>, Status> {
        let traceparent = trace_context::of(&request);
        let _place = self.streams.enter()?;
        let caller = Caller::of(&request)?;
        let stored = payloads::write(&self.context, caller, request.into_inner(), traceparent).await?;
        Ok(Response::new(stored))
    }

    type ReadPayloadStream = Pin<Box<payloads::Parts>>;

    async fn read_payload(
        &self,
        request: Request<ReadPayloadRequest>,
    ) -> Result<Response<Self::ReadPayloadStream>, Status> {
        let (request, _) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let place = self.streams.enter()?;
        let parts =
            payloads::read(&self.context, request.into_inner(), traceparent.as_deref(), place).await?;
        Ok(Response::new(Box::pin(parts)))
    }

    async fn preview_plan(
        &self,
        request: Request<PreviewPlanRequest>,
    ) -> Result<Response<PreviewPlanResponse>, Status> {
        let (request, _) = self.admit(request).await?;
        preview(&self.context, &self.checks, request, self.payload_limit).await.map(Response::new)
    }

    async fn list_catalog(
        &self,
        request: Request<ListCatalogRequest>,
    ) -> Result<Response<ListCatalogResponse>, Status> {
        let (request, view) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let ListCatalogRequest { page_size, page_token } = request.into_inner();
        let request = ListCapabilitiesRequest { page_size, page_token };
        let mut planner = self.context.peers.planner.clone();
        let answer =
            planner.list_capabilities(trace_context::request(request, traceparent.as_deref())).await?;
        let ListCapabilitiesResponse { capabilities, next_page_token, facts, catalog_version, mut methods } =
            answer.into_inner();
        let is_theirs = |namespaces: &[String]| {
            namespaces.is_empty() || namespaces.iter().any(|namespace| view.shows(namespace))
        };
        let shown = capabilities.into_iter().zip(facts).filter(|(_, facts)| is_theirs(&facts.namespaces));
        let (capabilities, facts) = shown.unzip();
        methods.retain(|method| is_theirs(&method.namespaces));
        let page = ListCatalogResponse { capabilities, next_page_token, facts, catalog_version, methods };
        Ok(Response::new(page))
    }
}

impl Api {
    /// The request, if its caller may make it for what it is about, and what the caller may see.
    async fn admit<M: Scoped>(&self, request: Request<M>) -> Result<(Request<M>, View), Status> {
        admit(&self.context.store, request).await
    }

    /// Asks something of the goal's workflow; `read` says what.
    async fn act<M: Scoped>(
        &self,
        request: Request<M>,
        read: impl FnOnce(M) -> Result<(GoalId, Action), Violations>,
    ) -> Result<Response<Goal>, Status> {
        let (request, view) = self.admit(request).await?;
        let traceparent = trace_context::of(&request);
        let (id, action) = read(request.into_inner()).map_err(status::invalid_argument)?;
        by_hand::act(&self.context, id, action, traceparent.as_deref()).await?;
        self.read(&view, id).await
    }

    /// The caller's own blueprint, checked; it has to come to its end within the goal's budget, if all goes well.
    async fn own(
        &self,
        own: &Own,
        submission: &Submission,
        traceparent: Option<&str>,
    ) -> Result<NewBlueprint, Status> {
        let Checked { blueprint, estimate, worst_case: _ } =
            self.checks.checked(own, &submission.namespace, traceparent).await?;
        match budget::too_small(submission.budget, estimate, Amount::default()) {
            Some(too_small) => Err(status::invalid_argument(too_small.into())),
            None => Ok(blueprint),
        }
    }

    async fn read(&self, view: &View, id: GoalId) -> Result<Response<Goal>, Status> {
        let found = goals::get(&self.context.store, view, id).await.map_err(|error| status::store(&error))?;
        let found = found.ok_or_else(|| status::not_found("goal", &id.to_string()))?;
        Ok(Response::new(resource::found(found)))
    }
}

/// Ends the goal's workflow. One that was not begun yet is ended by whoever begins it.
pub(crate) async fn cancel_workflow(
    context: &Context,
    id: GoalId,
    reason: &str,
    traceparent: Option<&str>,
) -> Result<(), Status> {
    let request = CancelWorkflowRequest { id: WorkflowId::from(id).to_string(), reason: reason.to_owned() };
    let request = trace_context::request(request, traceparent);
    match context.peers.engine.clone().cancel_workflow(request).await {
        Err(status) if status.code() != Code::NotFound => Err(status),
        _ => Ok(()),
    }
}

/// The answer to a submission, without another look at the store.
fn just_submitted(id: GoalId, submission: Submission) -> Goal {
    let Submission { wanted, request_id, namespace, priority, policy: _, budget } = submission;
    let Wanted { goal, goal_type, blueprint: _, input } = wanted;
    Goal {
        id: id.to_string(),
        goal,
        goal_type,
        input: Some(struct_from_map(&input)),
        state: goalpost_proto::goal_state(GoalState::Submitted).into(),
        request_id: request_id.unwrap_or_default(),
        created_at: Some(goalpost_proto::now()),
        namespace: namespace.to_string(),
        priority: goalpost_proto::priority(priority).into(),
        budget: resource::shown(budget),
        ..Goal::default()
    }
}

fn full(namespace: &Namespace) -> Status {
    let message = format!("namespace {namespace} has as many open goals as it may have; try again");
    status::exhausted("TOO_MANY_OPEN_GOALS", message, FULL_PAUSE)
}

fn reused(earlier: GoalId) -> Status {
    let message =
        format!("the request_id was used for another goal, {earlier}; use a fresh one for each goal");
    status::with_reason(Code::AlreadyExists, "REQUEST_ID_REUSED", message)
}
