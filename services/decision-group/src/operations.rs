//! What operators look at: histories, blueprints, workers and queues.

use std::collections::HashMap;

use goalpost_model::{AttemptRef, GoalId, WorkflowId};
use goalpost_proto::v1::{
    Blueprint, ConnectedWorker, ListEventsRequest, ListEventsResponse, ListGoalEventsRequest,
    ListGoalEventsResponse, ListQueuesRequest, ListQueuesResponse, ListWorkersRequest, ListWorkersResponse,
    Queue, QueueLane, WorkerState,
};
use goalpost_proto::{Violations, blueprint_from_model, priority, timestamp};
use goalpost_queue::{LaneDepth, List};
use goalpost_service::{status, trace_context};
use goalpost_store::takers::{Presence, StoredWorker};
use goalpost_store::{goals, history, takers, workflows};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{Context, requests};

/// Events of one page at most.
const MAX_EVENTS: i32 = 10_000;

/// A page of a goal's history.
pub(crate) async fn events(
    context: &Context,
    request: ListGoalEventsRequest,
    traceparent: Option<&str>,
) -> Result<ListGoalEventsResponse, Status> {
    let ListGoalEventsRequest { id, after, page_size } = request;
    let mut violations = Violations::default();
    if after < 0 {
        violations.add("after", "must be the number of the last event seen, or 0");
    }
    if !(0..=MAX_EVENTS).contains(&page_size) {
        violations.add("page_size", "must be 0 to 10,000");
    }
    let Ok(goal) = id.parse::<GoalId>() else {
        violations.add("id", "must be the UUID of a goal");
        return Err(status::invalid_argument(violations));
    };
    violations.or(()).map_err(status::invalid_argument)?;
    found(context, goal).await?;
    let request = ListEventsRequest { workflow_id: WorkflowId::from(goal).to_string(), after, page_size };
    let request = trace_context::request(request, traceparent);
    let page = context.peers.persistence.clone().list_events(request).await?.into_inner();
    let ListEventsResponse { events, last_number } = page;
    Ok(ListGoalEventsResponse { events, last_number })
}

/// The blueprint that a goal runs.
pub(crate) async fn blueprint(context: &Context, goal: GoalId) -> Result<Blueprint, Status> {
    let none = |why: &str| status::with_reason(Code::NotFound, "NO_BLUEPRINT", format!("goal {goal} {why}"));
    let digest = found(context, goal).await?.blueprint_digest;
    let digest = digest.ok_or_else(|| none("has no plan yet"))?;
    let stored = workflows::blueprint(&context.store, digest).await.map_err(|error| status::store(&error))?;
    let stored = stored.ok_or_else(|| none("ran a blueprint that is not kept any more"))?;
    Ok(blueprint_from_model(&stored))
}

async fn found(context: &Context, goal: GoalId) -> Result<goals::StoredGoal, Status> {
    let found = goals::find(&context.store, goal).await.map_err(|error| status::store(&error))?;
    found.ok_or_else(|| status::not_found("goal", &goal.to_string()))
}

/// A page of the workers of all engines.
pub(crate) async fn workers(
    context: &Context,
    request: ListWorkersRequest,
) -> Result<ListWorkersResponse, Status> {
    let ListWorkersRequest { page_size, page_token, capability } = request;
    let mut violations = Violations::default();
    let size = requests::page_size(page_size, &mut violations);
    let after: Option<Uuid> = requests::page_start(&page_token, &mut violations);
    violations.or(()).map_err(status::invalid_argument)?;
    let mut found = takers::workers(&context.store).await.map_err(|error| status::store(&error))?;
    found.retain(|worker| {
        Some(worker.told.session) > after
            && (capability.is_empty() || worker.told.capabilities.contains(&capability))
    });
    let (found, next_page_token) = requests::cut(found, size, |worker| worker.told.session.to_string());
    Ok(ListWorkersResponse { workers: found.into_iter().map(worker).collect(), next_page_token })
}

fn worker(stored: StoredWorker) -> ConnectedWorker {
    let StoredWorker { told, engine, in_flight } = stored;
    let state = match told.presence {
        Presence::Connected => WorkerState::Connected,
        Presence::Away => WorkerState::Away,
        Presence::Draining => WorkerState::Draining,
    };
    ConnectedWorker {
        session_id: told.session.to_string(),
        name: told.name,
        state: state.into(),
        capabilities: told.capabilities,
        max_concurrency: i32::try_from(told.max_concurrency).unwrap_or(i32::MAX),
        in_flight: i32::try_from(in_flight).unwrap_or(i32::MAX),
        engine_id: engine.to_string(),
        connected_at: Some(timestamp(told.since)),
    }
}

/// A page of the delivery lists.
pub(crate) async fn queues(
    context: &Context,
    request: ListQueuesRequest,
) -> Result<ListQueuesResponse, Status> {
    let ListQueuesRequest { page_size, page_token } = request;
    let mut violations = Violations::default();
    let size = requests::page_size(page_size, &mut violations);
    let after: Option<List> = requests::page_start(&page_token, &mut violations);
    violations.or(()).map_err(status::invalid_argument)?;
    let lists = context.queue.lanes().await.map_err(|error| status::unavailable("Redis", &error))?;
    let lists = lists.into_iter().filter(|(list, _)| after.as_ref().is_none_or(|after| list > after));
    let (lists, next_page_token) = requests::cut(lists.collect(), size, |(list, _)| list.to_string());
    let heads: Vec<AttemptRef> = lists.iter().flat_map(|(list, lanes)| heads(list, lanes)).collect();
    let since = history::ready_since(&context.store, &heads).await.map_err(|error| status::store(&error))?;
    let workers = takers::workers(&context.store).await.map_err(|error| status::store(&error))?;
    let mut offers: HashMap<&str, i32> = HashMap::new();
    for capability in workers.iter().flat_map(|worker| &worker.told.capabilities) {
        *offers.entry(capability).or_default() += 1;
    }
    let queue = |(list, lanes): &(List, Vec<LaneDepth>)| Queue {
        workers: list.capability().and_then(|name| offers.get(name)).copied().unwrap_or_default(),
        ..queue(list, lanes, &since)
    };
    Ok(ListQueuesResponse { queues: lists.iter().map(queue).collect(), next_page_token })
}

/// The attempts that are served next, if the list is one of attempts that wait for workers.
fn heads<'a>(list: &'a List, lanes: &'a [LaneDepth]) -> impl Iterator<Item = AttemptRef> + 'a {
    let lanes = lanes.iter().filter(move |_| list.capability().is_some());
    lanes.filter_map(|lane| lane.head.parse().ok())
}

fn queue(list: &List, lanes: &[LaneDepth], since: &HashMap<AttemptRef, jiff::Timestamp>) -> Queue {
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let head = |lane: &LaneDepth| lane.head.parse().ok().and_then(|head| since.get(&head).copied());
    let oldest = lanes.iter().filter_map(head).min();
    let mut shown: Vec<QueueLane> = Vec::with_capacity(lanes.len());
    for lane in lanes {
        let (namespace, of) = lane.lane.parts();
        shown.push(QueueLane {
            namespace: namespace.to_string(),
            priority: priority(of).into(),
            waiting: whole(lane.elements),
            oldest_at: head(lane).map(timestamp),
        });
    }
    shown.sort_unstable_by(|one, other| {
        (&one.namespace, -one.priority).cmp(&(&other.namespace, -other.priority))
    });
    Queue {
        name: list.to_string(),
        capability: list.capability().unwrap_or_default().to_owned(),
        waiting: whole(lanes.iter().map(|lane| lane.elements).sum()),
        oldest_at: oldest.map(timestamp),
        workers: 0,
        lanes: shown,
    }
}
