//! What came of the language model, as the answer of a call.

use goalpost_llm::Outcome as Said;
use goalpost_model::limits::MAX_PLANNING_STEPS;
use goalpost_model::{Failure, Finding, LlmUsage};
use goalpost_planning::llm::{Drafted, Drafting, GaveUp};
use goalpost_planning::{Attempt, Outcome, Rung};
use goalpost_proto::blueprint_from_model;
use goalpost_proto::v1::PlanResponse;

use crate::answers;

/// What came of the language model.
#[derive(Clone, Debug)]
pub(super) struct Made {
    usage: LlmUsage,
    rung: Rung,
    /// Which model, with which prompts, after how many repairs.
    made_by: String,
    plan: Result<Box<Drafted>, (Failure, Vec<Finding>)>,
}

impl Made {
    /// A plan.
    pub(super) fn drafted(usage: LlmUsage, drafting: &Drafting, drafted: Drafted) -> Self {
        Self::new(usage, drafting, Ok(Box::new(drafted)))
    }

    /// No answer of the model is a plan.
    pub(super) fn gave_up(usage: LlmUsage, drafting: &Drafting, gave_up: GaveUp) -> Self {
        let failure = Failure::new(Failure::NO_PLAN, gave_up.to_string());
        let findings = match gave_up {
            GaveUp::NeverValid { findings } => findings,
            GaveUp::Impossible { .. } => Vec::new(),
        };
        Self::new(usage, drafting, Err((failure, findings)))
    }

    /// The model gave no answer.
    pub(super) fn failed(usage: LlmUsage, drafting: &Drafting, outcome: &Said) -> Self {
        let kind = match outcome {
            Said::Refused { .. } | Said::Truncated { .. } | Said::Answer { .. } => Failure::NO_PLAN,
            Said::Malformed { .. }
            | Said::RateLimited { .. }
            | Said::TimedOut
            | Said::Unavailable { .. }
            | Said::Unauthorized
            | Said::Rejected { .. } => Failure::LLM_UNAVAILABLE,
        };
        let hint = match outcome {
            Said::Truncated { .. } => " (--llm-max-output-tokens says how many it may have)",
            Said::TimedOut => " (--llm-timeout-ms says how long it may take)",
            Said::Unauthorized => " (--llm-key says where it is)",
            _ => "",
        };
        let failure = Failure::new(kind, format!("the language model {outcome}{hint}"));
        Self::new(usage, drafting, Err((failure, Vec::new())))
    }

    /// The model was asked as often as it may be, and there are other questions by now.
    pub(super) fn asked_too_often(usage: LlmUsage, drafting: &Drafting) -> Self {
        let message = format!(
            "the language model was asked {MAX_PLANNING_STEPS} times, each time with another catalog or other prompts; submit the goal again"
        );
        Self::new(usage, drafting, Err((Failure::new(Failure::NO_PLAN, message), Vec::new())))
    }

    fn new(
        usage: LlmUsage,
        drafting: &Drafting,
        plan: Result<Box<Drafted>, (Failure, Vec<Finding>)>,
    ) -> Self {
        let (rung, made_by) = (drafting.rung(), drafting.made_by(&usage.model));
        let outcome = match &plan {
            Ok(_) => "plan",
            Err((failure, _)) if failure.kind == Failure::NO_PLAN => "no_plan",
            Err(_) => "unavailable",
        };
        metrics::counter!("goalpost_llm_plans_total", "rung" => rung.name(), "outcome" => outcome)
            .increment(1);
        tracing::info!(%rung, made_by, outcome, %usage, "a language model was asked for a plan");
        Self { usage, rung, made_by, plan }
    }

    /// What became of the rung.
    fn attempt(&self) -> Attempt {
        let (outcome, reason) = match &self.plan {
            Ok(_) => (Outcome::Planned, self.made_by.clone()),
            // Of what the model and the checker say of its words no database takes this character.
            Err((failure, _)) => (Outcome::Failed, failure.to_string().replace('\0', "\u{fffd}")),
        };
        Attempt { rung: self.rung, outcome, reason }
    }

    /// Why there is another rung to be tried, if this one has failed by what the model said.
    pub(super) fn passed_on(&self) -> Option<Attempt> {
        let is_last = self.rung == Rung::Llm;
        let is_no_plan = self.plan.as_ref().is_err_and(|(failure, _)| failure.kind == Failure::NO_PLAN);
        (is_no_plan && !is_last).then(|| self.attempt())
    }

    /// The answer of the call; `before` says why there is no plan without the model.
    pub(super) fn into_answer(self, before: PlanResponse) -> PlanResponse {
        let mut attempts = before.attempts;
        attempts.push(answers::attempt(self.attempt()));
        let Self { usage, rung: _, made_by, plan } = self;
        let usage = Some(usage.into());
        match plan {
            Ok(drafted) => {
                let Drafted { blueprint, findings, worst_case } = *drafted;
                PlanResponse {
                    attempts,
                    estimate: Some(answers::estimate(goalpost_planning::estimate(&blueprint))),
                    blueprint_digest: blueprint.digest().to_string(),
                    blueprint: Some(blueprint_from_model(&blueprint)),
                    planned_by: made_by,
                    findings: answers::findings(findings),
                    failure: None,
                    worst_case: Some(worst_case.into()),
                    usage,
                    may_draft: false,
                }
            }
            Err((failure, found)) => {
                let why = before.failure.map(|failure| failure.message).unwrap_or_default();
                let message = format!("{}\nbefore that: {why}", failure.message).replace('\0', "\u{fffd}");
                let mut findings = answers::findings(found);
                findings.extend(before.findings);
                PlanResponse {
                    failure: Some(Failure::new(failure.kind, message).into()),
                    findings,
                    usage,
                    attempts,
                    ..PlanResponse::default()
                }
            }
        }
    }
}
