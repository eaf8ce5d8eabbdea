//! Plans by a language model: what is planned so, and the journal of what the model has said.

mod begin;
mod steps;

pub use begin::{begin, begin_anew};
pub use steps::{is_wanted, keep, past, steps};
