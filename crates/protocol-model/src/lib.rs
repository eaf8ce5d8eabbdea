//! The delivery protocol as a state machine, every interleaving explored. For development only.
//!
//! Everything that can happen is an [action](stateright::Model::Action): one atomic step of an engine,
//! a worker, a relay, the watch over takers, a timer or Redis, or a fault. The checker goes through all
//! orders of them within [`Bounds`] and looks at every state: no attempt runs twice, a stale completion
//! changes nothing, events have no gaps, and where nothing can move any more without another fault,
//! every task has ended and nothing waits anywhere. Paths do not go in circles, so all reach such a
//! state; `tests/protocol/ending.rs` looks at that, within narrower bounds.
//!
//! A [`Mutation`] breaks one rule; the tests show that each is found out, and print the shortest way to
//! it:
//!
//! ```sh
//! cargo test -p goalpost-protocol-model broken -- --nocapture
//! ```
//!
//! # What is modelled
//!
//! | file | what it stands for |
//! |---|---|
//! | `postgres.rs` | `tasks`, `histories`, `events`, `outbox`, `takers`; deletes that a crash may undo |
//! | `redis.rs` | lists, processing lists, the epoch and who was told of it, takes whose other end is gone |
//! | `relay.rs` | `services/persistence/src/relay.rs` and `republish.rs`; two at once, where one lost its lock |
//! | `deaths.rs`, `timers.rs` | `deaths.rs` and `alarm.rs` there; of the timers those of retries |
//! | `advance.rs`, `commit.rs` | the pure core and the committer: memory, fence, refusals |
//! | `line.rs`, `sessions.rs` | `crates/queue/src/taker.rs`, `services/graph-engine/src/workers` and `orders.rs` |
//! | `worker.rs` | `crates/worker`: one session over many streams, results kept until acknowledged |
//!
//! # What is not
//!
//! Time: a grace time is over, a timer is due, a lost connection is noticed whenever the checker likes.
//! Order in lists, lanes and their turns: takers come to elements in any. Batches: an engine deals with one element after the
//! other, a worker has room for one attempt, drains have no limit. Redis that comes back from an old
//! file: it has all or nothing. Engines that start, goals and outcomes, cancellations and their lists, timeouts,
//! retry limits. States are told apart by 64-bit hashes.
//!
//! # How much is seen
//!
//! One task, two engines, one worker: 222 states without a fault; 299,132 with a crash of the database,
//! 321,174 with an engine that dies and one that is taken for dead, 366,858 with a lost stream and a
//! lost connection. Two tasks, two engines, two workers: 26,898 without a fault, 96,272 in a chain when
//! the active replica dies. All tests: 2.6 million states of the protocol and 3 million of broken ones,
//! in about 20 seconds of one core. Every pair of faults, on demand: some have more than 5 million.

mod actions;
mod advance;
mod bounds;
mod commit;
mod deaths;
mod element;
mod engine;
mod faults;
mod line;
mod model;
mod mutation;
mod postgres;
pub mod properties;
mod redis;
mod relay;
mod sessions;
mod state;
mod timers;
mod worker;

pub use bounds::{Bounds, Faults, Kind, Shape};
pub use model::Protocol;
pub use mutation::Mutation;
