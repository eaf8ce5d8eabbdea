//! From messages to what the planner works with; notes every violation.

use goalpost_model::limits::{MAX_GOAL_BYTES, MAX_NAME_BYTES, MAX_REQUEST_ID_BYTES};
use goalpost_model::{Blueprint, Namespace, Past, PayloadLimit, PlanningStep};
use goalpost_planning::GoalRequest;
use goalpost_proto::v1::{
    CheckBlueprintRequest, DraftRequest, ListCapabilitiesRequest, PlanRequest, ReplanRequest, RunningPlan,
};
use goalpost_proto::{Violations, map_from_struct, read_blueprint, read_namespace, read_steps};

/// Capabilities of one page.
const DEFAULT_PAGE: usize = 100;
const MAX_PAGE: usize = 1_000;

/// The goal of a request.
pub(crate) fn goal(request: PlanRequest) -> Result<GoalRequest, Violations> {
    let mut violations = Violations::within(PayloadLimit::MAX);
    match read_goal(request, &mut violations) {
        Some(goal) if violations.is_empty() => Ok(goal),
        _ => Err(violations),
    }
}

/// A goal for which a language model plans.
#[derive(Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) goal: GoalRequest,
    /// Tells it from others; empty if it is for itself.
    pub(crate) request_id: String,
    /// What the model has said of it so far.
    pub(crate) steps: Vec<PlanningStep>,
    /// What the goal runs, and what has become of that, if there is to be another plan in its place.
    pub(crate) running: Option<(Blueprint, Past)>,
}

/// The goal of a request, and how far it has come.
pub(crate) fn draft(request: DraftRequest) -> Result<Draft, Violations> {
    let DraftRequest { goal, request_id, steps, running } = request;
    let mut violations = Violations::within(PayloadLimit::MAX);
    let goal = within("goal", &mut violations, |wrong| read_goal(goal.unwrap_or_default(), wrong));
    if request_id.len() > MAX_REQUEST_ID_BYTES {
        violations.add("request_id", format!("must have at most {MAX_REQUEST_ID_BYTES} bytes"));
    }
    let steps = read_steps(steps, "steps", &mut violations);
    let running =
        running.and_then(|running| within("running", &mut violations, |wrong| read_running(running, wrong)));
    match goal.zip(steps) {
        Some((goal, steps)) if violations.is_empty() => Ok(Draft { goal, request_id, steps, running }),
        _ => Err(violations),
    }
}

/// Reads a message inside of another one: its violations are those of a field of this name.
fn within<T>(
    field: &str,
    violations: &mut Violations,
    read: impl FnOnce(&mut Violations) -> Option<T>,
) -> Option<T> {
    let mut inside = Violations::within(PayloadLimit::MAX);
    let read = read(&mut inside);
    inside
        .into_iter()
        .for_each(|wrong| violations.add(format!("{field}.{}", wrong.field), wrong.description));
    read
}

fn read_running(running: RunningPlan, violations: &mut Violations) -> Option<(Blueprint, Past)> {
    let RunningPlan { blueprint, failed, cancelled, ended, outputs, reason } = running;
    if blueprint.is_none() {
        violations.add("blueprint", "must say what the goal runs");
    }
    let present = read_blueprint(blueprint.unwrap_or_default(), "blueprint", violations);
    let outputs = map_from_struct(outputs.unwrap_or_default(), "outputs", violations)?;
    let past = Past {
        failed: failed.into_iter().collect(),
        cancelled: cancelled.into_iter().collect(),
        ended: ended.into_iter().collect(),
        outputs: outputs.into_iter().collect(),
        reason,
    };
    Some((present?, past))
}

fn read_goal(request: PlanRequest, violations: &mut Violations) -> Option<GoalRequest> {
    let PlanRequest { goal: text, goal_type, input, namespace } = request;
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
    let namespace = read_namespace(&namespace, "namespace", violations).unwrap_or_default();
    let input = map_from_struct(input.unwrap_or_default(), "input", violations)?;
    Some(GoalRequest { text, goal_type, input, namespace })
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
    let ReplanRequest { goal, goal_type, input, namespace, blueprint, failed, cancelled } = request;
    let mut violations = Violations::within(PayloadLimit::MAX);
    let goal = read_goal(PlanRequest { goal, goal_type, input, namespace }, &mut violations);
    let plan = RunningPlan { blueprint, failed, cancelled, ..RunningPlan::default() };
    match goal.zip(read_running(plan, &mut violations)) {
        Some((goal, (present, past))) if violations.is_empty() => Ok(Running { goal, present, past }),
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

/// A page of what a catalog has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// How many items at most.
    pub(crate) size: usize,
    /// The last item of the page before.
    pub(crate) after: After,
}

/// What a page begins behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// The capability of this name; empty for the first page.
    Capability(String),
    /// The template or method of this name.
    Method(String),
}

/// Begins the token of a page behind a method. No name of a capability has a colon.
const METHOD: &str = "method:";

impl After {
    /// As the page before says it.
    pub(crate) fn token(self) -> String {
        match self {
            Self::Capability(name) => name,
            Self::Method(name) => format!("{METHOD}{name}"),
        }
    }

    fn of_token(token: String) -> Self {
        match token.strip_prefix(METHOD) {
            Some(name) => Self::Method(name.to_owned()),
            None => Self::Capability(token),
        }
    }
}

/// Adds that a page cannot be found.
pub(crate) fn unknown_page(violations: &mut Violations) {
    violations.add(
        "page_token",
        "is not a token that this list gave out, or the catalog has changed since: begin again without one",
    );
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
    if page_token.len() > METHOD.len() + MAX_NAME_BYTES {
        unknown_page(&mut violations);
    }
    violations.or(Page { size, after: After::of_token(page_token) })
}

#[cfg(test)]
mod tests {
    use goalpost_proto::v1;

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
        assert_eq!(goal(request("do it", "")).unwrap(), GoalRequest::text("do it"));
        assert_eq!(goal(request("", "t")).unwrap().goal_type, "t");
        assert_eq!(fields(goal(request(" ", "")).unwrap_err()), ["goal"]);
        assert_eq!(fields(goal(request("do it", "t")).unwrap_err()), ["goal_type"]);
        let wrong = PlanRequest { namespace: "a b".into(), ..request("do it", "") };
        assert_eq!(fields(goal(wrong).unwrap_err()), ["namespace"]);
        let long = "x".repeat(MAX_GOAL_BYTES + 1);
        assert_eq!(fields(goal(request(&long, &long)).unwrap_err()), ["goal_type", "goal", "goal_type"]);
        assert_eq!(fields(goal(request("a\0b", "")).unwrap_err()), ["goal"]);
    }

    #[test]
    fn a_draft_has_a_goal_and_its_steps() {
        let sound = |id: &str| DraftRequest {
            goal: Some(PlanRequest { goal: "do it".to_owned(), ..PlanRequest::default() }),
            request_id: id.to_owned(),
            ..DraftRequest::default()
        };
        let expected = Draft {
            goal: GoalRequest::text("do it"),
            request_id: "a".to_owned(),
            steps: Vec::new(),
            running: None,
        };
        assert_eq!(draft(sound("a")).unwrap(), expected);
        assert_eq!(fields(draft(sound(&"a".repeat(129))).unwrap_err()), ["request_id"]);
        let steps = vec![v1::PlanningStep::default()];
        let wrong = DraftRequest { steps, ..DraftRequest::default() };
        let told = ["goal.goal", "steps[0].request_digest", "steps[0].usage", "steps[0].answer"];
        assert_eq!(fields(draft(wrong).unwrap_err()), told);
        let running = Some(RunningPlan::default());
        let wrong = fields(draft(DraftRequest { running, ..sound("a") }).unwrap_err());
        assert_eq!(wrong.first().map(String::as_str), Some("running.blueprint"), "{wrong:?}");
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
    fn a_token_says_what_the_page_begins_behind() {
        let name = || "weather.report".to_owned();
        for after in [After::Capability(String::new()), After::Capability(name()), After::Method(name())] {
            let page_token = after.clone().token();
            assert_eq!(page(ListCapabilitiesRequest { page_size: 1, page_token }).unwrap().after, after);
        }
    }

    #[test]
    fn a_request_without_a_blueprint_is_refused() {
        let request = CheckBlueprintRequest::default();
        assert_eq!(fields(check(request).unwrap_err()), ["blueprint"]);
    }
}
