//! Settings of the persistence service.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use goalpost_service::args::{PostgresArgs, RedisArgs};

/// Settings of the persistence service.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where it listens for gRPC.
    #[arg(long, env = "GOALPOST_PERSISTENCE_LISTEN", default_value = "127.0.0.1:50054")]
    pub listen: SocketAddr,
    /// Milliseconds that the workers of a dead engine have to come to another one before their
    /// attempts are lost.
    #[arg(long, env = "GOALPOST_ENGINE_GRACE_MS", default_value_t = 5_000)]
    pub engine_grace_ms: u64,
    /// PostgreSQL.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// Redis.
    #[command(flatten)]
    pub redis: RedisArgs,
}

impl Config {
    pub(crate) fn engine_grace(&self) -> Duration {
        Duration::from_millis(self.engine_grace_ms)
    }
}
