//! A stored goal as the API shows it.

use goalpost_model::GoalBudget;
use goalpost_proto::{goal_state, struct_from_map, timestamp, v1};
use goalpost_store::goals::{FoundGoal, StoredDecision, StoredGoal};

/// With its decisions, and what it has taken.
pub(crate) fn found(FoundGoal { goal: stored, decisions, spent }: FoundGoal) -> v1::Goal {
    let decisions = decisions.into_iter().map(decision).collect();
    v1::Goal { decisions, spent: Some(spent.into()), ..goal(stored) }
}

/// Without them.
pub(crate) fn goal(stored: StoredGoal) -> v1::Goal {
    let StoredGoal {
        id,
        namespace,
        priority,
        request_id,
        goal,
        goal_type,
        input,
        state,
        cancel_reason: _,
        blueprint_digest,
        has_workflow,
        result,
        failure,
        traceparent: _,
        created_at,
        ended_at,
        budget,
        planning: _,
    } = stored;
    v1::Goal {
        id: id.to_string(),
        goal,
        goal_type,
        input: Some(struct_from_map(&input)),
        state: goal_state(state).into(),
        blueprint_digest: blueprint_digest.map(|digest| digest.to_string()).unwrap_or_default(),
        workflow_id: if has_workflow { id.to_string() } else { String::new() },
        result: result.as_ref().map(struct_from_map),
        failure: failure.map(Into::into),
        request_id: request_id.unwrap_or_default(),
        created_at: Some(timestamp(created_at)),
        ended_at: ended_at.map(timestamp),
        decisions: Vec::new(),
        namespace: namespace.to_string(),
        priority: goalpost_proto::priority(priority).into(),
        budget: shown(budget),
        spent: None,
    }
}

/// One that bounds nothing is none.
pub(crate) fn shown(budget: GoalBudget) -> Option<v1::GoalBudget> {
    (budget != GoalBudget::default()).then(|| budget.into())
}

fn decision(stored: StoredDecision) -> v1::Decision {
    let StoredDecision { verdict, decided_by, reason, at, llm_usage } = stored;
    v1::Decision { verdict, decided_by, reason, at: Some(timestamp(at)), usage: llm_usage.map(Into::into) }
}
