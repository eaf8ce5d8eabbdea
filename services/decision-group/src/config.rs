//! Settings of the decision group.

use std::net::SocketAddr;

use clap::Args;
use goalpost_service::args::{PostgresArgs, RedisArgs};

/// Settings of the decision group.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where it listens for gRPC.
    #[arg(long, env = "GOALPOST_DECISION_GROUP_LISTEN", default_value = "127.0.0.1:50051")]
    pub listen: SocketAddr,
    /// The planner.
    #[arg(long, env = "GOALPOST_PLANNER", default_value = "http://127.0.0.1:50052")]
    pub planner: String,
    /// The graph engine.
    #[arg(long, env = "GOALPOST_GRAPH_ENGINE", default_value = "http://127.0.0.1:50053")]
    pub graph_engine: String,
    /// The persistence service.
    #[arg(long, env = "GOALPOST_PERSISTENCE", default_value = "http://127.0.0.1:50054")]
    pub persistence: String,
    /// PostgreSQL.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// Redis.
    #[command(flatten)]
    pub redis: RedisArgs,
}
