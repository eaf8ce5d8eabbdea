//! Typed ids. All are UUIDs; new ones are version 7 and are made by the services,
//! because this crate has no clock and no random numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

uuid_id! {
    /// A goal. Its workflow, if it gets one, has the same UUID.
    GoalId
}
uuid_id! {
    /// A workflow.
    WorkflowId
}
uuid_id! {
    /// One life of a process that takes from lists; a restart makes a new one.
    EngineId
}
uuid_id! {
    /// One life of a worker's process; kept while it reconnects.
    SessionId
}

uuid_id! {
    /// A value that is stored because it is too large to be carried.
    PayloadId
}

impl From<GoalId> for WorkflowId {
    fn from(goal: GoalId) -> Self {
        Self(goal.0)
    }
}

/// One attempt at one task: what a delivery list carries and a completion names.
///
/// Its text form is `<workflow>:<ordinal>:<attempt>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptRef {
    /// The workflow.
    pub workflow: WorkflowId,
    /// The task's place in its blueprint, from 0.
    pub task: u32,
    /// The attempt, from 1.
    pub attempt: u32,
}

impl fmt::Display for AttemptRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.workflow, self.task, self.attempt)
    }
}

/// Text that is not of the form `<workflow>:<ordinal>:<attempt>`.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not of the form <workflow>:<ordinal>:<attempt>")]
pub struct InvalidAttemptRef(String);

impl FromStr for AttemptRef {
    type Err = InvalidAttemptRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let mut parts = text.splitn(3, ':');
            Some(Self {
                workflow: parts.next()?.parse().ok()?,
                task: parts.next()?.parse().ok()?,
                attempt: parts.next()?.parse().ok()?,
            })
        };
        parse().ok_or_else(|| InvalidAttemptRef(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempt_ref_survives_its_text_form() {
        let attempt = AttemptRef { workflow: WorkflowId(Uuid::from_u128(7)), task: 3, attempt: 2 };
        assert_eq!(attempt.to_string().parse::<AttemptRef>().unwrap(), attempt);
        for wrong in ["", "x:1:1", "00000000-0000-0000-0000-000000000007:1", "a:b:c:d"] {
            assert!(wrong.parse::<AttemptRef>().is_err(), "{wrong}");
        }
    }
}
