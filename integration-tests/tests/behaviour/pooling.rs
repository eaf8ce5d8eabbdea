//! PgBouncer in transaction mode between the pools and PostgreSQL: each transaction may be in another
//! session.

use goalpost_client::v1::{GetStatsRequest, ListGoalsRequest};
use goalpost_local::{PgBouncer, Postgres};
use goalpost_testkit::{TestRedis, durable_postgres, redis};
use tempfile::TempDir;

use crate::harness::folder;
use crate::many::{Many, WORKFLOWS};

/// Sessions of the server for the pools of all services: fewer than those have connections.
const SESSIONS: usize = 4;

struct Pooled {
    postgres: Postgres,
    bouncer: PgBouncer,
    many: Many,
    _stores: (TempDir, TempDir, TestRedis),
}

async fn pooled() -> Pooled {
    let ((postgres, data), redis, settings) = (durable_postgres(&[]).await, redis().await, folder());
    let bouncer = PgBouncer::start(settings.path(), &postgres, SESSIONS).await.unwrap();
    let (through, direct, queue) = (bouncer.url("goalpost"), postgres.url("goalpost"), redis.url());
    let arguments = [
        "--database-url",
        &through,
        "--database-direct-url",
        &direct,
        "--database-pooler",
        "pgbouncer",
        "--redis-url",
        &queue,
    ];
    let many = Many::start(&arguments).await;
    Pooled { postgres, bouncer, many, _stores: (data, settings, redis) }
}

#[tokio::test]
async fn a_thousand_workflows_run_through_pgbouncer_and_survive_its_death() {
    let Pooled { mut bouncer, many, _stores, postgres: _postgres } = pooled().await;
    many.survive(async {
        many.middle().await;
        bouncer.kill().await;
        bouncer.restart().await.unwrap();
    })
    .await;
    let client = many.system.client();
    let page = client.list(ListGoalsRequest { page_size: 10, ..ListGoalsRequest::default() }).await.unwrap();
    assert_eq!(page.goals.len(), 10);
    let stats = many.system.persistence().await.get_stats(GetStatsRequest::default()).await.unwrap();
    assert_eq!(stats.into_inner().goals["SUCCEEDED"], i64::try_from(WORKFLOWS).unwrap());
}

#[tokio::test]
async fn a_thousand_workflows_survive_a_restart_of_postgresql_behind_pgbouncer() {
    let Pooled { mut postgres, many, _stores, bouncer: _bouncer } = pooled().await;
    many.survive(async {
        many.middle().await;
        postgres.restart().await.unwrap();
    })
    .await;
}
