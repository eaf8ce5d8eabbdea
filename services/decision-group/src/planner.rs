//! What the planner says of a goal.

use goalpost_model::{Amount, Blueprint, Failure, LlmUsage, PlanningStep};
use goalpost_proto::v1::draft_response::Next;
use goalpost_proto::v1::{DraftRequest, PlanEstimate, PlanRequest, PlanResponse};
use goalpost_proto::{Violations, read_blueprint, read_step};
use goalpost_service::trace_context;
use tonic::Status;

use crate::Context;
use crate::refusals::may_pass;

/// What the planner says of a goal.
pub(crate) enum Answer {
    /// The plan, or why there is none.
    Decided(Decided),
    /// The catalog has no plan, and a language model may be asked.
    MayDraft,
}

/// What a draft comes to.
pub(crate) enum Drafted {
    /// The plan, or why there is none.
    Decided(Decided),
    /// The model has said something on the way.
    Step(PlanningStep),
}

/// The plan, or why there is none.
pub(crate) struct Decided {
    pub(crate) plan: Result<Box<Blueprint>, Failure>,
    /// Who decided.
    pub(crate) by: String,
    /// What asking a language model took, if one was asked.
    pub(crate) usage: Option<LlmUsage>,
    /// What the plan comes to if all goes well.
    pub(crate) estimate: PlanEstimate,
}

impl Decided {
    /// What planning took, as it counts against a budget.
    pub(crate) fn spent(&self) -> Amount {
        self.usage.as_ref().map(Amount::from).unwrap_or_default()
    }
}

/// Asks for the catalog's plan. Errors: what may pass.
pub(crate) async fn plan(
    context: &Context,
    request: PlanRequest,
    traceparent: Option<&str>,
) -> Result<Answer, Status> {
    let mut planner = context.peers.planner.clone();
    let answer = planner.plan(trace_context::request(request, traceparent)).await;
    Ok(match answer.map(tonic::Response::into_inner) {
        Ok(PlanResponse { may_draft: true, .. }) => Answer::MayDraft,
        Ok(answer) => Answer::Decided(decided(answer)),
        Err(refused) => Answer::Decided(refusal(refused)?),
    })
}

/// Asks for the next step of a plan by a language model. Errors: what may pass.
pub(crate) async fn draft(
    context: &Context,
    request: DraftRequest,
    traceparent: Option<&str>,
) -> Result<Drafted, Status> {
    let mut planner = context.peers.planner.clone();
    let answer = planner.draft(trace_context::request(request, traceparent)).await;
    let next = match answer.map(|answer| answer.into_inner().next) {
        Ok(Some(next)) => next,
        Ok(None) => Next::Plan(PlanResponse::default()),
        Err(refused) => return Ok(Drafted::Decided(refusal(refused)?)),
    };
    let step = match next {
        Next::Plan(answer) => return Ok(Drafted::Decided(decided(answer))),
        Next::Step(step) => step,
    };
    let mut violations = Violations::default();
    Ok(match read_step(step, "step", &mut violations) {
        Some(step) if violations.is_empty() => Drafted::Step(step),
        _ => Drafted::Decided(none(Failure::new(Failure::NO_PLAN, violations.to_string()))),
    })
}

fn decided(answer: PlanResponse) -> Decided {
    let PlanResponse { blueprint, planned_by, failure, usage, estimate, .. } = answer;
    let decided = match (blueprint, failure) {
        (Some(blueprint), None) => {
            let mut violations = Violations::default();
            match read_blueprint(blueprint, "blueprint", &mut violations) {
                Some(blueprint) => Decided {
                    plan: Ok(Box::new(blueprint)),
                    by: planned_by,
                    usage: None,
                    estimate: estimate.unwrap_or_default(),
                },
                None => none(Failure::new(Failure::BLUEPRINT_INVALID, violations.to_string())),
            }
        }
        (_, Some(failure)) => none(failure.into()),
        (None, None) => none(Failure::new(Failure::NO_PLAN, "the planner gave neither a plan nor a reason")),
    };
    Decided { usage: usage.map(Into::into), ..decided }
}

/// The planner will never take this goal.
fn refusal(refused: Status) -> Result<Decided, Status> {
    if may_pass(&refused) {
        return Err(refused);
    }
    let message = format!("the planner refused the goal: {}", refused.message());
    Ok(none(Failure::new(Failure::NO_PLAN, message)))
}

fn none(failure: Failure) -> Decided {
    Decided { plan: Err(failure), by: "planner".to_owned(), usage: None, estimate: PlanEstimate::default() }
}
