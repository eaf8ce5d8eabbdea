//! What can be done.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Cost;

/// Something that can be done, and that workers offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capability {
    /// For example `weather.fetch`.
    pub name: String,
    /// One line for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// JSON Schema (2020-12) of a task's input; `None` means any object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Value>,
    /// JSON Schema (2020-12) of a task's output; `None` means anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// Whether it changes anything outside.
    #[serde(default)]
    pub effect: Effect,
    /// What an attempt takes; `None`: nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// Whether a capability changes anything outside the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It only looks.
    Read,
    /// It changes something. The careful default.
    #[default]
    Write,
}
