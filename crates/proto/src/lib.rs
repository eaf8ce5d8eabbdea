//! The gRPC API: generated code, and its conversions to and from the model.
//!
//! Messages are read exhaustively: every conversion takes its message apart field by field,
//! so that a new field does not compile until somebody decides what it means. What is wrong
//! with a message is noted as [`Violations`], all of it at once.

mod amount;
mod blueprint;
mod body;
mod budget;
pub mod codec;
mod event;
mod finding;
mod goal;
mod json;
mod lane;
mod llm_usage;
mod payload;
mod planning;
mod policy;
mod state;
mod time;
mod timing;
mod violations;
mod whole;

/// The generated code of package `goalpost.v1`.
#[expect(
    clippy::all,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]
pub mod v1 {
    tonic::include_proto!("goalpost.v1");
    include!(concat!(env!("OUT_DIR"), "/goalpost.v1.serde.rs"));
}

/// The API's file descriptors, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/goalpost_descriptor.bin"));

pub use blueprint::{blueprint_from_model, capability_from_model, read_blueprint, read_capability};
pub use budget::{read_budget_change, read_goal_budget, read_planning, read_usage};
pub use event::event_type;
pub use goal::{goal_state, read_goal_state};
pub use json::{JsonProblem, json_from_value, map_from_struct, read_value, struct_from_map, value_from_json};
pub use lane::{priority, read_namespace, read_priority};
pub use payload::{payload_from_model, read_payload};
pub use planning::{read_step, read_steps};
pub use policy::{approval_state, at_deadline, policy_from_model, read_approval_state, read_policy};
pub use state::{task_state, workflow_state};
pub use time::{now, read_timestamp, timestamp};
pub use violations::{Violation, Violations};
pub use whole::message_of;
