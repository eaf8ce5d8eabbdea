//! Workflows that wait for another plan.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::WorkflowId;

/// A workflow that waits for another plan: what a delivery list carries.
///
/// Its text form is `<workflow>:-1:<number>`, where a task's would have its ordinal and attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplanRef {
    /// The workflow.
    pub workflow: WorkflowId,
    /// Which of its plans, from 1: how often it has waited for another one.
    pub number: u32,
}

impl fmt::Display for ReplanRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:-1:{}", self.workflow, self.number)
    }
}

/// Text that is not of the form `<workflow>:-1:<number>`.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not of the form <workflow>:-1:<number>")]
pub struct InvalidReplanRef(String);

impl FromStr for ReplanRef {
    type Err = InvalidReplanRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (workflow, number) = text.split_once(":-1:")?;
            let number = number.parse().ok().filter(|number| *number > 0)?;
            Some(Self { workflow: workflow.parse().ok()?, number })
        };
        parse().ok_or_else(|| InvalidReplanRef(text.to_owned()))
    }
}

/// What has become of a plan that runs, as whoever makes another one has to know it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Past {
    /// Tasks that have failed: what they did is not tried again.
    pub failed: BTreeSet<String>,
    /// Tasks that were cancelled: they are as if they had never been.
    pub cancelled: BTreeSet<String>,
    /// Tasks that have ended, whatever came of them: their results stay.
    pub ended: BTreeSet<String>,
    /// What came out of tasks that have succeeded, as far as it is not too large.
    pub outputs: BTreeMap<String, Value>,
    /// Why there has to be another plan.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::AttemptRef;

    #[test]
    fn a_reference_survives_its_text_form_and_is_no_task() {
        let replan = ReplanRef { workflow: WorkflowId(Uuid::from_u128(7)), number: 2 };
        assert_eq!(replan.to_string().parse::<ReplanRef>().unwrap(), replan);
        assert!(replan.to_string().parse::<AttemptRef>().is_err());
        let task = AttemptRef { workflow: replan.workflow, task: 0, attempt: 1 };
        assert!(task.to_string().parse::<ReplanRef>().is_err());
        assert!("x:-1:1".parse::<ReplanRef>().is_err());
    }
}
