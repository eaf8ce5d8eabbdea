//! From messages to what is stored; notes every violation.

use std::str::FromStr;

use goalpost_model::limits::{
    MAX_BLUEPRINT_BYTES, MAX_GOAL_BYTES, MAX_NAME_BYTES, MAX_REASON_BYTES, MAX_REQUEST_ID_BYTES,
};
use goalpost_model::{
    Blueprint, Digest, GoalBudget, GoalId, Namespace, PayloadLimit, Policy, Priority, canonical_json,
};
use goalpost_policy::CompiledPolicy;
use goalpost_proto::v1::{self, SubmitGoalRequest};
use goalpost_proto::{
    Violations, map_from_struct, read_blueprint, read_goal_budget, read_goal_state, read_namespace,
    read_policy, read_priority, read_timestamp,
};
use goalpost_store::Json;
use goalpost_store::goals::{GoalFilter, NewBlueprint, NewGoal, RequestKey};
use serde_json::{Map, Value, json};
use uuid::Uuid;

const DEFAULT_PAGE: i64 = 50;
const MAX_PAGE: i64 = 1_000;

/// What is wanted, as a caller says it.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) goal: String,
    pub(crate) goal_type: String,
    pub(crate) blueprint: Option<Own>,
    pub(crate) input: Map<String, Value>,
}

/// A blueprint that the caller brought along.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) blueprint: Blueprint,
    /// Of the blueprint as the caller gave it.
    pub(crate) digest: Digest,
}

/// A goal that shall be stored.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) wanted: Wanted,
    pub(crate) request_id: Option<String>,
    pub(crate) namespace: Namespace,
    pub(crate) priority: Priority,
    pub(crate) policy: Option<Policy>,
    pub(crate) budget: GoalBudget,
}

/// Reads what is wanted: exactly one of goal, type and blueprint.
pub(crate) fn wanted(
    goal: String,
    goal_type: String,
    blueprint: Option<v1::Blueprint>,
    input: Option<pbjson_types::Struct>,
    limit: PayloadLimit,
) -> Result<Wanted, Violations> {
    let mut violations = Violations::within(limit);
    let given = [!goal.trim().is_empty(), !goal_type.is_empty(), blueprint.is_some()];
    if given.iter().filter(|given| **given).count() != 1 {
        violations.add("goal", "give exactly one of goal (1 to 4,096 bytes), goal_type and blueprint");
    }
    if goal.len() > MAX_GOAL_BYTES {
        violations.add("goal", format!("must have at most {MAX_GOAL_BYTES} bytes; put details into input"));
    }
    if goal_type.len() > MAX_NAME_BYTES {
        violations.add("goal_type", format!("must have at most {MAX_NAME_BYTES} bytes"));
    }
    for (field, text) in [("goal", &goal), ("goal_type", &goal_type)] {
        if text.contains('\0') {
            violations.add(field, "must not contain the character NUL");
        }
    }
    let input = map_from_struct(input.unwrap_or_default(), "input", &mut violations);
    let blueprint = blueprint.and_then(|message| {
        let mut own = Violations::default();
        let blueprint = read_blueprint(message, "blueprint", &mut own);
        own.into_iter().for_each(|violation| violations.add(violation.field, violation.description));
        let canonical = blueprint.as_ref()?.canonical();
        if canonical.len() > MAX_BLUEPRINT_BYTES {
            violations.add(
                "blueprint",
                format!("must have at most {MAX_BLUEPRINT_BYTES} bytes in its canonical form"),
            );
        }
        blueprint.map(|blueprint| Own { blueprint, digest: Digest::of(canonical.as_bytes()) })
    });
    match input {
        Some(input) if violations.is_empty() => Ok(Wanted { goal, goal_type, blueprint, input }),
        _ => Err(violations),
    }
}

/// Reads a submission.
pub(crate) fn submission(request: SubmitGoalRequest, limit: PayloadLimit) -> Result<Submission, Violations> {
    let SubmitGoalRequest {
        goal,
        goal_type,
        blueprint,
        input,
        request_id,
        namespace,
        priority,
        policy,
        budget,
    } = request;
    let (wanted, mut violations) = match wanted(goal, goal_type, blueprint, input, limit) {
        Ok(wanted) => (Some(wanted), Violations::default()),
        Err(violations) => (None, violations),
    };
    if request_id.len() > MAX_REQUEST_ID_BYTES || request_id.contains('\0') {
        violations.add("request_id", "must have at most 128 bytes, none of them NUL");
    }
    let namespace = read_namespace(&namespace, "namespace", &mut violations).unwrap_or_default();
    let priority = read_priority(priority, "priority", &mut violations);
    let policy = policy.map(|policy| own_policy(policy, &mut violations));
    let budget = read_goal_budget(budget, "budget", &mut violations);
    let request_id = Some(request_id).filter(|id| !id.is_empty());
    match wanted {
        Some(wanted) if violations.is_empty() => {
            Ok(Submission { wanted, request_id, namespace, priority, policy, budget })
        }
        _ => Err(violations),
    }
}

/// Reads the policy of a goal.
pub(crate) fn own_policy(message: v1::Policy, violations: &mut Violations) -> Policy {
    let policy = read_policy(message, "policy", violations);
    if let Err(mistakes) = CompiledPolicy::compile(&policy) {
        let noted =
            mistakes.into_iter().map(|mistake| (format!("policy.{}", mistake.field), mistake.message));
        noted.for_each(|(field, message)| violations.add(field, message));
    }
    policy
}

/// The row of a submission. Its own blueprint is stored as it was checked.
pub(crate) fn new_goal(
    id: GoalId,
    submission: &Submission,
    traceparent: Option<String>,
    checked: Option<NewBlueprint>,
) -> NewGoal {
    let Submission { wanted, request_id, namespace, priority, policy, budget } = submission;
    let Wanted { goal, goal_type, blueprint, input } = wanted;
    let request = request_id.as_ref().map(|id| {
        let blueprint = blueprint.as_ref().map(|own| own.digest.to_string());
        let said = json!({"goal": goal, "goal_type": goal_type, "blueprint": blueprint, "input": input,
                          "priority": priority.rank(), "policy": policy, "budget": budget});
        RequestKey { id: id.clone(), digest: Digest::of(canonical_json(&said).as_bytes()) }
    });
    NewGoal {
        id,
        namespace: namespace.clone(),
        priority: *priority,
        request,
        goal: goal.clone(),
        goal_type: goal_type.clone(),
        blueprint: checked,
        input: Json::of(input),
        traceparent,
        policy: policy.as_ref().map(Json::of),
        budget: Json::of(budget),
    }
}

/// A page of goals.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) filter: GoalFilter,
    pub(crate) size: i64,
}

/// Reads the request for a page.
pub(crate) fn page(request: v1::ListGoalsRequest) -> Result<Page, Violations> {
    let v1::ListGoalsRequest {
        page_size,
        page_token,
        state,
        namespace,
        goal_type,
        created_after,
        created_before,
    } = request;
    let mut violations = Violations::default();
    let size = self::page_size(page_size, &mut violations);
    let page_start = page_start(&page_token, &mut violations);
    let state = read_goal_state(state, "state", &mut violations);
    let namespace = read_namespace(&namespace, "namespace", &mut violations);
    let from = created_after.and_then(|at| first_id(at, "created_after", &mut violations));
    let until = created_before.and_then(|at| first_id(at, "created_before", &mut violations));
    let before = page_start.into_iter().chain(until).min();
    let goal_type = Some(goal_type).filter(|goal_type| !goal_type.is_empty());
    if goal_type.as_ref().is_some_and(|goal_type| goal_type.contains('\0')) {
        violations.add("goal_type", "must not have a NUL in it");
    }
    violations.or(Page { filter: GoalFilter { namespace, state, goal_type, before, from }, size })
}

/// The least id of a goal that is submitted at this time: ids begin with the millisecond.
fn first_id(at: pbjson_types::Timestamp, field: &str, violations: &mut Violations) -> Option<GoalId> {
    let at = read_timestamp(at, field, violations)?;
    let milliseconds = u128::try_from(at.as_millisecond()).unwrap_or_default();
    Some(GoalId(Uuid::from_u128(milliseconds << 80)))
}

/// How many somebody wants to see at once.
pub(crate) fn page_size(page_size: i32, violations: &mut Violations) -> i64 {
    match i64::from(page_size) {
        0 => DEFAULT_PAGE,
        size @ 1..=MAX_PAGE => size,
        _ => {
            violations.add("page_size", "must be 0 to 1,000");
            DEFAULT_PAGE
        }
    }
}

/// The page, of a list that has one more if there is another page, and the token of that one; empty if there is none.
pub(crate) fn cut<T>(mut found: Vec<T>, size: i64, id: impl FnOnce(&T) -> String) -> (Vec<T>, String) {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let is_last = found.len() <= size;
    found.truncate(size);
    let token = found.last().filter(|_| !is_last).map(id).unwrap_or_default();
    (found, token)
}

/// Where a page begins: the last id of the one before.
pub(crate) fn page_start<T: FromStr>(page_token: &str, violations: &mut Violations) -> Option<T> {
    let before = page_token.parse().ok();
    if before.is_none() && !page_token.is_empty() {
        violations.add("page_token", "is not a token that this list gave out");
    }
    before
}

/// Reads the id of a goal.
pub(crate) fn goal_id(id: &str) -> Result<GoalId, Violations> {
    id.parse().map_err(|_| {
        let mut violations = Violations::default();
        violations.add("id", "must be the UUID of a goal");
        violations
    })
}

/// Checks the reason of a cancellation.
pub(crate) fn reason(reason: &str) -> Result<(), Violations> {
    let mut violations = Violations::default();
    if reason.len() > MAX_REASON_BYTES || reason.contains('\0') {
        violations.add("reason", "must have at most 1,024 bytes, none of them NUL");
    }
    violations.or(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(violations: Violations) -> Vec<String> {
        violations.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn exactly_one_thing_is_wanted() {
        assert!(wanted("Do it".into(), String::new(), None, None, PayloadLimit::default()).is_ok());
        assert_eq!(
            fields(wanted(" ".into(), String::new(), None, None, PayloadLimit::default()).unwrap_err()),
            ["goal"]
        );
        assert_eq!(
            fields(wanted("a".into(), "b".into(), None, None, PayloadLimit::default()).unwrap_err()),
            ["goal"]
        );
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let request = SubmitGoalRequest {
            goal: "x".repeat(MAX_GOAL_BYTES + 1),
            goal_type: "\0".into(),
            request_id: "r".repeat(200),
            namespace: "a b".into(),
            priority: 9,
            budget: Some(v1::GoalBudget { tokens: Some(-1), ..v1::GoalBudget::default() }),
            ..SubmitGoalRequest::default()
        };
        assert_eq!(
            fields(submission(request, PayloadLimit::default()).unwrap_err()),
            ["goal", "goal", "goal_type", "request_id", "namespace", "priority", "budget.tokens"]
        );
        let request = v1::ListGoalsRequest {
            page_size: -1,
            page_token: "x".into(),
            state: 99,
            namespace: ":".into(),
            goal_type: "\0".into(),
            created_after: Some(pbjson_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
            created_before: None,
        };
        assert_eq!(
            fields(page(request).unwrap_err()),
            ["page_size", "page_token", "state", "namespace", "created_after", "goal_type"]
        );
    }

    #[test]
    fn a_time_is_the_least_id_of_its_millisecond() {
        let at = |seconds, nanos| Some(pbjson_types::Timestamp { seconds, nanos });
        let request = v1::ListGoalsRequest {
            created_after: at(1_700_000_000, 1_000_000),
            created_before: at(1_700_000_000, 3_000_000),
            ..v1::ListGoalsRequest::default()
        };
        let GoalFilter { before, from, .. } = page(request).unwrap().filter;
        let id = |millisecond: u32| {
            let at = uuid::Timestamp::from_unix(uuid::NoContext, 1_700_000_000, millisecond * 1_000_000);
            GoalId(Uuid::new_v7(at))
        };
        assert!(id(0) < from.unwrap() && from.unwrap() <= id(1));
        assert!(id(2) < before.unwrap() && before.unwrap() <= id(3));
    }

    #[test]
    fn the_same_request_has_the_same_digest() {
        let goal = |text: &str, tokens: Option<i64>| {
            let request = SubmitGoalRequest {
                goal: text.into(),
                request_id: "key".into(),
                budget: Some(v1::GoalBudget { tokens, ..v1::GoalBudget::default() }),
                ..SubmitGoalRequest::default()
            };
            new_goal(
                GoalId(uuid::Uuid::now_v7()),
                &submission(request, PayloadLimit::default()).unwrap(),
                None,
                None,
            )
            .request
        };
        assert_eq!(goal("a", None), goal("a", Some(0)));
        assert_ne!(goal("a", None), goal("b", None));
        assert_ne!(goal("a", None), goal("a", Some(1)));
    }
}
