//! Policies: which plans run, which never do, and which have to be approved. Pure.
//!
//! ```text
//! file -- Policies::read --> Policies          a goal's own Policy -- CompiledPolicy::compile --> CompiledPolicy
//!            Policies::decide(namespace, the goal's own, Case) --> Ruling
//! ```
//!
//! The policy of a goal's namespace and the goal's own both count: what one of them refuses never runs, and what both
//! want approved needs both approvals. A rule whose condition cannot be decided refuses: a policy that does not
//! understand a plan must not let it pass. docs/decisions.md is the page for those who write policies.

mod case;
mod file;
mod policy;
mod ruling;

pub use case::{Case, Estimate, Plan, Submission, WorstCase};
pub use file::{Policies, read_policy};
pub use policy::{CompiledPolicy, Mistake};
pub use ruling::{Ruling, Wanted};
