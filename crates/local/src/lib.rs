//! A private PostgreSQL and Redis from the machine's binaries, as children of this process:
//! for `goalpost dev`, for tests and for benchmarks; for tests a standby and a PgBouncer, too.
//!
//! They listen on loopback only, on free ports, with random passwords, and end with their parent,
//! even if that is killed.

mod binaries;
mod directory;
mod error;
mod leash;
mod owner;
mod pgbouncer;
mod port;
mod postgres;
mod redis;
mod secret;

pub use directory::Directory;
pub use error::Error;
pub use pgbouncer::PgBouncer;
pub use postgres::{Durability, FOLLOWED, Postgres};
pub use redis::Redis;
