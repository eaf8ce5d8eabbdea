//! The client.

use std::time::Duration;

use goalpost_peers::{Addresses, Channel, Credentials, InvalidAddress};
use goalpost_proto::v1::access_control_client::AccessControlClient;
use goalpost_proto::v1::central_decision_group_client::CentralDecisionGroupClient;
use goalpost_proto::v1::{
    ApiKey, Blueprint, Caller, CancelGoalRequest, CreateApiKeyRequest, CreateApiKeyResponse,
    ExplainGoalRequest, Explanation, ExtendGoalRequest, GetCallerRequest, GetGoalBlueprintRequest,
    GetGoalRequest, Goal, GoalBudget, ListApiKeysRequest, ListApiKeysResponse, ListCatalogRequest,
    ListCatalogResponse, ListDecisionsRequest, ListDecisionsResponse, ListGoalEventsRequest,
    ListGoalEventsResponse, ListGoalsRequest, ListGoalsResponse, ListQueuesRequest, ListQueuesResponse,
    ListWorkersRequest, ListWorkersResponse, PauseGoalRequest, PreviewPlanRequest, PreviewPlanResponse,
    ReplanGoalRequest, ResolveApprovalRequest, ResolveDecisionRequest, ResumeGoalRequest, RetryGoalRequest,
    RevokeApiKeyRequest, SetGoalBudgetRequest, SignalGoalRequest, SimulateBlueprintRequest,
    SimulateBlueprintResponse, SkipTaskRequest, SubmitGoalRequest,
};

use tonic::{Response, Status};
use uuid::Uuid;

use crate::{Error, NewGoal, Watch, retry};

/// How long calls are repeated: longer than another replica needs to take over.
const PATIENCE: Duration = Duration::from_secs(10);
const MAX_MESSAGE_BYTES: usize = 64 << 20;

/// A client of the decision group. Cheap to clone; connects when first used, and again when
/// the connection is lost.
#[derive(Clone, Debug)]
pub struct Client {
    endpoint: String,
    pub(crate) patience: Duration,
    group: CentralDecisionGroupClient<Channel>,
    access: AccessControlClient<Channel>,
}

impl Client {
    /// A client of the decision group at `endpoint`, for example `http://127.0.0.1:50051`, or of several
    /// replicas with commas between them: it stays with one until that one is lost.
    pub fn connect(endpoint: impl Into<String>) -> Result<Self, Error> {
        Self::connect_with(endpoint, &Credentials::default())
    }

    /// The same with a key that each call shows, or with certificates.
    pub fn connect_with(endpoint: impl Into<String>, credentials: &Credentials) -> Result<Self, Error> {
        let endpoint = endpoint.into();
        let addresses = endpoint.parse::<Addresses>();
        let addresses = addresses.map_err(|InvalidAddress(text)| Error::Endpoint(text))?;
        let channel = Channel::new(&addresses, credentials);
        let access = AccessControlClient::new(channel.clone());
        let group = CentralDecisionGroupClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
        Ok(Self { endpoint, patience: PATIENCE, group, access })
    }

    /// For how long a call is repeated while the service is not available, goes away under it, or has too
    /// much to do; by default 10 s, zero: not at all.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The generated client, for calls that this one does not have.
    pub fn raw(&self) -> CentralDecisionGroupClient<Channel> {
        self.group.clone()
    }

    /// Submits a goal; it is durable when this returns. A goal without a request_id gets one, so that
    /// a submission that is repeated makes one goal.
    pub async fn submit(&self, goal: NewGoal) -> Result<Goal, Error> {
        let request: SubmitGoalRequest = goal.into_submit();
        self.repeat(request, |mut group, request| async move { group.submit_goal(request).await }).await
    }

    /// One goal.
    pub async fn get(&self, id: &str) -> Result<Goal, Error> {
        let request = GetGoalRequest { id: id.to_owned() };
        self.repeat(request, |mut group, request| async move { group.get_goal(request).await }).await
    }

    /// A page of goals, newest first.
    pub async fn list(&self, request: ListGoalsRequest) -> Result<ListGoalsResponse, Error> {
        self.repeat(request, |mut group, request| async move { group.list_goals(request).await }).await
    }

    /// A page of a goal's history, as far as it is now.
    pub async fn list_events(&self, request: ListGoalEventsRequest) -> Result<ListGoalEventsResponse, Error> {
        self.repeat(request, |mut group, request| async move { group.list_goal_events(request).await }).await
    }

    /// The blueprint that a goal runs.
    pub async fn blueprint(&self, id: &str) -> Result<Blueprint, Error> {
        let request = GetGoalBlueprintRequest { id: id.to_owned() };
        self.repeat(request, |mut group, request| async move { group.get_goal_blueprint(request).await })
            .await
    }

    /// A page of the workers of all engines.
    pub async fn list_workers(&self, request: ListWorkersRequest) -> Result<ListWorkersResponse, Error> {
        self.repeat(request, |mut group, request| async move { group.list_workers(request).await }).await
    }

    /// A page of the delivery lists, and what waits on them.
    pub async fn list_queues(&self, request: ListQueuesRequest) -> Result<ListQueuesResponse, Error> {
        self.repeat(request, |mut group, request| async move { group.list_queues(request).await }).await
    }

    /// Makes an API key. Not repeated: an answer that is lost is a key that nobody has.
    pub async fn create_api_key(&self, request: CreateApiKeyRequest) -> Result<CreateApiKeyResponse, Error> {
        self.answered(self.access.clone().create_api_key(request).await)
    }

    /// A page of API keys, oldest first.
    pub async fn list_api_keys(&self, request: ListApiKeysRequest) -> Result<ListApiKeysResponse, Error> {
        self.answered(self.access.clone().list_api_keys(request).await)
    }

    /// From now on the key opens nothing.
    pub async fn revoke_api_key(&self, request: RevokeApiKeyRequest) -> Result<ApiKey, Error> {
        self.answered(self.access.clone().revoke_api_key(request).await)
    }

    /// Who calls, as the system sees it.
    pub async fn caller(&self) -> Result<Caller, Error> {
        self.answered(self.access.clone().get_caller(GetCallerRequest {}).await)
    }

    /// Cancels a goal, and answers with it as it is then.
    pub async fn cancel(&self, id: &str, reason: &str) -> Result<Goal, Error> {
        let request = CancelGoalRequest { id: id.to_owned(), reason: reason.to_owned() };
        self.repeat(request, |mut group, request| async move { group.cancel_goal(request).await }).await
    }

    /// Gives nothing new of a goal to workers, until it is resumed.
    pub async fn pause(&self, id: &str, reason: &str) -> Result<Goal, Error> {
        let request = PauseGoalRequest { id: id.to_owned(), reason: reason.to_owned() };
        self.repeat(request, |mut group, request| async move { group.pause_goal(request).await }).await
    }

    /// Goes on with a paused goal.
    pub async fn resume(&self, id: &str) -> Result<Goal, Error> {
        let request = ResumeGoalRequest { id: id.to_owned() };
        self.repeat(request, |mut group, request| async move { group.resume_goal(request).await }).await
    }

    /// Gives a goal other limits; what is absent stays as it is.
    pub async fn set_budget(&self, id: &str, budget: GoalBudget) -> Result<Goal, Error> {
        let request = SetGoalBudgetRequest { id: id.to_owned(), budget: Some(budget) };
        self.repeat(request, |mut group, request| async move { group.set_goal_budget(request).await }).await
    }

    /// Opens a goal again that has failed or was cancelled: with what stopped it, or with all of it.
    pub async fn retry(&self, id: &str, all: bool) -> Result<Goal, Error> {
        let request = RetryGoalRequest { id: id.to_owned(), all };
        self.repeat(request, |mut group, request| async move { group.retry_goal(request).await }).await
    }

    /// Sends a signal. Without a `signal_id` it gets one, so that a repetition is none.
    pub async fn signal(&self, mut request: SignalGoalRequest) -> Result<Goal, Error> {
        if request.signal_id.is_empty() {
            request.signal_id = Uuid::now_v7().to_string();
        }
        self.repeat(request, |mut group, request| async move { group.signal_goal(request).await }).await
    }

    /// Approves or rejects what a task waits to have approved.
    pub async fn resolve_approval(&self, request: ResolveApprovalRequest) -> Result<Goal, Error> {
        self.repeat(request, |mut group, request| async move { group.resolve_approval(request).await }).await
    }

    /// The approvals that policies want of plans.
    pub async fn list_decisions(
        &self,
        request: ListDecisionsRequest,
    ) -> Result<ListDecisionsResponse, Error> {
        self.repeat(request, |mut group, request| async move { group.list_decisions(request).await }).await
    }

    /// Approves or rejects a plan, or puts another one in its place.
    pub async fn resolve_decision(&self, request: ResolveDecisionRequest) -> Result<Goal, Error> {
        self.repeat(request, |mut group, request| async move { group.resolve_decision(request).await }).await
    }

    /// Why each task of a goal that has not ended, or was skipped, does not run.
    pub async fn explain(&self, id: &str) -> Result<Explanation, Error> {
        let request = ExplainGoalRequest { id: id.to_owned() };
        self.repeat(request, |mut group, request| async move { group.explain_goal(request).await }).await
    }

    /// Brings the graph that a task waits for.
    pub async fn extend(&self, request: ExtendGoalRequest) -> Result<Goal, Error> {
        self.repeat(request, |mut group, request| async move { group.extend_goal(request).await }).await
    }

    /// Gives a goal that runs another plan: the planner's, or the one in the request.
    pub async fn replan(&self, request: ReplanGoalRequest) -> Result<Goal, Error> {
        self.repeat(request, |mut group, request| async move { group.replan_goal(request).await }).await
    }

    /// What would happen with another blueprint, or other outcomes. Runs nothing.
    pub async fn simulate(
        &self,
        request: SimulateBlueprintRequest,
    ) -> Result<SimulateBlueprintResponse, Error> {
        let call = |mut group: CentralDecisionGroupClient<Channel>, request| async move {
            group.simulate_blueprint(request).await
        };
        self.repeat(request, call).await
    }

    /// Ends a task in the place of whoever should have.
    pub async fn skip_task(&self, request: SkipTaskRequest) -> Result<Goal, Error> {
        self.repeat(request, |mut group, request| async move { group.skip_task(request).await }).await
    }

    /// What a submission would run. Stores nothing.
    pub async fn preview(&self, goal: NewGoal) -> Result<PreviewPlanResponse, Error> {
        let request: PreviewPlanRequest = goal.into_preview();
        self.repeat(request, |mut group, request| async move { group.preview_plan(request).await }).await
    }

    /// A page of what the planner's catalog can do.
    pub async fn list_catalog(&self, request: ListCatalogRequest) -> Result<ListCatalogResponse, Error> {
        self.repeat(request, |mut group, request| async move { group.list_catalog(request).await }).await
    }

    /// Every event of the goal with a greater number than `after`, to its end.
    pub fn watch(&self, id: &str, after: i64) -> Watch {
        Watch::new(self.clone(), id.to_owned(), after)
    }

    /// Waits until the goal has ended, and answers with it.
    pub async fn wait(&self, id: &str) -> Result<Goal, Error> {
        let mut watch = self.watch(id, 0);
        while watch.next().await?.is_some() {}
        self.get(id).await
    }

    pub(crate) async fn repeat<Q: Clone, A, F: Future<Output = Result<Response<A>, Status>>>(
        &self,
        request: Q,
        call: impl Fn(CentralDecisionGroupClient<Channel>, Q) -> F,
    ) -> Result<A, Error> {
        let call = || call(self.raw(), request.clone());
        retry::until_answered(self.patience, call).await.map_err(|status| self.error(status))
    }

    fn answered<A>(&self, answer: Result<Response<A>, Status>) -> Result<A, Error> {
        answer.map(Response::into_inner).map_err(|status| self.error(status))
    }

    pub(crate) fn error(&self, status: Status) -> Error {
        Error::of(&self.endpoint, status)
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_may_be_made_from_spawned_tasks() {
        let client =
            Client::connect("http://127.0.0.1:1,http://127.0.0.1:2").unwrap().patience(Duration::ZERO);
        let calls = tokio::spawn(async move {
            let submitted = client.submit(NewGoal::text("Bake a cake").request_id("cake")).await;
            [submitted.unwrap_err().code(), client.get("cake").await.unwrap_err().code()]
        });
        assert_eq!(calls.await.unwrap(), [Some(tonic::Code::Unavailable); 2]);
    }
}
