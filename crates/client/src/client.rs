//! The client.

use std::time::Duration;

use goalpost_proto::v1::central_decision_group_client::CentralDecisionGroupClient;
use goalpost_proto::v1::{
    CancelGoalRequest, GetGoalRequest, Goal, ListGoalsRequest, ListGoalsResponse, PreviewPlanResponse,
};
use tonic::transport::{Channel, Endpoint};
use tonic::{Response, Status};

use crate::{Error, NewGoal, Watch, retry};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE: Duration = Duration::from_secs(30);
const MAX_MESSAGE_BYTES: usize = 64 << 20;

/// A client of the decision group. Cheap to clone; connects when first used, and again when
/// the connection is lost. What a service refuses for now, because it is overloaded or its stores are
/// away, is called again for ten seconds.
#[derive(Clone, Debug)]
pub struct Client {
    endpoint: String,
    group: CentralDecisionGroupClient<Channel>,
}

impl Client {
    /// A client of the decision group at `endpoint`, for example `http://127.0.0.1:50051`.
    pub fn connect(endpoint: impl Into<String>) -> Result<Self, Error> {
        let endpoint = endpoint.into();
        let address =
            Endpoint::from_shared(endpoint.clone()).map_err(|_| Error::Endpoint(endpoint.clone()))?;
        let channel = address
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEPALIVE)
            .tcp_nodelay(true)
            .connect_lazy();
        let group = CentralDecisionGroupClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
        Ok(Self { endpoint, group })
    }

    /// The generated client, for calls that this one does not have.
    pub fn raw(&self) -> CentralDecisionGroupClient<Channel> {
        self.group.clone()
    }

    /// Submits a goal; it is durable when this returns. A goal without a request_id gets one, so that
    /// a submission that is repeated makes one goal.
    pub async fn submit(&self, goal: NewGoal) -> Result<Goal, Error> {
        let request = goal.into_submit();
        self.call(request, |mut group, request| async move { group.submit_goal(request).await }).await
    }

    /// One goal.
    pub async fn get(&self, id: &str) -> Result<Goal, Error> {
        let request = GetGoalRequest { id: id.to_owned() };
        self.call(request, |mut group, request| async move { group.get_goal(request).await }).await
    }

    /// A page of goals, newest first.
    pub async fn list(&self, request: ListGoalsRequest) -> Result<ListGoalsResponse, Error> {
        self.call(request, |mut group, request| async move { group.list_goals(request).await }).await
    }

    /// Cancels a goal, and answers with it as it is then.
    pub async fn cancel(&self, id: &str, reason: &str) -> Result<Goal, Error> {
        let request = CancelGoalRequest { id: id.to_owned(), reason: reason.to_owned() };
        self.call(request, |mut group, request| async move { group.cancel_goal(request).await }).await
    }

    /// What a submission would run. Stores nothing.
    pub async fn preview(&self, goal: NewGoal) -> Result<PreviewPlanResponse, Error> {
        let request = goal.into_preview();
        self.call(request, |mut group, request| async move { group.preview_plan(request).await }).await
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

    /// Makes a call, and again while the service refuses it for now.
    async fn call<R: Clone, T, F: Future<Output = Result<Response<T>, Status>>>(
        &self,
        request: R,
        call: impl Fn(CentralDecisionGroupClient<Channel>, R) -> F,
    ) -> Result<T, Error> {
        let answer = retry::until_answered(|| call(self.group.clone(), request.clone())).await;
        answer.map_err(|status| self.error(status))
    }

    pub(crate) fn error(&self, status: Status) -> Error {
        Error::of(&self.endpoint, status)
    }
}
