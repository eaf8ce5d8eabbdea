//! Plans by a language model: what is planned so, and the journal of what the model has said.

mod begin;
mod steps;

pub use begin::begin;
pub use steps::{is_wanted, keep, steps};
