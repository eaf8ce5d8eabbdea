//! An idle system asks nothing (invariant 6).

use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_testkit::wait_for;
use serde_json::json;

use crate::harness::{Endpoints, System, blueprint, chain, echo_worker, folder};

/// For everything that a start does to be over.
const SETTLE: Duration = Duration::from_secs(10);
const WATCHED: Duration = Duration::from_secs(30);

/// Workflows that sleep while nothing happens.
const SLEEPERS: usize = 10_000;

/// Two replicas of everything, a worker on each, and ten thousand timers.
#[tokio::test]
async fn an_idle_system_sends_no_statement_and_no_command() {
    let system = System::start(folder(), &[]).await;
    let Endpoints { database_url, redis_url, .. } = &system.endpoints;
    let stores = ["--database-url", database_url, "--redis-url", redis_url].map(str::to_owned);
    let second = System::start(folder(), &stores).await;
    // Everything has been used once: prepared statements, connections, lists.
    let mut workers = Vec::new();
    for replica in [&system, &second] {
        workers.push(echo_worker(&replica.endpoints.graph_engine));
        let (goal, _) = replica.run(NewGoal::blueprint(chain(2))).await;
        assert_eq!(goal.state(), GoalState::Succeeded);
    }
    let clients = [system.client(), second.client()];
    stream::iter(0..SLEEPERS)
        .map(|number| clients[number % 2].submit(sleeper()))
        .buffer_unordered(64)
        .try_for_each(async |_| Ok(()))
        .await
        .unwrap();
    let (database, connection) =
        tokio_postgres::connect(&system.endpoints.database_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    database.batch_execute("CREATE EXTENSION pg_stat_statements").await.unwrap();
    let asleep = "SELECT count(*) FROM timers WHERE fired_at IS NULL";
    wait_for("sleepers", async || {
        let asleep: i64 = database.query_one(asleep, &[]).await.unwrap().get(0);
        (usize::try_from(asleep) == Ok(SLEEPERS)).then_some(())
    })
    .await;
    let redis = redis::Client::open(system.endpoints.redis_url.as_str()).unwrap();
    let mut redis = redis.get_multiplexed_async_connection().await.unwrap();
    // This is about what happens while time passes; there is no state to wait for.
    tokio::time::sleep(SETTLE).await;
    let before = (statements(&database).await, commands(&mut redis).await);
    tokio::time::sleep(WATCHED).await;
    let after = (statements(&database).await, commands(&mut redis).await);
    assert_eq!(after.0 - before.0, 0, "SQL statements: {}", recent(&database).await);
    // The second look counts itself.
    assert_eq!(after.1 - before.1, 1, "Redis commands");
}

/// A goal that waits for ever, as far as a test is concerned.
fn sleeper() -> NewGoal {
    NewGoal::blueprint(blueprint(json!({
        "name": "sleeper",
        "tasks": [{"name": "wait", "capability": "goalpost.wait", "input": {"until": "2200-01-01T00:00:00Z"}}],
    })))
}

const OWN: &str = "query NOT LIKE '%pg_stat_statements%'";

async fn statements(database: &tokio_postgres::Client) -> i64 {
    let sql = format!("SELECT coalesce(sum(calls), 0)::int8 FROM pg_stat_statements WHERE {OWN}");
    database.query_one(&sql, &[]).await.unwrap().get(0)
}

async fn recent(database: &tokio_postgres::Client) -> String {
    let sql = format!("SELECT query, calls FROM pg_stat_statements WHERE {OWN} ORDER BY calls DESC LIMIT 10");
    format!("{:?}", database.query(&sql, &[]).await.unwrap())
}

async fn commands(redis: &mut redis::aio::MultiplexedConnection) -> i64 {
    let info: String = redis::cmd("INFO").arg("stats").query_async(redis).await.unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix("total_commands_processed:")).unwrap();
    line.trim().parse().unwrap()
}
