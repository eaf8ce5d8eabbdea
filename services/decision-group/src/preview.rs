//! What a submission would run, without storing anything.

use goalpost_model::{Amount, Blueprint, Failure, LlmUsage, Namespace, PayloadLimit, Priority};
use goalpost_notation::{Language, drawing, write};
use goalpost_policy::Plan;
use goalpost_proto::v1::draft_response::Next;
use goalpost_proto::v1::{
    self, CheckBlueprintResponse, DraftRequest, PlanRequest, PlanResponse, PreviewPlanRequest,
    PreviewPlanResponse, RungAttempt, RungOutcome,
};
use goalpost_proto::{Violations, read_blueprint, read_goal_budget, read_namespace, struct_from_map};
use goalpost_service::{status, trace_context};
use tonic::{Request, Status};

use crate::api::CALLER;
use crate::checks::{Checks, Definitions};
use crate::requests::{self, Own, Wanted};
use crate::rulings::{self, Rulings, Subject};
use crate::{Context, budget};

/// The rung of a caller's own blueprint.
const OWN: &str = "blueprint";

/// Has the goal planned, or the blueprint checked.
pub(crate) async fn preview(
    context: &Context,
    checks: &Checks,
    request: Request<PreviewPlanRequest>,
    limit: PayloadLimit,
) -> Result<PreviewPlanResponse, Status> {
    let traceparent = trace_context::of(&request);
    let PreviewPlanRequest { goal, goal_type, blueprint, input, namespace, policy, budget } =
        request.into_inner();
    let mut violations = Violations::default();
    let budget = read_goal_budget(budget, "budget", &mut violations);
    let namespace = read_namespace(&namespace, "namespace", &mut violations).unwrap_or_default();
    let policy = policy.map(|policy| requests::own_policy(policy, &mut violations));
    let wanted = requests::wanted(goal, goal_type, blueprint, input, limit);
    let wanted = match wanted {
        Ok(wanted) if violations.is_empty() => wanted,
        Ok(_) => return Err(status::invalid_argument(violations)),
        Err(others) => {
            others.into_iter().for_each(|violation| violations.add(violation.field, violation.description));
            return Err(status::invalid_argument(violations));
        }
    };
    let Wanted { goal, goal_type, blueprint, input } = wanted;
    let mut answer = match blueprint {
        Some(Own { blueprint, .. }) => check(checks, blueprint, &namespace, traceparent.as_deref()).await?,
        None => {
            let request = PlanRequest {
                goal: goal.clone(),
                goal_type: goal_type.clone(),
                input: Some(struct_from_map(&input)),
                namespace: namespace.to_string(),
            };
            plan(context, request, traceparent.as_deref()).await?
        }
    };
    let subject = Subject {
        text: &goal,
        goal_type: &goal_type,
        input: &input,
        namespace: &namespace,
        priority: Priority::default(),
        policy: policy.as_ref(),
    };
    let PreviewPlanResponse { failure, estimate, usage, .. } = &mut answer;
    if let (None, Some(estimate)) = (&failure, *estimate) {
        let planning = usage.clone().map(LlmUsage::from).as_ref().map(Amount::from).unwrap_or_default();
        let too_small = budget::too_small(budget, estimate, planning);
        *failure = too_small.map(|too_small| Failure::from(too_small).into());
    }
    answer.ruling = ruling(context.rulings(checks), &subject, &answer);
    Ok(answer)
}

/// What the policies say of the plan, if there is one.
fn ruling(
    rulings: Rulings<'_>,
    subject: &Subject<'_>,
    answer: &PreviewPlanResponse,
) -> Option<v1::PlanRuling> {
    let blueprint = read_blueprint(answer.blueprint.clone()?, "blueprint", &mut Violations::default())?;
    let plan = Plan {
        planned_by: &answer.planned_by,
        blueprint: &blueprint,
        present: None,
        worst_case: rulings::worst_case(answer.worst_case.clone()),
        estimate: rulings::estimate(answer.estimate),
    };
    Some(rulings::shown(rulings.decide(subject, &plan)))
}

async fn plan(
    context: &Context,
    request: PlanRequest,
    traceparent: Option<&str>,
) -> Result<PreviewPlanResponse, Status> {
    let planned = planned(context, request, traceparent).await?;
    let PlanResponse {
        blueprint,
        blueprint_digest,
        planned_by,
        findings,
        failure,
        worst_case,
        attempts: others,
        estimate,
        usage,
        may_draft: _,
    } = planned;
    let mut attempts = vec![attempt(RungOutcome::Skipped, "the goal brings none")];
    attempts.extend(others);
    let (yaml, graph) = shown(blueprint.clone());
    Ok(PreviewPlanResponse {
        blueprint,
        blueprint_digest,
        planned_by,
        findings,
        failure,
        worst_case,
        attempts,
        estimate,
        yaml,
        graph,
        usage,
        ruling: None,
    })
}

/// What the planner comes to. Of what a language model says on the way nothing is kept.
async fn planned(
    context: &Context,
    goal: PlanRequest,
    traceparent: Option<&str>,
) -> Result<PlanResponse, Status> {
    let mut planner = context.peers.planner.clone();
    let by_catalog = planner.plan(trace_context::request(goal.clone(), traceparent)).await?.into_inner();
    if !by_catalog.may_draft {
        return Ok(by_catalog);
    }
    let mut steps = Vec::new();
    loop {
        let (goal, steps_so_far) = (Some(goal.clone()), steps.clone());
        let request = DraftRequest { goal, request_id: String::new(), steps: steps_so_far, running: None };
        let drafted = planner.draft(trace_context::request(request, traceparent)).await?.into_inner();
        match drafted.next {
            Some(Next::Step(step)) => steps.push(step),
            Some(Next::Plan(planned)) => return Ok(planned),
            None => return Ok(by_catalog),
        }
    }
}

async fn check(
    checks: &Checks,
    blueprint: Blueprint,
    namespace: &Namespace,
    traceparent: Option<&str>,
) -> Result<PreviewPlanResponse, Status> {
    let CheckBlueprintResponse { findings, blueprint, blueprint_digest, worst_case, estimate } =
        checks.all_found(blueprint, Definitions::Catalog, namespace, traceparent).await?;
    let attempt = match blueprint {
        Some(_) => attempt(RungOutcome::Planned, "the caller's own, and nothing is wrong with it"),
        None => attempt(RungOutcome::Failed, "the checker refuses the caller's own"),
    };
    let (yaml, graph) = shown(blueprint.clone());
    Ok(PreviewPlanResponse {
        blueprint,
        blueprint_digest,
        planned_by: CALLER.to_owned(),
        findings,
        failure: None,
        worst_case,
        attempts: vec![attempt],
        estimate,
        yaml,
        graph,
        usage: None,
        ruling: None,
    })
}

fn attempt(outcome: RungOutcome, reason: &str) -> RungAttempt {
    RungAttempt { rung: OWN.to_owned(), outcome: outcome.into(), reason: reason.to_owned() }
}

/// The blueprint as YAML, without the definitions that its capabilities have in the catalog, and as a drawing.
fn shown(blueprint: Option<v1::Blueprint>) -> (String, String) {
    let read = |message| read_blueprint(message, "blueprint", &mut Violations::default());
    let Some(mut blueprint) = blueprint.and_then(read) else { return Default::default() };
    blueprint.capabilities.clear();
    (write(&blueprint, Language::Yaml), drawing::mermaid(&blueprint))
}
