//! Plans that a language model makes: whose they are, and what it has said on the way.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{AttemptRef, Digest, GoalId, LlmUsage, ReplanRef};

/// What a language model plans: what a delivery list carries.
///
/// Its text form is `<goal>`, `<workflow>:<ordinal>:<attempt>`, or `<workflow>:-1:<number>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanningRef {
    /// A goal.
    Goal(GoalId),
    /// The goal of a task that waits for a plan.
    Task(AttemptRef),
    /// Another plan for a workflow that waits for one.
    Replan(ReplanRef),
}

/// Text that names nothing that is planned.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is neither <goal> nor <workflow>:<ordinal>:<attempt> nor <workflow>:-1:<number>")]
pub struct InvalidPlanningRef(String);

/// An answer of a language model that was paid for, on the way to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanningStep {
    /// SHA-256 of the request that was sent to the model: it answers this one and no other.
    pub request: Digest,
    /// What the model said.
    pub answer: ModelAnswer,
    /// What it took.
    pub usage: LlmUsage,
}

/// What a language model said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelAnswer {
    /// This, and it had nothing more to say.
    Text(String),
    /// That it does not answer, in these words; often none.
    Refusal(String),
    /// More than it was allowed to.
    Truncated,
}

impl fmt::Display for PlanningRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Goal(goal) => goal.fmt(f),
            Self::Task(attempt) => attempt.fmt(f),
            Self::Replan(replan) => replan.fmt(f),
        }
    }
}

impl FromStr for PlanningRef {
    type Err = InvalidPlanningRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let goal = text.parse().map(Self::Goal).ok();
        let task = || text.parse().map(Self::Task).ok();
        let replan = || text.parse().map(Self::Replan).ok();
        goal.or_else(task).or_else(replan).ok_or_else(|| InvalidPlanningRef(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::WorkflowId;

    #[test]
    fn what_is_planned_survives_its_text_form() {
        let id = Uuid::from_u128(7);
        let attempt = AttemptRef { workflow: WorkflowId(id), task: 3, attempt: 2 };
        let replan = ReplanRef { workflow: WorkflowId(id), number: 2 };
        for planning in
            [PlanningRef::Goal(GoalId(id)), PlanningRef::Task(attempt), PlanningRef::Replan(replan)]
        {
            assert_eq!(planning.to_string().parse::<PlanningRef>().unwrap(), planning);
        }
        for wrong in ["", "x", "x:1:1", &format!("{id}:-1:0"), &format!("{id}:1")] {
            assert!(wrong.parse::<PlanningRef>().is_err(), "{wrong}");
        }
    }
}
