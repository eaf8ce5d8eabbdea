//! Chaos: the whole system as processes, broken at random and with a seed, and the proof afterwards
//! that nothing was lost, invented or done twice.

pub mod behaviour;
pub mod checker;
pub mod ledger;
mod random;
mod workload;

/// Why a run could not be made. What it finds is no error.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
