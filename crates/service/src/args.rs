//! Settings that more than one service has: flags with their environment variables.
//!
//! | flag | variable |
//! |---|---|
//! | `--database-url` | `DATABASE_URL` |
//! | `--database-connections` | `GOALPOST_DATABASE_CONNECTIONS` |
//! | `--database-pooler` | `GOALPOST_DATABASE_POOLER` |
//! | `--database-direct-url` | `DATABASE_DIRECT_URL` |
//! | `--database-ca` | `GOALPOST_DATABASE_CA` |
//! | `--redis-url` | `REDIS_URL` |
//! | `--redis-ca` | `GOALPOST_REDIS_CA` |
//! | `--max-payload-bytes` | `GOALPOST_MAX_PAYLOAD_BYTES` |
//! | `--drain-seconds` | `GOALPOST_DRAIN_SECONDS` |
//! | `--metrics-listen` | `GOALPOST_METRICS_LISTEN` |
//! | `--log-format` | `GOALPOST_LOG_FORMAT` |
//! | `--otlp-endpoint` | `OTEL_EXPORTER_OTLP_ENDPOINT` |

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use goalpost_model::PayloadLimit;
pub use goalpost_model::Secret;
use goalpost_queue::Queue;
use goalpost_store::{Error, Settings, Store};

/// Where PostgreSQL is.
#[derive(Args, Clone, Debug)]
pub struct PostgresArgs {
    /// PostgreSQL, as `postgres://user:password@host:port/database`. Of several hosts
    /// (`host:port,host:port`) the one that takes writes is used.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
    /// Pooled connections to PostgreSQL at most.
    #[arg(long, env = "GOALPOST_DATABASE_CONNECTIONS", default_value_t = 8)]
    pub database_connections: usize,
    /// How the pool reaches PostgreSQL.
    #[command(flatten)]
    pub pooling: PoolingArgs,
}

/// What stands between the pool and PostgreSQL.
#[derive(Args, Clone, Debug, Default)]
pub struct PoolingArgs {
    /// What the URL of PostgreSQL leads to.
    #[arg(long, env = "GOALPOST_DATABASE_POOLER", value_enum, default_value_t = Pooler::None)]
    pub database_pooler: Pooler,
    /// PostgreSQL past the pooler, for what needs a session of its own.
    #[arg(long, env = "DATABASE_DIRECT_URL", hide_env_values = true)]
    pub database_direct_url: Option<Secret>,
    /// The authority of PostgreSQL's certificate, as PEM: then every connection to it is secured. Without it those are whose
    /// URL says sslmode=require, and the system's authorities are believed.
    #[arg(long, env = "GOALPOST_DATABASE_CA", value_name = "FILE")]
    pub database_ca: Option<PathBuf>,
}

/// What the URL of PostgreSQL leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Pooler {
    /// PostgreSQL itself.
    #[default]
    None,
    /// PgBouncer in transaction mode.
    Pgbouncer,
}

impl PostgresArgs {
    /// PostgreSQL itself at `url`.
    pub fn direct(url: &str, connections: usize) -> Self {
        let pooling = PoolingArgs::default();
        Self { database_url: Secret::from(url.to_owned()), database_connections: connections, pooling }
    }

    /// The store with these settings. Does not connect yet.
    pub fn store(&self) -> Result<Store, Error> {
        let PoolingArgs { database_pooler, database_direct_url, database_ca } = &self.pooling;
        Store::open(&Settings {
            url: self.database_url.reveal().to_owned(),
            direct_url: database_direct_url.as_ref().map(|url| url.reveal().to_owned()),
            pooler: match database_pooler {
                Pooler::None => goalpost_store::Pooler::None,
                Pooler::Pgbouncer => goalpost_store::Pooler::Transaction,
            },
            authorities: database_ca.clone(),
            connections: self.database_connections,
        })
    }
}

/// How large values may be that are carried from task to task.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct PayloadArgs {
    /// Bytes of an input or an output as JSON, 1,024 to 2,097,152; what is larger is stored, and goes by reference. The
    /// same for decision groups and engines.
    #[arg(long, env = "GOALPOST_MAX_PAYLOAD_BYTES", default_value_t)]
    pub max_payload_bytes: PayloadLimit,
}

/// Where Redis is.
#[derive(Args, Clone, Debug)]
pub struct RedisArgs {
    /// Redis, as `redis://user:password@host:port/database`; `rediss://` for connections that are secured.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Secret,
    /// The authority of Redis's certificate, as PEM; without it the system's are believed.
    #[arg(long, env = "GOALPOST_REDIS_CA", value_name = "FILE")]
    pub redis_ca: Option<PathBuf>,
}

impl RedisArgs {
    /// Redis at `url`.
    pub fn at(url: &str) -> Self {
        Self { redis_url: Secret::from(url.to_owned()), redis_ca: None }
    }

    /// The queue with these settings. Does not connect yet.
    pub fn queue(&self) -> Result<Queue, goalpost_queue::Error> {
        let read =
            |path: &PathBuf| std::fs::read(path).map_err(|error| goalpost_queue::Error::Config(error.into()));
        let authorities = self.redis_ca.as_ref().map(read).transpose()?;
        Queue::believing(self.redis_url.reveal(), authorities)
    }
}

/// Logs, traces and metrics of a process.
#[derive(Args, Clone, Debug)]
pub struct TelemetryArgs {
    /// How log lines look.
    #[arg(long, env = "GOALPOST_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Where traces go: an OTLP endpoint (gRPC), for example `http://localhost:4317`. None: nowhere.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// Address for Prometheus to scrape, for example `127.0.0.1:9464`. None: no metrics.
    #[arg(long, env = "GOALPOST_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let args = RedisArgs::at("redis://:hunter2@localhost");
        assert!(!format!("{args:?}").contains("hunter2"));
    }

    #[test]
    fn a_pooler_without_the_databases_own_url_is_a_wrong_setting() {
        let mut args = PostgresArgs::direct("postgres://localhost/db", 1);
        assert!(args.store().is_ok());
        args.pooling.database_pooler = Pooler::Pgbouncer;
        assert!(matches!(args.store(), Err(Error::Config(_))));
        args.pooling.database_direct_url = Some("postgres://localhost:5433/db".parse().unwrap());
        assert!(args.store().is_ok());
    }
}
