//! Namespaces and priorities.

use goalpost_model::{InvalidNamespace, Namespace, Priority};

use crate::{Violations, v1};

/// The priority as a message.
pub fn priority(priority: Priority) -> v1::Priority {
    match priority {
        Priority::Low => v1::Priority::Low,
        Priority::Normal => v1::Priority::Normal,
        Priority::High => v1::Priority::High,
    }
}

/// The priority that a message names.
pub fn read_priority(priority: i32, field: &str, violations: &mut Violations) -> Priority {
    match v1::Priority::try_from(priority) {
        Ok(v1::Priority::Unspecified | v1::Priority::Normal) => Priority::Normal,
        Ok(v1::Priority::Low) => Priority::Low,
        Ok(v1::Priority::High) => Priority::High,
        Err(_) => {
            violations.add(field, "is not a priority");
            Priority::Normal
        }
    }
}

/// The namespace that a message names; `None` if it names none.
pub fn read_namespace(name: &str, field: &str, violations: &mut Violations) -> Option<Namespace> {
    if name.is_empty() {
        return None;
    }
    name.parse().inspect_err(|error: &InvalidNamespace| violations.add(field, error.to_string())).ok()
}
