//! PostgreSQL: the pool, the migrations and every SQL statement of the system.
//!
//! One folder an aggregate; one statement a place, with its row mapper beside it.
//! What a statement writes, its triggers (see `migrations/`) turn into events, outbox rows
//! and notifications in the same transaction.

mod error;
pub mod goals;
pub mod history;
mod json;
mod migrate;
pub mod outbox;
pub mod retention;
mod store;
pub mod takers;
pub mod timers;
pub mod workflows;

pub use error::Error;
pub use json::Json;
pub use migrate::migrate;
pub use store::{Dedicated, Store};
