//! Settings of the persistence service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use goalpost_service::access::AccessArgs;
use goalpost_service::args::{PostgresArgs, RedisArgs};
use goalpost_service::drain::DrainArgs;
use goalpost_service::load::LoadArgs;

/// How long histories are kept.
#[derive(Args, Clone, Debug)]
pub struct RetentionArgs {
    /// Seconds after its submission that the history of an ended goal is kept; 0: for ever. 30 days.
    #[arg(long, env = "GOALPOST_RETENTION_SECONDS", default_value_t = 2_592_000)]
    pub retention_seconds: u64,
    /// Seconds whose histories share a partition, and are dropped together. 7 days.
    #[arg(long, env = "GOALPOST_HISTORY_PARTITION_SECONDS", default_value_t = 604_800,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub history_partition_seconds: u64,
    /// A program that gets histories on its standard input before they are removed: one JSON document a
    /// line. They are removed once it has ended well, and come again if it has not.
    #[arg(long, env = "GOALPOST_ARCHIVE_COMMAND")]
    pub archive_command: Option<PathBuf>,
}

impl Default for RetentionArgs {
    fn default() -> Self {
        Self { retention_seconds: 2_592_000, history_partition_seconds: 604_800, archive_command: None }
    }
}

impl RetentionArgs {
    /// How long they are kept; `None`: for ever.
    pub(crate) fn age(&self) -> Option<Duration> {
        (self.retention_seconds > 0).then(|| Duration::from_secs(self.retention_seconds))
    }

    /// The width of a partition.
    pub(crate) fn width(&self) -> Duration {
        Duration::from_secs(self.history_partition_seconds)
    }
}

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
    /// How long histories are kept.
    #[command(flatten)]
    pub retention: RetentionArgs,
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
    pub(crate) fn engine_grace(&self) -> Duration {
        Duration::from_millis(self.engine_grace_ms)
    }
}
