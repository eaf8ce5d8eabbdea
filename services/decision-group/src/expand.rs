//! Tasks that wait for a plan get it: of a goal that is planned when it is reached, or of a blueprint that a
//! task has made.
//!
//! A delivery may repeat: a task that has its graph already is not asked about again. A goal for which the catalog has no
//! plan is handed over to those who ask a language model (`draft`).

use futures::stream::{self, StreamExt as _};
use goalpost_model::{Amount, AttemptRef, Blueprint, Digest, Failure, GoalId, ReplanRef, SUB_GOAL};
use goalpost_proto::struct_from_map;
use goalpost_proto::v1::{ActOnWorkflowRequest, PlanRequest};
use goalpost_service::backoff::until_ok;
use goalpost_service::line::Line;
use goalpost_service::{status, trace_context};
use goalpost_store::goals::{self, NewBlueprint};
use goalpost_store::plannings;
use goalpost_store::workflows::{self, WantedPlan};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::Context;
use crate::by_hand::expand;
use crate::checks::{Checks, Definitions};
use crate::planner::{self, Answer};
use crate::refusals::{Verdict, may_pass, verdict};
use crate::replanning;
use crate::rulings::{self, Proposal, Subject};

const MAX_BATCH: usize = 256;
/// Tasks that are planned at once.
const AT_ONCE: usize = 64;

/// Plans for tasks that wait for it, until `stop`.
pub(crate) async fn take_plans(context: Context, mut line: Line, stop: CancellationToken) {
    let checks = Checks::new(context.peers.planner.clone(), context.store.clone());
    while let Some(elements) = line.take(MAX_BATCH).await {
        let named: Vec<AttemptRef> = elements.iter().filter_map(|element| element.parse().ok()).collect();
        let anew: Vec<ReplanRef> = elements.iter().filter_map(|element| element.parse().ok()).collect();
        let plans = Plans { context: &context, checks: &checks, stop: &stop };
        let (served, replanned) = tokio::join!(plans.serve(&named), plans.serve_anew(&anew));
        if served.and(replanned).is_none() {
            return;
        }
        line.done().await;
    }
}

struct Plans<'a> {
    context: &'a Context,
    checks: &'a Checks,
    stop: &'a CancellationToken,
}

impl Plans<'_> {
    /// `None` if the process stops first; the list keeps them.
    async fn serve(&self, named: &[AttemptRef]) -> Option<()> {
        let read = || workflows::wanted_plans(&self.context.store, named);
        let wanted = until_ok("PostgreSQL", self.stop, read).await?;
        let served: Vec<_> = wanted.iter().map(|wanted| self.serve_one(wanted)).collect();
        let served: Vec<Option<()>> = stream::iter(served).buffer_unordered(AT_ONCE).collect().await;
        served.into_iter().collect::<Option<Vec<()>>>().map(drop)
    }

    /// The same for workflows that wait for another plan.
    async fn serve_anew(&self, wanted: &[ReplanRef]) -> Option<()> {
        let served: Vec<_> = wanted
            .iter()
            .map(|wanted| replanning::serve(self.context, self.checks, self.stop, *wanted))
            .collect();
        let served: Vec<Option<()>> = stream::iter(served).buffer_unordered(AT_ONCE).collect().await;
        served.into_iter().collect::<Option<Vec<()>>>().map(drop)
    }

    async fn serve_one(&self, wanted: &WantedPlan) -> Option<()> {
        until_ok("a service that tasks need for their plans", self.stop, || self.try_serve(wanted)).await
    }

    /// Errors: what may pass.
    async fn try_serve(&self, wanted: &WantedPlan) -> Result<(), Status> {
        let (found, spent) = if wanted.capability == SUB_GOAL {
            match planner::plan(self.context, request(wanted), wanted.traceparent.as_deref()).await? {
                Answer::Decided(decided) => {
                    let spent = decided.spent();
                    (decided.plan.map(|blueprint| NewBlueprint::of(&blueprint)), spent)
                }
                Answer::MayDraft => return self.hand_over(wanted).await,
            }
        } else {
            (self.check(wanted).await?, Amount::default())
        };
        give(self.context, self.checks, wanted, found, spent).await
    }

    /// A language model has to be asked: not here, where others wait.
    async fn hand_over(&self, wanted: &WantedPlan) -> Result<(), Status> {
        let begun = plannings::begin(&self.context.store, &[], &[wanted.at]).await;
        begun.map_err(|error| status::store(&error))
    }

    /// What the task has made, checked like a caller's own blueprint.
    async fn check(&self, wanted: &WantedPlan) -> Result<Result<NewBlueprint, Failure>, Status> {
        let invalid = |message: String| Ok(Err(Failure::new(Failure::EXTENSION_INVALID, message)));
        let made = wanted.output.clone().unwrap_or_default();
        let blueprint: Blueprint = match serde_json::from_value(made) {
            Ok(blueprint) => blueprint,
            Err(error) => {
                return invalid(format!("what task '{}' has made is no blueprint: {error}", wanted.task));
            }
        };
        match self
            .checks
            .ask(blueprint, Definitions::Catalog, &wanted.namespace, wanted.traceparent.as_deref())
            .await
        {
            Ok(checked) => Ok(Ok(checked)),
            Err(refused) if may_pass(&refused) => Err(refused),
            Err(refused) => {
                invalid(format!("the blueprint of task '{}' is refused: {}", wanted.task, refused.message()))
            }
        }
    }
}

/// The goal that the task's input says, as the planner is asked for it.
pub(crate) fn request(wanted: &WantedPlan) -> PlanRequest {
    let text = |field: &str| wanted.input.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let input = wanted.input.get("input").and_then(Value::as_object).cloned().unwrap_or_default();
    PlanRequest {
        goal: text("goal"),
        goal_type: text("goal_type"),
        input: Some(struct_from_map(&input)),
        namespace: wanted.namespace.to_string(),
    }
}

/// Stores the plan and gives it to the task, if the policies let it pass, or fails the task. `spent`: what planning took.
/// Errors: what may pass.
pub(crate) async fn give(
    context: &Context,
    checks: &Checks,
    wanted: &WantedPlan,
    found: Result<NewBlueprint, Failure>,
    spent: Amount,
) -> Result<(), Status> {
    let ruled = match found {
        Ok(blueprint) => ruled(context, checks, wanted, blueprint).await?,
        Err(failure) => Err(failure),
    };
    let outcome = match ruled {
        Ok(blueprint) => store(context, blueprint).await?,
        Err(failure) => Err(failure),
    };
    let Some(refused) = tell(context, wanted, outcome, spent).await? else { return Ok(()) };
    tracing::error!(attempt = %wanted.at, task = wanted.task, reason = refused.message, "a plan was refused; its task fails");
    if let Some(refused) = tell(context, wanted, Err(refused), spent).await? {
        let reason = refused.message;
        tracing::error!(attempt = %wanted.at, task = wanted.task, reason, "a task cannot be failed; it waits on");
    }
    Ok(())
}

/// The blueprint, if the policies let it pass.
async fn ruled(
    context: &Context,
    checks: &Checks,
    wanted: &WantedPlan,
    new: NewBlueprint,
) -> Result<Result<NewBlueprint, Failure>, Status> {
    // A workflow that serves no goal has no policy.
    let goal = goals::find(&context.store, GoalId(wanted.at.workflow.0)).await;
    let Some(goal) = goal.map_err(|error| status::store(&error))? else { return Ok(Ok(new)) };
    let subject = Subject::of(&goal);
    let rulings = context.rulings(checks);
    if !rulings.cover(&subject) {
        return Ok(Ok(new));
    }
    let Some(present) = context.running(goal.id).await? else { return Ok(Ok(new)) };
    let present = context.blueprint(present).await?;
    let blueprint = new.blueprint().map_err(|error| status::store(&error))?;
    let proposal = Proposal { planned_by: &wanted.capability, blueprint, present: Some(&present) };
    match rulings.on(&subject, proposal, wanted.traceparent.as_deref()).await {
        Ok(ruling) => Ok(rulings::inside_of_task(ruling).map(|()| new)),
        Err(status) if may_pass(&status) => Err(status),
        Err(status) => Ok(Err(refused(&status))),
    }
}

/// A plan that its store cannot take is none.
async fn store(context: &Context, blueprint: NewBlueprint) -> Result<Result<Digest, Failure>, Status> {
    match workflows::store_blueprint(&context.store, &blueprint).await {
        Ok(()) => Ok(Ok(blueprint.digest)),
        Err(error) if error.is_unavailable() => Err(status::store(&error)),
        Err(error) => Ok(Err(refused(&status::store(&error)))),
    }
}

/// Tells the engine. Answers with why it will never take the plan, if so. Errors: what may pass.
async fn tell(
    context: &Context,
    wanted: &WantedPlan,
    outcome: Result<Digest, Failure>,
    spent: Amount,
) -> Result<Option<Failure>, Status> {
    let WantedPlan { at: AttemptRef { workflow, attempt, .. }, task, .. } = wanted;
    let action = Some(expand(task.clone(), i32::try_from(*attempt).ok(), outcome, spent));
    let request = ActOnWorkflowRequest { id: workflow.to_string(), action };
    let request = trace_context::request(request, wanted.traceparent.as_deref());
    let Err(status) = context.peers.engine.clone().act_on_workflow(request).await else {
        return Ok(None);
    };
    match verdict(&status) {
        Verdict::Passing => Err(status),
        Verdict::Refused => Ok(Some(refused(&status))),
        Verdict::Late => {
            tracing::debug!(%workflow, task, reason = status.message(), "a plan came late");
            Ok(None)
        }
    }
}

fn refused(status: &Status) -> Failure {
    let message = format!("the plan cannot be run: {}", status.message());
    Failure::new(Failure::PLAN_REFUSED, message)
}
