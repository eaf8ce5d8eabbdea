//! Settings of the planner.
//!
//! | flag | variable |
//! |---|---|
//! | `--listen` | `GOALPOST_PLANNER_LISTEN` |
//! | `--catalog` | `GOALPOST_CATALOG` |
//! | `--drain-seconds` | `GOALPOST_DRAIN_SECONDS` |
//!
//! and those of [`LoadArgs`] and [`LlmArgs`].

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use goalpost_service::access::AccessArgs;
use goalpost_service::drain::DrainArgs;
use goalpost_service::load::LoadArgs;

use crate::llm::LlmArgs;

/// The port that the planner listens on unless it is told otherwise.
const DEFAULT_PORT: u16 = 50_052;

/// Settings of the planner.
#[derive(clap::Args, Clone, Debug)]
pub struct Config {
    /// Address to serve gRPC on.
    #[arg(
        long = "listen",
        env = "GOALPOST_PLANNER_LISTEN",
        default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT))
    )]
    pub listen: SocketAddr,
    /// A catalog file; may be given more than once. In the variable, commas or colons stand between files.
    #[arg(long = "catalog", env = "GOALPOST_CATALOG", value_name = "FILE", value_delimiter = ',')]
    pub catalogs: Vec<PathBuf>,
    /// The language model.
    #[command(flatten)]
    pub llm: LlmArgs,
    /// How much it takes on at once.
    #[command(flatten)]
    pub load: LoadArgs,
    /// Its end.
    #[command(flatten)]
    pub drain: DrainArgs,
    /// Who may call it, and how it shows who it is.
    #[command(flatten)]
    pub access: AccessArgs,
}

impl Config {
    /// The catalog files, those joined with colons taken apart.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let lists = self.catalogs.iter().flat_map(std::env::split_paths);
        lists.filter(|path| !path.as_os_str().is_empty()).collect()
    }
}

impl Default for Config {
    /// The default address, on loopback and open; no catalog and no language model.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)),
            catalogs: Vec::new(),
            llm: LlmArgs::default(),
            load: LoadArgs::default(),
            drain: DrainArgs::default(),
            access: AccessArgs::open(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn catalogs_come_one_by_one_or_joined() {
        let parsed = Arguments::parse_from(["planner", "--catalog", "a,b:c", "--catalog", "d.yaml"]).config;
        assert_eq!(parsed.files(), ["a", "b", "c", "d.yaml"].map(PathBuf::from));
        assert_eq!(parsed.listen, Config::default().listen);
    }
}
