//! Capabilities that the engine has itself: no worker is needed for them.

use std::sync::LazyLock;

use goalpost_model::limits::{MAX_DELAY_MS, MAX_GOAL_BYTES, MAX_ITEMS, MAX_NAME_BYTES};
use goalpost_model::{Capability, Effect, FOR_EACH, LOOP, RUN, SUB_GOAL};
use serde_json::json;

use crate::CapabilitySource;

/// What the names of all of them begin with. No catalog and no worker may use it.
pub const PREFIX: &str = "goalpost.";

/// Waits for `duration_ms`, or `until` a time (RFC 3339).
pub const WAIT: &str = "goalpost.wait";

/// Its output is its input: what its data flow computes.
pub const TRANSFORM: &str = "goalpost.transform";

/// Waits for a signal of this `name`, and hands its payload on.
pub const AWAIT_SIGNAL: &str = "goalpost.await_signal";

/// Waits until somebody approves.
pub const APPROVE: &str = "goalpost.approve";

/// Waits for a graph that somebody brings, and runs it.
pub const EXTENSION: &str = "goalpost.extension";

/// What the engine does by itself for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// It lets time pass.
    Wait,
    /// It hands its input on.
    Transform,
    /// It runs the graph inside of the task.
    Body,
    /// It waits for a signal.
    AwaitSignal,
    /// It waits for somebody's word.
    Approve,
    /// It runs the plan of a goal.
    SubGoal,
    /// It runs a graph that somebody brings.
    Extension,
}

impl Control {
    pub(crate) fn of(capability: &str) -> Option<Self> {
        match capability {
            WAIT => Some(Self::Wait),
            TRANSFORM => Some(Self::Transform),
            AWAIT_SIGNAL => Some(Self::AwaitSignal),
            APPROVE => Some(Self::Approve),
            SUB_GOAL => Some(Self::SubGoal),
            EXTENSION => Some(Self::Extension),
            FOR_EACH | LOOP | RUN => Some(Self::Body),
            _ => None,
        }
    }
}

static BUILTIN: LazyLock<[Capability; 9]> = LazyLock::new(|| {
    [wait(), transform(), for_each(), repeat(), run(), await_signal(), approve(), sub_goal(), extension()]
});

fn for_each() -> Capability {
    let failed = json!({
        "type": "object",
        "properties": {"index": {"type": "integer"}, "kind": {"type": "string"}, "message": {"type": "string"}},
        "additionalProperties": false,
    });
    Capability {
        name: FOR_EACH.to_owned(),
        description: "Runs the graph inside of the task for each item of a list.".to_owned(),
        input_schema: Some(json!({
            "type": "object",
            "properties": {"items": {"type": "array", "maxItems": MAX_ITEMS}},
            "required": ["items"],
        })),
        output_schema: Some(json!({
            "type": "object",
            "properties": {"outputs": {"type": "array"}, "failed": {"type": "array", "items": failed}},
            "additionalProperties": false,
        })),
        effect: Effect::Read,
        cost: None,
    }
}

fn repeat() -> Capability {
    Capability {
        name: LOOP.to_owned(),
        description: "Runs the graph inside of the task again and again, while a condition holds.".to_owned(),
        input_schema: None,
        output_schema: Some(json!({
            "type": "object",
            "properties": {"output": {"type": "object"}, "iterations": {"type": "integer"}},
            "additionalProperties": false,
        })),
        effect: Effect::Read,
        cost: None,
    }
}

fn run() -> Capability {
    Capability {
        name: RUN.to_owned(),
        description: "Runs another blueprint.".to_owned(),
        input_schema: None,
        output_schema: Some(json!({"type": "object"})),
        effect: Effect::Read,
        cost: None,
    }
}

fn transform() -> Capability {
    Capability {
        name: TRANSFORM.to_owned(),
        description: "Hands its input on as its output; its data flow computes it, without a worker."
            .to_owned(),
        input_schema: None,
        output_schema: Some(json!({"type": "object"})),
        effect: Effect::Read,
        cost: None,
    }
}

fn await_signal() -> Capability {
    Capability {
        name: AWAIT_SIGNAL.to_owned(),
        description: "Waits for a signal, and hands its payload on; durable, and without a worker."
            .to_owned(),
        input_schema: Some(json!({
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": MAX_NAME_BYTES},
                "timeout_ms": {"type": "integer", "minimum": 0, "maximum": MAX_DELAY_MS},
            },
            "required": ["name"],
            "additionalProperties": false,
        })),
        output_schema: None,
        effect: Effect::Read,
        cost: None,
    }
}

fn sub_goal() -> Capability {
    Capability {
        name: SUB_GOAL.to_owned(),
        description: "Has a goal planned when it is reached, and runs the plan inside of the task."
            .to_owned(),
        input_schema: Some(json!({
            "type": "object",
            "properties": {
                "goal": {"type": "string", "minLength": 1, "maxLength": MAX_GOAL_BYTES},
                "goal_type": {"type": "string", "minLength": 1},
                "input": {"type": "object"},
            },
            "additionalProperties": false,
            "oneOf": [{"required": ["goal"]}, {"required": ["goal_type"]}],
        })),
        output_schema: Some(json!({"type": "object"})),
        effect: Effect::Read,
        cost: None,
    }
}

fn extension() -> Capability {
    Capability {
        name: EXTENSION.to_owned(),
        description: "Waits for a graph that somebody brings, and runs it inside of the task.".to_owned(),
        input_schema: Some(json!({
            "type": "object",
            "properties": {"timeout_ms": {"type": "integer", "minimum": 0, "maximum": MAX_DELAY_MS}},
        })),
        output_schema: Some(json!({"type": "object"})),
        effect: Effect::Read,
        cost: None,
    }
}

fn approve() -> Capability {
    Capability {
        name: APPROVE.to_owned(),
        description: "Waits until somebody approves or rejects; durable, and without a worker.".to_owned(),
        input_schema: Some(json!({
            "type": "object",
            "properties": {"timeout_ms": {"type": "integer", "minimum": 0, "maximum": MAX_DELAY_MS}},
        })),
        output_schema: Some(json!({
            "type": "object",
            "properties": {"by": {"type": "string"}, "reason": {"type": "string"}},
            "additionalProperties": false,
        })),
        effect: Effect::Read,
        cost: None,
    }
}

fn wait() -> Capability {
    Capability {
        name: WAIT.to_owned(),
        description: "Waits for a duration, or until a time; durable, and without a worker.".to_owned(),
        input_schema: Some(json!({
            "type": "object",
            "properties": {
                "duration_ms": {"type": "integer", "minimum": 0, "maximum": MAX_DELAY_MS},
                "until": {"type": "string", "format": "date-time"},
            },
            "additionalProperties": false,
            "oneOf": [{"required": ["duration_ms"]}, {"required": ["until"]}],
        })),
        output_schema: Some(json!({"type": "object", "additionalProperties": false})),
        effect: Effect::Read,
        cost: None,
    }
}

/// Whether the engine has it itself.
pub fn has(capability: &str) -> bool {
    BUILTIN.iter().any(|builtin| builtin.name == capability)
}

/// A catalog and what the engine has itself.
pub(crate) struct WithBuiltin<'a, S: ?Sized>(pub(crate) &'a S);

impl<S: CapabilitySource + ?Sized> CapabilitySource for WithBuiltin<'_, S> {
    fn capability(&self, name: &str) -> Option<&Capability> {
        if name.starts_with(PREFIX) {
            return BUILTIN.iter().find(|capability| capability.name == name);
        }
        self.0.capability(name)
    }

    fn names(&self) -> Vec<&str> {
        let mut names = self.0.names();
        names.extend(BUILTIN.iter().map(|capability| capability.name.as_str()));
        names
    }
}
