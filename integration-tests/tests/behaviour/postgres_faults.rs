//! PostgreSQL in the middle of many workflows: restarted, cut, taken by others, failed over.

use goalpost_testkit::{durable_postgres, redis, replicated_postgres};

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
