//! Chaos: the whole system as processes, broken at random and with a seed, and the proof afterwards
//! that nothing was lost, invented or done twice.
//!
//! ```text
//! workload --goals--> cluster (processes, links, stores) <--faults-- nemesis
//!    |                   |
//!  records            database, ledgers
//!    +-------> checker <--+  -> report
//! ```

pub mod behaviour;
pub mod checker;
mod cluster;
mod collect;
pub mod ledger;
mod nemesis;
mod processes;
mod random;
mod records;
mod report;
mod run;
mod stores;
mod topology;
mod watchers;
mod workload;

pub use cluster::Size;
pub use report::Report;
pub use run::{Settings, run};

/// Why a run could not be made. What it finds is no error.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
