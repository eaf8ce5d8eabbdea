//! PostgreSQL in the middle of many workflows: restarted, cut, taken by others, failed over.

use std::time::Duration;

use goalpost_client::v1::ListGoalsRequest;
use goalpost_testkit::{durable_postgres, redis, replicated_postgres, wait_for};
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::many::Many;

#[tokio::test]
async fn a_thousand_workflows_survive_a_restart_in_the_middle() {
    let (mut postgres, _data) = durable_postgres(&[]).await;
    let redis = redis().await;
    let many = Many::start(&["--database-url", &postgres.url("goalpost"), "--redis-url", &redis.url()]).await;
    many.survive(async {
        many.middle().await;
        postgres.restart().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_thousand_workflows_survive_an_immediate_stop_in_the_middle() {
    let (mut postgres, _data) = durable_postgres(&[]).await;
    let redis = redis().await;
    let many = Many::start(&["--database-url", &postgres.url("goalpost"), "--redis-url", &redis.url()]).await;
    many.survive(async {
        many.middle().await;
        postgres.stop_immediately().await;
        postgres.restart().await.unwrap();
    })
    .await;
}

/// Acknowledged is what both servers have (invariant 5).
#[tokio::test]
async fn a_thousand_workflows_survive_the_death_of_the_primary() {
    let mut servers = replicated_postgres().await;
    let redis = redis().await;
    let many = Many::start(&["--database-url", &servers.url(), "--redis-url", &redis.url()]).await;
    many.survive(async {
        many.middle().await;
        servers.primary.kill().await;
        servers.standby.promote().await.unwrap();
    })
    .await;
}

/// The relay's connection dies while it drains: what it had not committed is drained again.
#[tokio::test]
async fn a_relay_that_is_cut_while_it_drains_delivers_everything() {
    let database = goalpost_testkit::database().await;
    let mut redis = redis().await;
    let many = Many::start(&["--database-url", database.url(), "--redis-url", &redis.url()]).await;
    let (mut blocker, admin) = (database.client().await, database.client().await);
    many.survive(async {
        many.middle().await;
        // What is not delivered waits in the outbox.
        redis.kill().await;
        wait_until(&admin, "SELECT count(*) > 0 FROM outbox").await;
        let held = blocker.transaction().await.unwrap();
        held.execute("SELECT FROM outbox FOR UPDATE", &[]).await.unwrap();
        redis.restart().await.unwrap();
        // The drain waits for the rows that are held.
        wait_until(&admin, &format!("SELECT count(*) > 0 FROM {DRAINING}")).await;
        let cut = admin.execute(&format!("SELECT pg_terminate_backend(pid) FROM {DRAINING}"), &[]).await;
        assert_eq!(cut.unwrap(), 1);
        held.rollback().await.unwrap();
    })
    .await;
    wait_until(&admin, "SELECT count(*) = 0 FROM outbox").await;
}

/// Sessions that drain the outbox and wait for somebody else's rows.
const DRAINING: &str = "\
    pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' \
    AND query LIKE 'DELETE FROM outbox WHERE id = ANY (ARRAY%'";

/// Administrators end sessions, and a server ends those that idle in a transaction: of the pool, of the
/// relay, of the registrations, whichever comes.
#[tokio::test]
async fn sessions_that_are_ended_at_random_cost_nothing() {
    let database = goalpost_testkit::database().await;
    let redis = redis().await;
    let admin = database.client().await;
    let impatient = "DO $$ BEGIN EXECUTE format(\
        'ALTER DATABASE %I SET idle_in_transaction_session_timeout = ''20ms''', current_database()); END $$";
    admin.batch_execute(impatient).await.unwrap();
    let many = Many::start(&["--database-url", database.url(), "--redis-url", &redis.url()]).await;
    let one = "SELECT pg_terminate_backend(pid) FROM (\
        SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'goalpost' \
        ORDER BY random() LIMIT 1) any_one";
    many.survive(async {
        for ended in 1..=40 {
            many.begun_at_least(ended * 20).await;
            admin.execute(one, &[]).await.unwrap();
        }
    })
    .await;
}

/// Another client takes every connection that there is.
#[tokio::test]
async fn a_server_without_room_makes_calls_unavailable_and_everything_goes_on_afterwards() {
    let (postgres, _data) = durable_postgres(&["max_connections=50"]).await;
    let redis = redis().await;
    let url = postgres.url("goalpost");
    let many = Many::start(&["--database-url", &url, "--redis-url", &redis.url()]).await;
    let client = many.system.client().patience(Duration::ZERO);
    many.survive(async {
        many.middle().await;
        let mut taken = Vec::new();
        let refused = take_all(&url, &mut taken).await;
        assert_eq!(refused.code(), Some(&SqlState::TOO_MANY_CONNECTIONS));
        // What has a connection goes on; whatever loses it gets none, unless it is faster.
        let others =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'goalpost'";
        wait_for("UNAVAILABLE and a service that says so", async || {
            taken[0].execute(others, &[]).await.unwrap();
            take_all(&url, &mut taken).await;
            let refused = client.list(ListGoalsRequest::default()).await.err()?;
            let is_away = refused.code() == Some(Code::Unavailable);
            (is_away && !serving(&many.system.endpoints.graph_engine).await).then_some(())
        })
        .await;
        drop(taken);
        wait_for("a service that serves", async || {
            serving(&many.system.endpoints.graph_engine).await.then_some(())
        })
        .await;
    })
    .await;
}

/// Takes connections until there are no more. Answers with how that is said.
async fn take_all(url: &str, taken: &mut Vec<tokio_postgres::Client>) -> tokio_postgres::Error {
    loop {
        match tokio_postgres::connect(url, NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                taken.push(client);
            }
            Err(refused) => return refused,
        }
    }
}

async fn serving(endpoint: &str) -> bool {
    let channel = Channel::from_shared(endpoint.to_owned()).unwrap().connect().await.unwrap();
    let request = HealthCheckRequest { service: String::new() };
    let answer = HealthClient::new(channel).check(request).await.unwrap();
    answer.into_inner().status() == ServingStatus::Serving
}

/// Waits until the query, whose answer is true or false, says true.
async fn wait_until(client: &tokio_postgres::Client, query: &str) {
    wait_for(query, async || client.query_one(query, &[]).await.unwrap().get::<_, bool>(0).then_some(()))
        .await;
}
