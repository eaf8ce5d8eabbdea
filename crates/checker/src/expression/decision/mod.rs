//! Conditions that compare one path with constants, so that all of what they say can be known.
//!
//! `formula` reads such a condition and says what it gives for a value; `cells` divides all values of a path
//! into finitely many sorts, between which no formula can tell a difference.

mod cells;
mod formula;

pub(crate) use cells::{Cell, cells};
pub(crate) use formula::{Decision, Outcome};
