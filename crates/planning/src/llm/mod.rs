//! Plans by a language model. Pure: what it is asked and what becomes of its answers; nobody is asked here.
//!
//! The model proposes and the checker decides. Its answer is read into a draft (`draft.rs`), which has no room for
//! definitions of capabilities, and built into a blueprint; that is checked like any other, and held against what the
//! goal brought: endpoints and secrets that its input does not have are findings, too. Findings go back as they are, at
//! most twice. A plan of methods with holes ([`crate::Sketch`]) is filled the same way, one hole after the other: what the
//! model answers is the graph that the hole's task runs, and it is checked in its place. For a goal that runs it makes
//! another plan (`revising.rs`): it names what stays, and says what is new.
//!
//! ```text
//! goal, catalog -> prompt -> (model) -> answer -> draft -> build -> guard + check -> Drafted
//!                     ^                                                 |
//!                     +------------ findings, at most twice ------------+
//! ```

mod answer;
mod build;
pub mod code;
mod data;
mod draft;
mod drafting;
mod endpoint;
mod guard;
mod offer;
mod prompt;
mod revising;

pub use drafting::{Drafted, Drafting, GaveUp, MAX_REPAIRS, Verdict};
pub use prompt::{FILL_PROMPT, PLAN_PROMPT, REPLAN_PROMPT, Said, Turn, answer_schema};
