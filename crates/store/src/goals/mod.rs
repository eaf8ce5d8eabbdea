//! Goals and the decisions on them, as the decision group reads and writes them.

mod approvals;
mod blueprint;
mod budget;
mod cancel;
mod insert;
mod plan;
mod read;
mod settle;

pub use approvals::{
    Answer, ApprovalFilter, Edit, NewApproval, StoredApproval, Word, admit, ask_to_extend, decide, edit,
    expire, list_approvals,
};
pub use blueprint::NewBlueprint;
pub use budget::set_budget;
pub use cancel::{Unwanted, request_cancel, unwanted};
pub use insert::{Inserted, NewGoal, RequestKey, insert};
pub use plan::{Planned, Verdict, store_plans};
pub use read::{FoundGoal, GoalFilter, StoredDecision, StoredGoal, find, get, is_there, list, open};
pub use settle::{fail, settle};
