//! Redis in the middle of many workflows: flushed, restarted without its data, failed over to a replica
//! that has none. Nothing is lost, since nothing is in Redis alone (invariant 1).

use std::net::SocketAddr;

use goalpost_testkit::proxy::Proxy;
use goalpost_testkit::{TestRedis, database, redis, redis_in_place_of};

use crate::many::{Many, WORKFLOWS};

#[tokio::test]
async fn a_thousand_workflows_survive_flushes_in_the_middle() {
    let (database, redis) = (database().await, redis().await);
    let many = Many::start(&["--database-url", database.url(), "--redis-url", &redis.url()]).await;
    many.survive(async {
        let client = redis::Client::open(redis.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        for flush in 1..=5 {
            many.begun_at_least(flush * WORKFLOWS / 2).await;
            redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_thousand_workflows_survive_a_redis_that_comes_back_empty() {
    let (database, mut redis) = (database().await, redis().await);
    let many = Many::start(&["--database-url", database.url(), "--redis-url", &redis.url()]).await;
    many.survive(async {
        many.middle().await;
        redis.kill().await;
        redis.restart().await.unwrap();
    })
    .await;
}

/// The one of old goes on, and nobody may rely on it.
#[tokio::test]
async fn a_thousand_workflows_survive_a_failover_to_an_empty_replica() {
    let (database, first) = (database().await, redis().await);
    let second = redis_in_place_of(&first).await;
    let proxy = Proxy::start(&[address(&first)]).await;
    let url = first.url().replace(&address(&first).to_string(), &proxy.address().to_string());
    let many = Many::start(&["--database-url", database.url(), "--redis-url", &url]).await;
    many.survive(async {
        many.middle().await;
        proxy.fail_over(address(&second));
    })
    .await;
}

fn address(redis: &TestRedis) -> SocketAddr {
    redis.url().trim_end_matches('/').rsplit('@').next().unwrap().parse().unwrap()
}
