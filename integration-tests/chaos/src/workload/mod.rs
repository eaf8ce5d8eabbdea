//! The goals of a run.
pub mod graphs;
