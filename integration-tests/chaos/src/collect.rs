//! What a run left behind, read from where it is: the database, Redis, the ledgers.

mod rows;

use std::collections::BTreeMap;

use goalpost_model::{EdgeOn, Join, RetryPolicy, Timeouts};
use redis::aio::MultiplexedConnection;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::checker::history::{Edge, Event, Goal, Graph, Task};
use crate::workload::catalog::WAIT;
use crate::{Error, workload};

const OPEN_GOALS: &str = "SELECT count(*) FROM goals WHERE is_open_goal(state)";

const GOALS: &str = "\
    SELECT g.id, g.state, coalesce(g.request_id, ''), b.body::text, w.state \
    FROM goals g LEFT JOIN blueprints b ON b.digest = g.blueprint_digest LEFT JOIN workflows w ON w.id = g.id";

const EVENTS: &str = "\
    SELECT workflow_id, number, at, type, task, coalesce(attempt, 0), failure->>'kind' \
    FROM events ORDER BY workflow_id, number";

/// Keys of the lanes of lists and of what was taken: nothing may be left there.
const LISTS: [&str; 2] = ["goalpost:lane:*", "goalpost:processing:*"];

/// Timers of workflows that have ended are gone, too.
const TIMERS: &str = "SELECT workflow_id, task, kind FROM timers";

/// How many goals have not ended.
pub(crate) async fn open_goals(database: &Client) -> Result<i64, Error> {
    Ok(database.query_one(OPEN_GOALS, &[]).await?.try_get(0)?)
}

/// Every goal with its graph and its history, by id.
pub(crate) async fn goals(database: &Client, seed: u64) -> Result<BTreeMap<String, Goal>, Error> {
    let mut goals = BTreeMap::new();
    for row in database.query(GOALS, &[]).await? {
        let (id, state): (Uuid, &str) = (row.try_get(0)?, row.try_get(1)?);
        let (request_id, body): (String, Option<String>) = (row.try_get(2)?, row.try_get(3)?);
        let wanted = workload::Goal::draw(seed, request_id.parse()?);
        let body = body.filter(|_| wanted.tasks.is_none());
        let graph = body.map(|body| graph(&body, &wanted.truths)).transpose()?.unwrap_or_default();
        let workflow = row.try_get::<_, Option<&str>>(4)?.map(str::parse).transpose()?;
        let (rows, signals) = (BTreeMap::new(), Vec::new());
        let goal =
            Goal { state: state.parse()?, request_id, graph, workflow, rows, signals, events: Vec::new() };
        goals.insert(id.to_string(), goal);
    }
    rows::collect(database, seed, &mut goals).await?;
    for row in database.query(EVENTS, &[]).await? {
        let id: Uuid = row.try_get(0)?;
        let task: Option<i32> = row.try_get(4)?;
        let event = Event {
            number: row.try_get(1)?,
            at: row.try_get(2)?,
            kind: row.try_get::<_, &str>(3)?.parse()?,
            task: task.map(usize::try_from).transpose()?,
            attempt: row.try_get::<_, i32>(5)?.try_into()?,
            failure: row.try_get(6)?,
        };
        let goal =
            goals.get_mut(&id.to_string()).ok_or_else(|| format!("events of {id}, which is no goal"))?;
        goal.events.push(event);
    }
    Ok(goals)
}

/// What is left in the outbox, on lists and of timers: where and what.
pub(crate) async fn left(
    database: &Client,
    redis: &mut MultiplexedConnection,
) -> Result<Vec<(String, String)>, Error> {
    let mut left = Vec::new();
    for row in database.query("SELECT list, element FROM outbox ORDER BY id", &[]).await? {
        left.push((format!("outbox, for {}", row.try_get::<_, &str>(0)?), row.try_get(1)?));
    }
    for row in database.query(TIMERS, &[]).await? {
        let (id, task, kind): (Uuid, i32, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        left.push((format!("timers, for {kind}"), format!("{id}:{task}")));
    }
    for pattern in LISTS {
        let keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(redis).await?;
        for key in keys {
            let elements: Vec<String> =
                redis::cmd("LRANGE").arg(&key).arg(0).arg(-1).query_async(redis).await?;
            left.extend(elements.into_iter().map(|element| (key.clone(), element)));
        }
    }
    Ok(left)
}

/// A stored blueprint, as far as the rules need it. Read on its own: what the system itself makes
/// of it is what is to be proved.
#[derive(Deserialize)]
struct Stored {
    tasks: Vec<StoredTask>,
    #[serde(default)]
    edges: Vec<StoredEdge>,
    #[serde(default)]
    deadline_ms: u64,
}

#[derive(Deserialize)]
struct StoredTask {
    name: String,
    capability: String,
    #[serde(default)]
    input: Map<String, Value>,
    #[serde(default)]
    join: Join,
    #[serde(default)]
    retry: RetryPolicy,
    #[serde(default)]
    timeouts: Timeouts,
}

#[derive(Deserialize)]
struct StoredEdge {
    from: String,
    to: String,
    #[serde(default)]
    on: EdgeOn,
    #[serde(default)]
    condition: String,
}

fn graph(body: &str, truths: &BTreeMap<String, bool>) -> Result<Graph, Error> {
    let Stored { tasks, edges, deadline_ms } = serde_json::from_str(body)?;
    let place = |name: &str| {
        let place = tasks.iter().position(|task| task.name == name);
        place.ok_or_else(|| format!("a stored blueprint has an edge of {name}, which is no task of it"))
    };
    let edge = |edge: &StoredEdge| -> Result<Edge, Error> {
        let holds = match edge.condition.as_str() {
            "" => true,
            condition => *truths.get(condition).ok_or_else(|| format!("nobody knows whether {condition}"))?,
        };
        Ok(Edge { source: place(&edge.from)?, target: place(&edge.to)?, on: edge.on, holds })
    };
    let edges = edges.iter().map(edge).collect::<Result<_, Error>>()?;
    let task = |task: &StoredTask| Task {
        name: task.name.clone(),
        join: task.join,
        retry: task.retry.clone(),
        timeouts: task.timeouts,
        wait_ms: (task.capability == WAIT).then(|| task.input.get("duration_ms")?.as_u64()).flatten(),
    };
    Ok(Graph { tasks: tasks.iter().map(task).collect(), edges, deadline_ms })
}
