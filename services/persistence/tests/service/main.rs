//! The persistence service on real stores, in this process.
#![cfg(test)]

mod histories;
mod lanes;
mod migrating;
mod redis_lives;
mod relaying;
mod replicas;
mod restoring;
mod retaining;
mod seed;
mod takers;
mod verifying;
mod watching;

use goalpost_persistence::{Config, Error, RetentionArgs, build};
use goalpost_proto::v1::persistence_client::PersistenceClient;
use goalpost_queue::{List, Queue};
use goalpost_service::access::AccessArgs;
use goalpost_service::args::{PostgresArgs, RedisArgs};
use goalpost_service::drain::DrainArgs;
use goalpost_service::health::Health;
use goalpost_service::load::LoadArgs;
use goalpost_store::Store;
use goalpost_testkit::{Database, TestRedis, wait_for};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// The stores of one test, and handles to them as a service has.
struct Stores {
    database: Database,
    redis: TestRedis,
    store: Store,
    queue: Queue,
    /// A connection for rows that are made and looked at by hand.
    sql: tokio_postgres::Client,
}

impl Stores {
    async fn new() -> Self {
        Self::of(goalpost_testkit::database().await, goalpost_testkit::redis().await).await
    }

    /// These.
    async fn of(database: Database, redis: TestRedis) -> Self {
        let store = Store::new(database.url(), 4).unwrap();
        let queue = Queue::new(&redis.url()).unwrap();
        let sql = database.client().await;
        Self { database, redis, store, queue, sql }
    }

    /// A replica that serves, in a system whose Redis was told of everything: what comes from now
    /// on is delivered once.
    async fn persistence(&self, engine_grace_ms: u64) -> Persistence {
        let replica = self.start(engine_grace_ms).await;
        replica.health.serving().await;
        wait_for("the first telling", async || self.queue.ensure_epoch().await.ok()?.1.then_some(())).await;
        replica
    }

    /// A replica that has just started.
    async fn start(&self, engine_grace_ms: u64) -> Persistence {
        self.start_with(engine_grace_ms, RetentionArgs::default()).await
    }

    /// The same, that keeps histories for another time.
    async fn start_with(&self, engine_grace_ms: u64, retention: RetentionArgs) -> Persistence {
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            engine_grace_ms,
            retention,
            drain: DrainArgs::default(),
            access: AccessArgs::open(),
            postgres: PostgresArgs::direct(self.database.url(), 4),
            load: LoadArgs::default(),
            redis: RedisArgs::at(&self.redis.url()),
        };
        let app = build(config).await.unwrap();
        let (health, url) = (app.health(), format!("http://{}", app.local_addr()));
        let stop = CancellationToken::new();
        let running = tokio::spawn(app.run(stop.clone()));
        let client = PersistenceClient::connect(url).await.unwrap();
        Persistence { client, health, stop, running }
    }

    /// Waits until the list has `count` elements, and takes them off it.
    async fn take(&self, list: List, count: usize) -> Vec<String> {
        wait_for(format!("{count} elements on {list}"), async || {
            let depths = self.queue.depths().await.ok()?;
            (depths.get(&list)?.elements >= count as u64).then_some(())
        })
        .await;
        let mut taker = self.queue.taker(Uuid::now_v7(), list).await.unwrap();
        let taken = taker.take(count).await.unwrap();
        taker.done().await.unwrap();
        taken
    }

    async fn flush_redis(&self) {
        self.redis_command("FLUSHALL").await;
    }

    async fn redis_command(&self, command: &str) {
        let client = redis::Client::open(self.redis.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd(command).exec_async(&mut connection).await.unwrap();
    }

    /// The answer of a query that gives one number.
    async fn count(&self, query: &str) -> i64 {
        self.sql.query_one(query, &[]).await.unwrap().get(0)
    }

    async fn wait_for_count(&self, query: &str, count: i64) {
        wait_for(format!("{query} = {count}"), async || (self.count(query).await == count).then_some(()))
            .await;
    }
}

/// A replica of the service.
struct Persistence {
    client: PersistenceClient<Channel>,
    health: Health,
    stop: CancellationToken,
    running: JoinHandle<Result<(), Error>>,
}

impl Persistence {
    async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

/// The fields that a refused call names.
fn violations(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status}");
    let details = status.get_error_details();
    let refused = details.bad_request().unwrap();
    refused.field_violations.iter().map(|violation| violation.field.clone()).collect()
}
