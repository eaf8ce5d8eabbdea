//! Capabilities that the engine has itself: no worker is needed for them.

use std::sync::LazyLock;

use goalpost_model::limits::MAX_DELAY_MS;
use goalpost_model::{Capability, Effect};
use serde_json::json;

use crate::CapabilitySource;

/// What the names of all of them begin with. No catalog and no worker may use it.
pub const PREFIX: &str = "goalpost.";

/// Waits for `duration_ms`, or `until` a time (RFC 3339).
pub const WAIT: &str = "goalpost.wait";

/// What the engine does by itself for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// It lets time pass.
    Wait,
}

impl Control {
    pub(crate) fn of(capability: &str) -> Option<Self> {
        (capability == WAIT).then_some(Self::Wait)
    }
}

static BUILTIN: LazyLock<[Capability; 1]> = LazyLock::new(|| [wait()]);

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
