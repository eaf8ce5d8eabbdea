//! Settings that more than one service has: flags with their environment variables.
//!
//! | flag | variable |
//! |---|---|
//! | `--database-url` | `DATABASE_URL` |
//! | `--database-connections` | `GOALPOST_DATABASE_CONNECTIONS` |
//! | `--redis-url` | `REDIS_URL` |
//! | `--metrics-listen` | `GOALPOST_METRICS_LISTEN` |
//! | `--log-format` | `GOALPOST_LOG_FORMAT` |
//! | `--otlp-endpoint` | `OTEL_EXPORTER_OTLP_ENDPOINT` |

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use clap::{Args, ValueEnum};

/// Text that holds a secret; it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// Where PostgreSQL is.
#[derive(Args, Clone, Debug)]
pub struct PostgresArgs {
    /// PostgreSQL, as `postgres://user:password@host:port/database`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
    /// Pooled connections to PostgreSQL at most.
    #[arg(long, env = "GOALPOST_DATABASE_CONNECTIONS", default_value_t = 8)]
    pub database_connections: usize,
}

/// Where Redis is.
#[derive(Args, Clone, Debug)]
pub struct RedisArgs {
    /// Redis, as `redis://user:password@host:port/database`.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Secret,
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
        let args = RedisArgs { redis_url: "redis://:hunter2@localhost".parse().unwrap() };
        assert!(!format!("{args:?}").contains("hunter2"));
    }
}
