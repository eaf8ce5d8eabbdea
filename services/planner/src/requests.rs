//! From messages to what the planner works with; notes every violation.

use goalpost_model::limits::{MAX_GOAL_BYTES, MAX_NAME_BYTES, MAX_REQUEST_ID_BYTES};
use goalpost_model::{Blueprint, Namespace, PayloadLimit};
use goalpost_planning::{GoalRequest, Past};
use goalpost_proto::v1::{CheckBlueprintRequest, ListCapabilitiesRequest, PlanRequest, ReplanRequest};
use goalpost_proto::{Violations, map_from_struct, read_blueprint, read_namespace};

/// Capabilities of one page.
const DEFAULT_PAGE: usize = 100;
const MAX_PAGE: usize = 1_000;

/// The goal of a request, and the request's id.
pub(crate) fn goal(request: PlanRequest) -> Result<(GoalRequest, String), Violations> {
    let PlanRequest { goal: text, goal_type, input, namespace, request_id } = request;
    let mut violations = Violations::within(PayloadLimit::MAX);
    match (text.trim().is_empty(), goal_type.is_empty()) {
        (true, true) => violations.add("goal", "give a goal or a goal_type"),
        (false, false) => violations.add("goal_type", "give a goal or a goal_type, not both"),
        _ => {}
    }
    if text.len() > MAX_GOAL_BYTES || text.contains('\0') {
        violations.add("goal", format!("must have at most {MAX_GOAL_BYTES} bytes, none of them NUL"));
    }
    if goal_type.len() > MAX_NAME_BYTES {
        violations.add("goal_type", format!("must have at most {MAX_NAME_BYTES} bytes"));
    }
    if request_id.len() > MAX_REQUEST_ID_BYTES {
        violations.add("request_id", format!("must have at most {MAX_REQUEST_ID_BYTES} bytes"));
    }
    let namespace = read_namespace(&namespace, "namespace", &mut violations).unwrap_or_default();
    let input = map_from_struct(input.unwrap_or_default(), "input", &mut violations);
    match input {
        Some(input) if violations.is_empty() => {
            Ok((GoalRequest { text, goal_type, input, namespace }, request_id))
        }
        _ => Err(violations),
    }
}

/// A goal that runs, and is to be planned anew.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) goal: GoalRequest,
    pub(crate) present: Blueprint,
    pub(crate) past: Past,
}

/// The goal of a request, what it runs, and what has become of that.
pub(crate) fn running(request: ReplanRequest) -> Result<Running, Violations> {
    let ReplanRequest { goal: text, goal_type, input, namespace, blueprint, failed, cancelled } = request;
    let request = PlanRequest { goal: text, goal_type, input, namespace, request_id: String::new() };
    let (read, mut violations) = match goal(request) {
        Ok((goal, _)) => (Some(goal), Violations::within(PayloadLimit::MAX)),
        Err(violations) => (None, violations),
    };
    if blueprint.is_none() {
        violations.add("blueprint", "must say what the goal runs");
    }
    let present = read_blueprint(blueprint.unwrap_or_default(), "blueprint", &mut violations);
    match (read, present) {
        (Some(goal), Some(present)) if violations.is_empty() => {
            let past =
                Past { failed: failed.into_iter().collect(), cancelled: cancelled.into_iter().collect() };
            Ok(Running { goal, present, past })
        }
        _ => Err(violations),
    }
}

/// A blueprint to be checked.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) blueprint: Blueprint,
    /// Whether its own definitions of capabilities count before the catalog's.
    pub(crate) keep_capabilities: bool,
    pub(crate) namespace: Namespace,
}

/// The blueprint of a request.
pub(crate) fn check(request: CheckBlueprintRequest) -> Result<Check, Violations> {
    let CheckBlueprintRequest { blueprint, keep_capabilities, namespace } = request;
    let mut violations = Violations::within(PayloadLimit::MAX);
    let Some(message) = blueprint else {
        violations.add("blueprint", "is missing");
        return Err(violations);
    };
    let blueprint = read_blueprint(message, "blueprint", &mut violations);
    let namespace = read_namespace(&namespace, "namespace", &mut violations).unwrap_or_default();
    match blueprint {
        Some(blueprint) if violations.is_empty() => Ok(Check { blueprint, keep_capabilities, namespace }),
        _ => Err(violations),
    }
}

/// A page of a list that is sorted by name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// How many items at most.
    pub(crate) size: usize,
    /// The last name of the page before; empty for the first page.
    pub(crate) after: String,
}

/// The page that a request asks for.
pub(crate) fn page(request: ListCapabilitiesRequest) -> Result<Page, Violations> {
    let ListCapabilitiesRequest { page_size, page_token } = request;
    let mut violations = Violations::within(PayloadLimit::MAX);
    let size = match usize::try_from(page_size) {
        Ok(0) => DEFAULT_PAGE,
        Ok(size) if size <= MAX_PAGE => size,
        _ => {
            violations.add("page_size", format!("must be 0 to {MAX_PAGE}"));
            DEFAULT_PAGE
        }
    };
    if page_token.len() > MAX_NAME_BYTES {
        violations.add("page_token", "is not a token that this list gave out");
    }
    violations.or(Page { size, after: page_token })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(violations: Violations) -> Vec<String> {
        violations.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn a_goal_is_words_or_a_type() {
        let request = |goal: &str, goal_type: &str| PlanRequest {
            goal: goal.to_owned(),
            goal_type: goal_type.to_owned(),
            ..PlanRequest::default()
        };
        assert_eq!(goal(request("do it", "")).unwrap(), (GoalRequest::text("do it"), String::new()));
        assert_eq!(goal(request("", "t")).unwrap().0.goal_type, "t");
        let named = |id: &str| PlanRequest { request_id: id.to_owned(), ..request("do it", "") };
        assert_eq!(goal(named("a")).unwrap().1, "a");
        assert_eq!(fields(goal(named(&"a".repeat(129))).unwrap_err()), ["request_id"]);
        assert_eq!(fields(goal(request(" ", "")).unwrap_err()), ["goal"]);
        assert_eq!(fields(goal(request("do it", "t")).unwrap_err()), ["goal_type"]);
        let wrong = PlanRequest { namespace: "a b".into(), ..request("do it", "") };
        assert_eq!(fields(goal(wrong).unwrap_err()), ["namespace"]);
        let long = "x".repeat(MAX_GOAL_BYTES + 1);
        assert_eq!(fields(goal(request(&long, &long)).unwrap_err()), ["goal_type", "goal", "goal_type"]);
        assert_eq!(fields(goal(request("a\0b", "")).unwrap_err()), ["goal"]);
    }

    #[test]
    fn a_page_has_a_default_size_and_a_largest_one() {
        let request = |page_size| ListCapabilitiesRequest { page_size, page_token: String::new() };
        assert_eq!(page(request(0)).unwrap().size, DEFAULT_PAGE);
        assert_eq!(page(request(7)).unwrap().size, 7);
        for wrong in [-1, 1_001] {
            assert_eq!(fields(page(request(wrong)).unwrap_err()), ["page_size"]);
        }
    }

    #[test]
    fn a_request_without_a_blueprint_is_refused() {
        let request = CheckBlueprintRequest::default();
        assert_eq!(fields(check(request).unwrap_err()), ["blueprint"]);
    }
}
