//! Redis: the delivery lists. The only crate that knows a key's name.
//!
//! Redis only delivers: whatever is in it can be made again from PostgreSQL. An element is
//! taken into a processing list of its taker and leaves it after the taker has committed, so
//! that neither a crash of the taker nor one of its connection loses an element. Deliveries may
//! repeat; those who act on them refuse the second time.
//!
//! A list consists of lanes, one for each namespace and priority that has something on it. Lanes take
//! turns, so that nobody's backlog is in anybody's way; see `scripts/lanes.lua`.

mod connections;
mod contents;
mod element;
mod epoch;
mod error;
mod keys;
mod link;
mod list;
mod push;
mod queue;
mod scripts;
mod taker;

pub use contents::Contents;
pub use element::{Depth, Element, LaneDepth};
pub use epoch::{Epoch, EpochWatch};
pub use error::Error;
pub use link::Link;
pub use list::{InvalidList, List};
pub use push::{Pushed, Pusher};
pub use queue::Queue;
pub use taker::Taker;
