//! A goal to be submitted.

use goalpost_proto::struct_from_map;
use goalpost_proto::v1::{Blueprint, GoalBudget, Policy, PreviewPlanRequest, Priority, SubmitGoalRequest};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What is wanted: in words, as a type of the catalog, or as a blueprint.
#[derive(Clone, Debug, Default)]
pub struct NewGoal {
    text: String,
    goal_type: String,
    blueprint: Option<Blueprint>,
    input: Map<String, Value>,
    request_id: String,
    namespace: String,
    priority: Priority,
    policy: Option<Policy>,
    budget: Option<GoalBudget>,
}

impl NewGoal {
    /// A goal in words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A structured goal type of the catalog.
    pub fn of_type(goal_type: impl Into<String>) -> Self {
        Self { goal_type: goal_type.into(), ..Self::default() }
    }

    /// The caller's own blueprint.
    pub fn blueprint(blueprint: Blueprint) -> Self {
        Self { blueprint: Some(blueprint), ..Self::default() }
    }

    /// Structured input.
    #[must_use]
    pub fn input(mut self, input: Map<String, Value>) -> Self {
        self.input = input;
        self
    }

    /// A key for idempotency: a second submission with it gives the goal of the first one. Without
    /// one each submission has its own.
    #[must_use]
    pub fn request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = request_id.into();
        self
    }

    /// Whose it is: namespaces take turns.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// How much it may claim against others that wait.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// A policy of its own, which counts besides that of its namespace.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// What it may take; what is absent is not bounded.
    #[must_use]
    pub fn budget(mut self, budget: GoalBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    pub(crate) fn into_submit(self) -> SubmitGoalRequest {
        let Self { text, goal_type, blueprint, input, request_id, namespace, priority, policy, budget } =
            self;
        SubmitGoalRequest {
            goal: text,
            goal_type,
            blueprint,
            input: Some(struct_from_map(&input)),
            request_id: if request_id.is_empty() { Uuid::now_v7().to_string() } else { request_id },
            namespace,
            priority: priority.into(),
            policy,
            budget,
        }
    }

    pub(crate) fn into_preview(self) -> PreviewPlanRequest {
        let Self { text, goal_type, blueprint, input, request_id: _, namespace, priority: _, policy, budget } =
            self;
        let input = Some(struct_from_map(&input));
        PreviewPlanRequest { goal: text, goal_type, blueprint, input, namespace, policy, budget }
    }
}
