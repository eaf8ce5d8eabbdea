//! Retention: nothing grows without bound.
//!
//! Histories are expired by the time in their ids (UUIDv7), once they have ended: rows of goals,
//! workflows and tasks in small batches, their events by dropping the partition of that time. What
//! still runs stays, however old it is, and with it its events.

mod archive;
mod blueprints;
mod expire;
mod partitions;
mod payloads;

pub use archive::histories_as_json;
pub use blueprints::forget_blueprints;
pub use expire::{Expired, expired, is_open, remove};
pub use partitions::{Partition, create_partitions, drop_partition, next_due, partitions_before};
pub use payloads::{forget_broken_payloads, forget_payloads};
