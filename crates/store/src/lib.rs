//! PostgreSQL: the pool, the migrations and every SQL statement of the system.
//!
//! One folder an aggregate; one statement a place, with its row mapper beside it.
//! What a statement writes, its triggers (see `migrations/`) turn into events, outbox rows
//! and notifications in the same transaction.

pub mod api_keys;
mod connection;
mod connector;
mod error;
pub mod goals;
pub mod history;
mod json;
pub mod keys;
mod migrate;
pub mod outbox;
pub mod payloads;
pub mod plannings;
pub mod retention;
mod row;
mod settings;
mod store;
pub mod takers;
pub mod timers;
mod view;
pub mod workflows;

pub use connector::Dedicated;
pub use error::Error;
pub use json::Json;
pub use migrate::migrate;
pub use settings::{Pooler, Settings};
pub use store::Store;
pub use view::View;
