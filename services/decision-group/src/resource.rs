//! A stored goal as the API shows it.

use goalpost_model::GoalBudget;
use goalpost_proto::{approval_state, at_deadline, goal_state, struct_from_map, timestamp, v1};
use goalpost_service::resource::decision;
use goalpost_store::goals::{FoundGoal, StoredApproval, StoredGoal};

/// With its decisions and its approvals, and what it has taken.
pub(crate) fn found(found: FoundGoal) -> v1::Goal {
    let FoundGoal { goal: stored, decisions, approvals, spent } = found;
    v1::Goal {
        decisions: decisions.into_iter().map(decision).collect(),
        approvals: approvals.into_iter().map(approval).collect(),
        spent: Some(spent.into()),
        ..goal(stored)
    }
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
        policy: _,
        approved_digests: _,
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
        approvals: Vec::new(),
        budget: shown(budget),
        spent: None,
    }
}

/// One that bounds nothing is none.
pub(crate) fn shown(budget: GoalBudget) -> Option<v1::GoalBudget> {
    (budget != GoalBudget::default()).then(|| budget.into())
}

/// An approval.
pub(crate) fn approval(stored: StoredApproval) -> v1::PlanApproval {
    let StoredApproval { id, goal, digest, rule, reason, terms, expires_at, state, asked_at, approved_by } =
        stored;
    v1::PlanApproval {
        id: id.to_string(),
        goal_id: goal.to_string(),
        blueprint_digest: digest.to_string(),
        rule,
        reason,
        deciders: terms.deciders,
        quorum: i32::try_from(terms.quorum).unwrap_or(i32::MAX),
        expires_at: expires_at.map(timestamp),
        at_deadline: at_deadline(terms.at_deadline).into(),
        state: approval_state(state).into(),
        approved_by,
        asked_at: Some(timestamp(asked_at)),
    }
}
