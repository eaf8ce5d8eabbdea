//! What every service's main shares: settings, listener, health, reflection, telemetry, errors,
//! drain, and the life of a process that takes from lists.

pub mod access;
pub mod args;
pub mod backoff;
mod by_service;
mod connection;
pub mod drain;
pub mod health;
pub mod lease;
pub mod line;
pub mod load;
pub mod metrics;
pub mod resource;
pub mod server;
pub mod shutdown;
pub mod status;
pub mod telemetry;
pub mod trace_context;

/// The allocator of every process that is a service. With the system's, a quarter of their time
/// under load went into it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An error and its causes in one line, for logs and for people.
pub fn describe(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
