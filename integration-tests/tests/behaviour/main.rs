//! The whole system, as its users have it: the `goalpost` binary, real PostgreSQL, real Redis,
//! workers over gRPC.
#![cfg(test)]

mod bad_input;
mod collector;
mod crash;
mod fairness;
mod harness;
mod idle;
mod main_path;
mod many;
mod metrics;
mod overload;
mod postgres_faults;
mod processes;
mod stores;
mod timers;
mod tracing;
mod truth;
mod workers;
