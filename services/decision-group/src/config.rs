//! Settings of the decision group.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use goalpost_service::access::AccessArgs;
use goalpost_service::args::{PayloadArgs, PostgresArgs, RedisArgs};
use goalpost_service::drain::DrainArgs;
use goalpost_service::load::LoadArgs;

/// Settings of the decision group.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where it listens for gRPC.
    #[arg(long, env = "GOALPOST_DECISION_GROUP_LISTEN", default_value = "127.0.0.1:50051")]
    pub listen: SocketAddr,
    /// The planner; its replicas with commas between them, or a name that stands for them.
    #[arg(long, env = "GOALPOST_PLANNER", default_value = "http://127.0.0.1:50052")]
    pub planner: String,
    /// The graph engine, likewise.
    #[arg(long, env = "GOALPOST_GRAPH_ENGINE", default_value = "http://127.0.0.1:50053")]
    pub graph_engine: String,
    /// The persistence service, likewise.
    #[arg(long, env = "GOALPOST_PERSISTENCE", default_value = "http://127.0.0.1:50054")]
    pub persistence: String,
    /// Goals of one namespace that may be open at once; beyond, submissions are refused with
    /// RESOURCE_EXHAUSTED. A batch that was under way may go beyond it.
    #[arg(long, env = "GOALPOST_MAX_OPEN_GOALS", default_value_t = 100_000)]
    pub max_open_goals: u32,
    /// Goals that each namespace may submit a second, to each replica; without it as many as come.
    #[arg(long, env = "GOALPOST_MAX_SUBMISSIONS_PER_SECOND", value_name = "GOALS")]
    pub max_submissions_per_second: Option<NonZeroU32>,
    /// A file of policies that say which plans run, which never do and which have to be approved; without one
    /// everything runs. docs/decisions.md says how they are written.
    #[arg(long, env = "GOALPOST_POLICIES", value_name = "FILE")]
    pub policies: Option<PathBuf>,
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
