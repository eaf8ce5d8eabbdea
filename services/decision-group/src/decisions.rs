//! What principals decide on plans.

use goalpost_model::limits::{MAX_NAME_BYTES, MAX_REASON_BYTES};
use goalpost_model::{Blueprint, Digest, GoalId, PlanApprovalState};
use goalpost_policy::Ruling;
use goalpost_proto::v1::resolve_decision_request::Verdict;
use goalpost_proto::v1::{
    ApproveVerdict, EditVerdict, ListDecisionsRequest, ListDecisionsResponse, RejectVerdict,
    ResolveDecisionRequest,
};
use goalpost_proto::{Violations, read_approval_state, read_blueprint, read_namespace};
use goalpost_service::status;
use goalpost_store::goals::{self, Answer, ApprovalFilter, Edit, Word};
use goalpost_store::{View, workflows};
use tonic::{Code, Status};

use crate::checks::{Checks, Definitions};
use crate::requests;
use crate::resource;
use crate::rulings::{self, Subject};
use crate::{Context, budget};

/// Approvals that somebody wants to see.
#[derive(Debug)]
pub(crate) struct Page {
    filter: ApprovalFilter,
    size: i64,
}

/// Reads a request for approvals.
pub(crate) fn page(request: ListDecisionsRequest) -> Result<Page, Violations> {
    let ListDecisionsRequest { page_size, page_token, goal_id, namespace, decider, state } = request;
    let mut violations = Violations::default();
    let size = requests::page_size(page_size, &mut violations);
    let before = requests::page_start(&page_token, &mut violations);
    let goal = match goal_id.as_str() {
        "" => None,
        id => id.parse().map_err(|_| violations.add("goal_id", "must be the UUID of a goal")).ok(),
    };
    let namespace = read_namespace(&namespace, "namespace", &mut violations);
    let state = read_approval_state(state, "state", &mut violations).unwrap_or(PlanApprovalState::Open);
    let decider = Some(decider).filter(|decider| !decider.is_empty());
    violations
        .or(Page { filter: ApprovalFilter { goal, namespace, decider, state: Some(state), before }, size })
}

/// A page of approvals, newest first.
pub(crate) async fn list(
    context: &Context,
    view: &View,
    page: Page,
) -> Result<ListDecisionsResponse, Status> {
    let found = goals::list_approvals(&context.store, view, &page.filter, page.size + 1).await;
    let found = found.map_err(|error| status::store(&error))?;
    let (found, next_page_token) = requests::cut(found, page.size, |approval| approval.id.to_string());
    let approvals = found.into_iter().map(resource::approval).collect();
    Ok(ListDecisionsResponse { approvals, next_page_token })
}

/// What somebody decides.
#[derive(Debug)]
pub(crate) struct Resolution {
    pub(crate) goal: GoalId,
    digest: Digest,
    decider: String,
    reason: String,
    decided: Decided,
}

#[derive(Debug)]
enum Decided {
    Approve,
    Reject,
    Edit(Box<Blueprint>),
}

/// Reads what somebody decides.
pub(crate) fn resolution(request: ResolveDecisionRequest) -> Result<Resolution, Violations> {
    let ResolveDecisionRequest { goal_id, blueprint_digest, decider, reason, verdict } = request;
    let mut violations = Violations::default();
    let goal = goal_id.parse().map_err(|_| violations.add("goal_id", "must be the UUID of a goal")).ok();
    let digest = blueprint_digest
        .parse()
        .map_err(|_| {
            let message = "must be the digest of the plan that is meant: 64 hexadecimal digits, as ListDecisions shows it";
            violations.add("blueprint_digest", message);
        })
        .ok();
    if !(1..=MAX_NAME_BYTES).contains(&decider.len()) || decider.contains('\0') {
        violations
            .add("decider", format!("must say who decides: 1 to {MAX_NAME_BYTES} bytes, none of them NUL"));
    }
    if reason.len() > MAX_REASON_BYTES || reason.contains('\0') {
        violations.add("reason", format!("must have at most {MAX_REASON_BYTES} bytes, none of them NUL"));
    }
    let decided = match verdict {
        Some(Verdict::Approve(ApproveVerdict {})) => Some(Decided::Approve),
        Some(Verdict::Reject(RejectVerdict {})) => {
            if reason.is_empty() {
                violations.add("reason", "must say why the plan is rejected");
            }
            Some(Decided::Reject)
        }
        Some(Verdict::Edit(EditVerdict { blueprint })) => {
            let blueprint = blueprint.unwrap_or_default();
            read_blueprint(blueprint, "edit.blueprint", &mut violations)
                .map(|blueprint| Decided::Edit(Box::new(blueprint)))
        }
        None => {
            violations.add("verdict", "must be one of approve, reject and edit");
            None
        }
    };
    match (goal, digest, decided) {
        (Some(goal), Some(digest), Some(decided)) if violations.is_empty() => {
            Ok(Resolution { goal, digest, decider, reason, decided })
        }
        _ => Err(violations),
    }
}

/// Lets somebody's word count.
pub(crate) async fn resolve(
    context: &Context,
    checks: &Checks,
    resolution: &Resolution,
    traceparent: Option<&str>,
) -> Result<(), Status> {
    let Resolution { goal, digest, decider, reason, decided } = resolution;
    let word = Word { goal: *goal, digest: *digest, decider, reason };
    let answer = match decided {
        Decided::Approve => goals::decide(&context.store, &word, true).await,
        Decided::Reject => goals::decide(&context.store, &word, false).await,
        Decided::Edit(blueprint) => return edit(context, checks, &word, blueprint, traceparent).await,
    };
    told(answer.map_err(|error| status::store(&error))?, &word)
}

/// Puts the blueprint in the place of the plan: checked like a caller's own, and with the approvals that policies want
/// of it.
async fn edit(
    context: &Context,
    checks: &Checks,
    word: &Word<'_>,
    blueprint: &Blueprint,
    traceparent: Option<&str>,
) -> Result<(), Status> {
    let goal = context.goal(word.goal).await?;
    let checked =
        checks.consent(blueprint.clone(), Definitions::Catalog, &goal.namespace, traceparent).await?;
    if let Some(too_small) = budget::too_small(goal.budget, checked.estimate, goal.planning) {
        return Err(status::invalid_argument(too_small.into()));
    }
    let next = &checked.blueprint;
    if next.digest == word.digest {
        let mut violations = Violations::default();
        violations
            .add("edit.blueprint", "is the plan that waits already; approve that, or bring another one");
        return Err(status::invalid_argument(violations));
    }
    let away = |error: goalpost_store::Error| status::store(&error);
    let ruling = context.rulings(checks).on_checked(&Subject::of(&goal), word.decider, &checked, None)?;
    let approvals = match ruling {
        Ruling::Admit => Vec::new(),
        Ruling::Approval(wanted) => rulings::approvals(wanted, next.digest),
        Ruling::Refuse { rule, reason } => {
            let failure = rulings::refusal(&rule, &reason);
            return Err(status::with_reason(Code::FailedPrecondition, "REFUSED", failure.message));
        }
    };
    workflows::store_blueprint(&context.store, next).await.map_err(away)?;
    let edit = Edit { next: next.digest, approvals: &approvals };
    told(goals::edit(&context.store, word, &edit).await.map_err(away)?, word)
}

fn told(answer: Answer, word: &Word<'_>) -> Result<(), Status> {
    let refused =
        |reason, message: String| Err(status::with_reason(Code::FailedPrecondition, reason, message));
    match answer {
        Answer::Done | Answer::Approved => Ok(()),
        Answer::GoalNotFound => Err(status::not_found("goal", &word.goal.to_string())),
        Answer::NotADecider => {
            let message =
                format!("nobody asked '{}' to decide on this plan; GetGoal says who may", word.decider);
            Err(status::with_reason(Code::PermissionDenied, "NOT_A_DECIDER", message))
        }
        Answer::NothingOpen | Answer::Rejected => {
            refused("NOTHING_TO_DECIDE", "no plan of the goal waits for a decision".to_owned())
        }
        Answer::OtherDigest => {
            let message = "another plan waits for a decision by now; look at it before you decide";
            refused("OTHER_DIGEST", message.to_owned())
        }
        Answer::DecidedOtherwise => {
            let message =
                format!("'{}' has decided otherwise on this plan before, which counts", word.decider);
            refused("DECIDED_OTHERWISE", message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(violations: Violations) -> Vec<String> {
        violations.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let request = ResolveDecisionRequest {
            goal_id: "x".into(),
            blueprint_digest: "ab".into(),
            verdict: Some(Verdict::Reject(RejectVerdict {})),
            ..Default::default()
        };
        let expected = ["goal_id", "blueprint_digest", "decider", "reason"];
        assert_eq!(fields(resolution(request).unwrap_err()), expected);
        let request =
            ResolveDecisionRequest { decider: "ann".into(), reason: "x".repeat(2_000), ..Default::default() };
        let expected = ["goal_id", "blueprint_digest", "reason", "verdict"];
        assert_eq!(fields(resolution(request).unwrap_err()), expected);
        let request = ListDecisionsRequest {
            page_size: -1,
            page_token: "x".into(),
            goal_id: "x".into(),
            namespace: ":".into(),
            state: 99,
            ..Default::default()
        };
        let expected = ["page_size", "page_token", "goal_id", "namespace", "state"];
        assert_eq!(fields(page(request).unwrap_err()), expected);
    }
}
