//! From what the planner found to messages.

use goalpost_checker::Checked;
use goalpost_model::{Failure, Finding};
use goalpost_planning::{Attempt, Estimate, NoPlan, Outcome, Plan, Replan};
use goalpost_proto::v1::{
    self, CheckBlueprintResponse, PlanEstimate, PlanResponse, ReplanResponse, RungAttempt, RungOutcome,
};
use goalpost_proto::{blueprint_from_model, message_of};

/// The answer with a plan, or with the reason why there is none.
pub(crate) fn planned(planned: Result<Plan, NoPlan>) -> PlanResponse {
    match planned {
        Ok(Plan { blueprint, planned_by, reason: _, attempts, findings: found, worst_case, estimate }) => {
            PlanResponse {
                attempts: attempts.into_iter().map(attempt).collect(),
                estimate: Some(self::estimate(estimate)),
                blueprint_digest: blueprint.digest().to_string(),
                blueprint: Some(blueprint_from_model(&blueprint)),
                planned_by,
                findings: findings(found),
                failure: None,
                worst_case: Some(worst_case.into()),
                usage: None,
                may_draft: false,
            }
        }
        Err(no_plan) => PlanResponse {
            failure: Some(Failure::new(Failure::NO_PLAN, no_plan.to_string()).into()),
            findings: findings(no_plan.findings),
            attempts: no_plan.attempts.into_iter().map(attempt).collect(),
            ..PlanResponse::default()
        },
    }
}

/// The answer with another plan, or with the reason why there is none.
pub(crate) fn replanned(planned: Result<Replan, NoPlan>) -> ReplanResponse {
    match planned {
        Ok(Replan { blueprint, planned_by, reason }) => ReplanResponse {
            blueprint: Some(blueprint_from_model(&blueprint)),
            planned_by,
            reason,
            failure: None,
            may_draft: false,
        },
        Err(no_plan) => ReplanResponse {
            failure: Some(Failure::new(Failure::NO_PLAN, no_plan.to_string()).into()),
            ..ReplanResponse::default()
        },
    }
}

/// Another plan, as the answer of a draft.
pub(crate) fn whole(replanned: ReplanResponse) -> PlanResponse {
    let ReplanResponse { blueprint, planned_by, reason: _, failure, may_draft: _ } = replanned;
    PlanResponse { blueprint, planned_by, failure, ..PlanResponse::default() }
}

/// What became of a rung.
pub(crate) fn attempt(Attempt { rung, outcome, reason }: Attempt) -> RungAttempt {
    let outcome = match outcome {
        Outcome::Planned => RungOutcome::Planned,
        Outcome::Skipped => RungOutcome::Skipped,
        Outcome::Failed => RungOutcome::Failed,
    };
    RungAttempt { rung: rung.name().to_owned(), outcome: outcome.into(), reason }
}

/// What a workflow comes to if all goes well.
pub(crate) fn estimate(estimate: Estimate) -> PlanEstimate {
    let Estimate { tasks, attempts, money_micros, tokens, critical_path_ms } = estimate;
    PlanEstimate {
        tasks: message_of(tasks),
        attempts: message_of(attempts),
        money_micros: message_of(money_micros),
        tokens: message_of(tokens),
        critical_path_ms: message_of(critical_path_ms),
    }
}

/// The answer of a check.
pub(crate) fn checked(checked: Checked) -> CheckBlueprintResponse {
    let Checked { findings: found, blueprint, worst_case } = checked;
    CheckBlueprintResponse {
        findings: findings(found),
        blueprint_digest: blueprint
            .as_ref()
            .map(|blueprint| blueprint.digest().to_string())
            .unwrap_or_default(),
        estimate: blueprint.as_ref().map(|blueprint| estimate(goalpost_planning::estimate(blueprint))),
        blueprint: blueprint.as_ref().map(blueprint_from_model),
        worst_case: worst_case.map(v1::WorstCase::from),
    }
}

/// Errors first, otherwise in the checker's order.
pub(crate) fn findings(mut findings: Vec<Finding>) -> Vec<v1::Finding> {
    findings.sort_by_key(|finding| finding.severity);
    findings.into_iter().map(v1::Finding::from).collect()
}
