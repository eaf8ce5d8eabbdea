//! Concurrency keys: tasks that may run only so many at once, whatever workflow they are of.
//!
//! The engine asks for them and gives them back with its transitions, which hand them on; here they are read.

mod explain;
mod granted;
mod repair;

pub(crate) use explain::bare;
pub use explain::{KeyUse, use_of_keys};
pub use granted::{granted_among, granted_tasks};
pub use repair::hand_on;
