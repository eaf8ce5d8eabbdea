//! The `Persistence` service.

use std::pin::Pin;

use futures::Stream;
use goalpost_model::WorkflowId;
use goalpost_proto::Violations;
use goalpost_proto::v1::{
    Event, GetStatsRequest, ListEventsRequest, ListEventsResponse, Stats, VerifyRequest, VerifyResponse,
    WatchEventsRequest, persistence_server,
};
use goalpost_service::load::Gate;
use goalpost_service::status;
use goalpost_store::history;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::active::Error;
use crate::follow::Follower;
use crate::verify::verify;
use crate::{Context, resource};

const DEFAULT_PAGE: i64 = 1_000;
const MAX_PAGE: i64 = 10_000;

pub(crate) struct Api {
    pub(crate) context: Context,
    pub(crate) streams: Gate,
    pub(crate) stop: CancellationToken,
}

#[tonic::async_trait]
impl persistence_server::Persistence for Api {
    async fn list_events(
        &self,
        request: Request<ListEventsRequest>,
    ) -> Result<Response<ListEventsResponse>, Status> {
        let ListEventsRequest { workflow_id, after, page_size } = request.into_inner();
        let mut violations = Violations::default();
        let limit = match i64::from(page_size) {
            0 => DEFAULT_PAGE,
            size @ 1..=MAX_PAGE => size,
            _ => {
                violations.add("page_size", "must be 0 to 10,000");
                DEFAULT_PAGE
            }
        };
        let id = read(&workflow_id, after, violations)?;
        let page = history::page(&self.context.store, id, after, limit).await;
        let page = page.map_err(|error| status::store(&error))?;
        let page = page.ok_or_else(|| status::not_found("goal or workflow", &workflow_id))?;
        let events = page.events.into_iter().map(|event| resource::event(id, event)).collect();
        Ok(Response::new(ListEventsResponse { events, last_number: page.last_number }))
    }

    type WatchEventsStream = Pin<Box<dyn Stream<Item = Result<Event, Status>> + Send>>;

    async fn watch_events(
        &self,
        request: Request<WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let WatchEventsRequest { workflow_id, after } = request.into_inner();
        let id = read(&workflow_id, after, Violations::default())?;
        let place = self.streams.enter()?;
        let follower = Follower::begin(&self.context, id, after, self.stop.clone()).await?;
        Ok(Response::new(Box::pin(follower.events(place))))
    }

    async fn get_stats(&self, _: Request<GetStatsRequest>) -> Result<Response<Stats>, Status> {
        let stats = history::stats(&self.context.store).await.map_err(|error| status::store(&error))?;
        let depths = self.context.queue.depths().await;
        let depths = depths.map_err(|error| status::unavailable("Redis", &error))?;
        let depth = |depth: u64| i64::try_from(depth).unwrap_or(i64::MAX);
        let depths = depths.iter().filter(|(_, depth)| depth.elements > 0);
        Ok(Response::new(Stats {
            lists: depths.map(|(list, length)| (list.to_string(), depth(length.elements))).collect(),
            goals: stats.goals,
            workflows: stats.workflows,
            tasks: stats.tasks,
            outbox: stats.outbox,
            instances: stats.instances,
        }))
    }

    async fn verify(&self, request: Request<VerifyRequest>) -> Result<Response<VerifyResponse>, Status> {
        let VerifyRequest { workflow_id, repair } = request.into_inner();
        let only = match workflow_id.as_str() {
            "" => None,
            id => Some(read(id, 0, Violations::default())?),
        };
        let verified = verify(&self.context, only, repair).await.map_err(failed)?;
        let verified = verified.ok_or_else(|| status::not_found("goal or workflow", &workflow_id))?;
        Ok(Response::new(resource::verified(verified)))
    }
}

fn failed(error: Error) -> Status {
    match error {
        Error::Store(error) => status::store(&error),
        other => status::unavailable("Redis", &other),
    }
}

fn read(workflow_id: &str, after: i64, mut violations: Violations) -> Result<WorkflowId, Status> {
    let id = workflow_id.parse();
    if id.is_err() {
        violations.add("workflow_id", "must be the UUID of a goal or workflow");
    }
    if after < 0 {
        violations.add("after", "must be the number of the last event seen, or 0");
    }
    match id {
        Ok(id) if violations.is_empty() => Ok(id),
        _ => Err(status::invalid_argument(violations)),
    }
}
