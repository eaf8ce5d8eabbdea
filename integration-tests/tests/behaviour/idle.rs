//! An idle system asks nothing (invariant 6).

use std::time::Duration;

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;

use crate::harness::{System, chain, echo_worker, folder};

/// For everything that a start does to be over.
const SETTLE: Duration = Duration::from_secs(10);
const WATCHED: Duration = Duration::from_secs(30);

#[tokio::test]
async fn an_idle_system_sends_no_statement_and_no_command() {
    let system = System::start(folder(), &[]).await;
    let _worker = echo_worker(&system.endpoints.graph_engine);
    // Everything has been used once: prepared statements, connections, lists.
    let (goal, _) = system.run(NewGoal::blueprint(chain(2))).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    let (database, connection) =
        tokio_postgres::connect(&system.endpoints.database_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    database.batch_execute("CREATE EXTENSION pg_stat_statements").await.unwrap();
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
