//! The whole system, as its users have it: the `goalpost` binary, real PostgreSQL, real Redis,
//! workers over gRPC.
#![cfg(test)]

mod adoption;
mod bad_input;
mod branching;
mod by_hand;
mod cluster;
mod collector;
mod crash;
mod draining;
mod expanding;
mod explaining;
mod extending;
mod fairness;
mod harness;
mod idle;
mod keys;
mod large;
mod liveness;
mod llm;
mod load;
mod lost_answers;
mod main_path;
mod many;
mod metrics;
mod nested;
mod order;
mod overload;
mod partition;
mod patterns;
mod payload_limits;
mod payloads;
mod planning;
mod pooling;
mod postgres_faults;
mod processes;
mod raw_worker;
mod redis_faults;
mod secrets;
mod simulating;
mod stores;
mod timers;
mod traces;
mod tracing;
mod truth;
mod workers;
