//! The capability catalog and the deterministic planner. Pure: no IO, no clock, no random numbers.
//!
//! A [`Catalog`] is read from YAML: capabilities, and templates and methods that reach goals with them.
//! [`plan`] finds the method for a goal, plans its nested goals, finds capabilities for the facts that it wants, and
//! puts everything together into one checked blueprint:
//!
//! ```text
//! GoalRequest -> index -> method::matches (pattern, type) -> precondition -> assemble -> splice -> check -> Plan
//!                  ^                                          |      |
//!                  +-- nested goals (search, branches) -------+      +-- wanted facts (chain)
//! ```
//!
//! The format of a catalog is described in `docs/catalog.md`.

mod assemble;
mod branches;
mod catalog;
mod chain;
mod dead;
mod entry;
mod estimate;
mod fit;
mod fragment;
mod goal;
mod graph;
mod hole;
mod index;
mod known;
mod ladder;
pub mod llm;
mod meaning;
mod method;
mod mistake;
mod moving;
mod namespaces;
mod no_plan;
mod parameters;
mod parse;
mod pattern;
mod placeholder;
mod plan;
mod precondition;
mod raw;
mod reading;
mod rename;
mod replan;
mod sample;
mod scope;
mod search;
mod sketch;
mod splice;
mod template;
mod tokens;
mod version;
mod yaml;

pub use catalog::{Catalog, InNamespace, Listed, Source};
pub use dead::DeadEnd;
pub use entry::Entry;
pub use estimate::{Estimate, estimate};
pub use goal::GoalRequest;
pub use ladder::{Attempt, Outcome, Rung};
pub use mistake::{Mistake, Mistakes};
pub use namespaces::Namespaces;
pub use no_plan::{NoPlan, Rejection};
pub use plan::{Plan, plan};
pub use replan::{Replan, replan};
pub use sketch::{MAX_HOLES, Sketch, sketch};
