//! For tests: private stores, one database a test, waiting for a state.
//!
//! The first test of a process starts a PostgreSQL and migrates a template; each test gets a
//! clone of it (NOTIFY channels are per database). Each test that wants one gets its own Redis.
//! All of it ends with the process. A [`proxy`] stands in for a network that fails, an [`llm::Server`]
//! for a language model.

mod database;
pub mod llm;
pub mod proxy;
mod redis;
mod wait;

pub use database::{
    Database, Replicated, database, durable_postgres, empty_database, own_postgres, replicated_postgres,
};
pub use redis::{TestRedis, redis, redis_in_place_of};
pub use wait::{Pulse, wait_for};
