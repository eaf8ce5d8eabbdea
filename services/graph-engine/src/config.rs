//! Settings of the graph engine.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use goalpost_service::access::AccessArgs;
use goalpost_service::args::{PayloadArgs, PostgresArgs, RedisArgs};
use goalpost_service::drain::DrainArgs;
use goalpost_service::load::LoadArgs;

use crate::payloads::StoredPayloadArgs;

/// Settings of the graph engine.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where it listens for gRPC, of the decision group and of workers.
    #[arg(long, env = "GOALPOST_GRAPH_ENGINE_LISTEN", default_value = "127.0.0.1:50053")]
    pub listen: SocketAddr,
    /// Milliseconds that a worker may be away before its attempts are lost.
    #[arg(long, env = "GOALPOST_WORKER_GRACE_MS", default_value_t = 5_000)]
    pub worker_grace_ms: u64,
    /// Workflows held in memory at most; others are read when something happens to them.
    #[arg(long, env = "GOALPOST_CACHED_WORKFLOWS", default_value_t = 10_000)]
    pub cached_workflows: usize,
    /// How much it stores for them.
    #[command(flatten)]
    pub payloads: StoredPayloadArgs,
    /// How large inputs and outputs may be.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// How much it takes on at once.
    #[command(flatten)]
    pub load: LoadArgs,
    /// Its end.
    #[command(flatten)]
    pub drain: DrainArgs,
    /// Who may call it, and how it shows who it is.
    #[command(flatten)]
    pub access: AccessArgs,
    /// PostgreSQL.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// Redis.
    #[command(flatten)]
    pub redis: RedisArgs,
}

impl Config {
    pub(crate) fn worker_grace(&self) -> Duration {
        Duration::from_millis(self.worker_grace_ms)
    }
}
