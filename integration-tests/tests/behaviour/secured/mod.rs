//! A system in which everybody has to show who they are, over TLS.

mod certificates;
mod keys;
mod matrix;
mod raw;
mod stores;
mod tls;
mod tokens;

use std::path::PathBuf;

use goalpost_client::{Client, NewGoal};
use goalpost_model::Secret;
use goalpost_peers::{Addresses, Channel, Credentials};
use goalpost_proto::v1::access_control_client::AccessControlClient;
use goalpost_proto::v1::{ApiKey, CreateApiKeyRequest};
use goalpost_service::access::{AccessArgs, Auth, OidcArgs, TlsArgs};
use goalpost_service::args::{PayloadArgs, PostgresArgs, RedisArgs};
use goalpost_service::drain::DrainArgs;
use goalpost_service::load::LoadArgs;
use goalpost_testkit::{Database, TestRedis, database, redis};
use goalpost_tls::{Connector, Identity};
use goalpost_worker::{Attempt, Failure, Worker};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::certificates::Authority;
use crate::harness::CATALOG;

/// The key that the system begins with.
const BOOTSTRAP: &str = "a key of more than thirty-two bytes";

/// The four services, in this process.
struct Secured {
    decision_group: String,
    graph_engine: String,
    persistence: String,
    planner: String,
    authority: Authority,
    folder: TempDir,
    database: Database,
    _redis: TestRedis,
    _running: DropGuard,
}

impl Secured {
    async fn start() -> Self {
        Self::start_with(OidcArgs::default()).await
    }

    async fn start_with(oidc: OidcArgs) -> Self {
        let (database, redis) = (database().await, redis().await);
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(folder.path(), "ca");
        let catalog = folder.path().join("catalog.yaml");
        std::fs::write(&catalog, CATALOG).unwrap();
        let access = |service: &str| {
            let Identity { certificate, key } = authority.service(service);
            AccessArgs {
                auth: Auth::Required,
                bootstrap_key: Some(Secret::from(BOOTSTRAP.to_owned())),
                oidc: oidc.clone(),
                tls: TlsArgs {
                    tls_cert: Some(certificate),
                    tls_key: Some(key),
                    tls_ca: Some(authority.certificate()),
                },
            }
        };
        let listen = ([127, 0, 0, 1], 0).into();
        let (load, drain) = (LoadArgs::default(), DrainArgs::default());
        let postgres = || PostgresArgs::direct(database.url(), 4);
        let redis_args = || RedisArgs::at(&redis.url());
        let planner = goalpost_planner::build(goalpost_planner::Config {
            listen,
            catalogs: vec![catalog],
            access: access("planner"),
            ..goalpost_planner::Config::default()
        });
        let planner = planner.await.unwrap();
        let persistence = goalpost_persistence::build(goalpost_persistence::Config {
            listen,
            engine_grace_ms: 5_000,
            retention: goalpost_persistence::RetentionArgs::default(),
            load,
            drain,
            access: access("persistence"),
            postgres: postgres(),
            redis: redis_args(),
        });
        let persistence = persistence.await.unwrap();
        let engine = goalpost_graph_engine::build(goalpost_graph_engine::Config {
            listen,
            worker_grace_ms: 5_000,
            cached_workflows: 1_000,
            payloads: goalpost_graph_engine::StoredPayloadArgs::default(),
            payload: PayloadArgs::default(),
            load,
            drain,
            access: access("graph-engine"),
            postgres: postgres(),
            redis: redis_args(),
        });
        let engine = engine.await.unwrap();
        let url = |address: std::net::SocketAddr| format!("https://localhost:{}", address.port());
        let group = goalpost_decision_group::build(goalpost_decision_group::Config {
            listen,
            planner: url(planner.local_addr()),
            graph_engine: url(engine.local_addr()),
            persistence: url(persistence.local_addr()),
            max_open_goals: 1_000,
            max_submissions_per_second: None,
            policies: None,
            payload: PayloadArgs::default(),
            load,
            drain,
            access: access("decision-group"),
            postgres: postgres(),
            redis: redis_args(),
        });
        let group = group.await.unwrap();
        let endpoints =
            [group.local_addr(), engine.local_addr(), persistence.local_addr(), planner.local_addr()]
                .map(url);
        let [decision_group, graph_engine, persistence_url, planner_url] = endpoints;
        let healths = [persistence.health(), engine.health(), group.health()];
        let stop = CancellationToken::new();
        tokio::spawn(planner.run(stop.clone()));
        tokio::spawn(persistence.run(stop.clone()));
        tokio::spawn(engine.run(stop.clone()));
        tokio::spawn(group.run(stop.clone()));
        for health in healths {
            health.serving().await;
        }
        Self {
            decision_group,
            graph_engine,
            persistence: persistence_url,
            planner: planner_url,
            authority,
            folder,
            database,
            _redis: redis,
            _running: stop.drop_guard(),
        }
    }

    /// Somebody who believes the system's authority and shows nothing.
    fn nobody(&self) -> Credentials {
        believing(self.authority.certificate(), None)
    }

    /// The same with a key.
    fn holder(&self, key: &str) -> Credentials {
        self.nobody().key(&Secret::from(key.to_owned())).unwrap()
    }

    /// Whoever has the certificate of a service.
    fn service(&self, name: &str) -> Credentials {
        believing(self.authority.certificate(), Some(self.authority.service(name)))
    }

    fn client(&self, credentials: &Credentials) -> Client {
        Client::connect_with(self.decision_group.as_str(), credentials).unwrap()
    }

    fn access_control(&self, credentials: &Credentials) -> AccessControlClient<Channel> {
        let addresses = self.decision_group.parse::<Addresses>().unwrap();
        AccessControlClient::new(Channel::new(&addresses, credentials))
    }

    /// A key with these grants.
    async fn key(&self, name: &str, grants: &[&str]) -> (ApiKey, String) {
        let request = CreateApiKeyRequest {
            name: name.to_owned(),
            grants: grants.iter().map(|&grant| grant.to_owned()).collect(),
            expires_at: None,
        };
        let made = self.access_control(&self.holder(BOOTSTRAP)).create_api_key(request).await;
        let made = made.unwrap().into_inner();
        (made.api_key.unwrap(), made.key)
    }

    /// A worker that shows this, and whether it was let in to its end.
    fn worker(&self, credentials: Credentials) -> Worker {
        let builder = Worker::builder(self.graph_engine.as_str()).credentials(credentials);
        builder.capability("test.echo", echo).capability("test.other", echo).build().unwrap()
    }
}

/// A goal that ends well once there is a worker.
fn tea() -> NewGoal {
    NewGoal::text("Brew some tea").input(serde_json::Map::from_iter([("cups".to_owned(), json!(2))]))
}

async fn echo(_: Attempt, input: Value) -> Result<Value, Failure> {
    Ok(input)
}

/// Somebody who believes the authority in the file, and shows `identity`.
fn believing(authority: PathBuf, identity: Option<Identity>) -> Credentials {
    Credentials::default().tls(Connector::new(Some(authority), identity).unwrap())
}
