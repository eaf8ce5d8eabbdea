//! Tasks that wait for a plan get it: of a goal that is planned when it is reached, or of a blueprint that a
//! task has made.
//!
//! A delivery may repeat: a task that has its graph already is not asked about again.

use futures::stream::{self, StreamExt as _};
use goalpost_model::{AttemptRef, Blueprint, Digest, Failure, GoalId, SUB_GOAL, WorkflowId};
use goalpost_policy::Ruling;
use goalpost_proto::v1::{ActOnWorkflowRequest, PlanRequest, PlanResponse};
use goalpost_proto::{Violations, read_blueprint, struct_from_map};
use goalpost_service::backoff::{Backoff, until_ok};
use goalpost_service::line::Line;
use goalpost_service::{status, trace_context};
use goalpost_store::goals::{self, NewBlueprint};
use goalpost_store::workflows::{self, WantedPlan};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::Context;
use crate::by_hand::expand;
use crate::checks::{Checks, Definitions};
use crate::refusals::{Verdict, may_pass, verdict};
use crate::rulings::{self, Proposal, Subject};

const MAX_BATCH: usize = 256;
/// Tasks that are planned at once.
const AT_ONCE: usize = 64;

/// Plans for tasks that wait for it, until `stop`.
pub(crate) async fn take_plans(context: Context, mut line: Line, stop: CancellationToken) {
    let checks = Checks::new(context.peers.planner.clone(), context.store.clone());
    while let Some(elements) = line.take(MAX_BATCH).await {
        let named: Vec<AttemptRef> = elements.iter().filter_map(|element| element.parse().ok()).collect();
        let plans = Plans { context: &context, checks: &checks, stop: &stop };
        if plans.serve(&named).await.is_none() {
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

    async fn serve_one(&self, wanted: &WantedPlan) -> Option<()> {
        let mut backoff = Backoff::default();
        while let Err(passing) = self.try_serve(wanted).await {
            if backoff.is_fresh() {
                let reason = passing.message();
                tracing::warn!(reason, "a service cannot be reached; tasks wait for their plans");
            }
            if !backoff.pause(self.stop).await {
                return None;
            }
        }
        Some(())
    }

    /// Errors: what may pass.
    async fn try_serve(&self, wanted: &WantedPlan) -> Result<(), Status> {
        let found =
            if wanted.capability == SUB_GOAL { self.plan(wanted).await? } else { self.check(wanted).await? };
        let ruled = match found {
            Ok(blueprint) => self.ruled(wanted, blueprint).await?,
            Err(failure) => Err(failure),
        };
        let outcome = match ruled {
            Ok(blueprint) => self.store(blueprint).await?,
            Err(failure) => Err(failure),
        };
        let Some(refused) = self.tell(wanted, outcome).await? else { return Ok(()) };
        tracing::error!(workflow = %wanted.workflow, task = wanted.task, reason = refused.message, "a plan was refused; its task fails");
        if let Some(refused) = self.tell(wanted, Err(refused)).await? {
            let reason = refused.message;
            tracing::error!(workflow = %wanted.workflow, task = wanted.task, reason, "a task cannot be failed; it waits on");
        }
        Ok(())
    }

    /// The blueprint, if the policies let it pass.
    async fn ruled(
        &self,
        wanted: &WantedPlan,
        new: NewBlueprint,
    ) -> Result<Result<NewBlueprint, Failure>, Status> {
        // A workflow that serves no goal has no policy.
        let goal = goals::get(&self.context.store, GoalId(wanted.workflow.0)).await;
        let Some((goal, _)) = goal.map_err(|error| status::store(&error))? else { return Ok(Ok(new)) };
        let subject = Subject::of(&goal);
        let rulings = self.context.rulings(self.checks);
        let Some(present) = self.context.running(goal.id).await?.filter(|_| rulings.cover(&subject)) else {
            return Ok(Ok(new));
        };
        let present = self.context.blueprint(present).await?;
        let blueprint = new.blueprint().map_err(|error| status::store(&error))?;
        let proposal = Proposal { planned_by: &wanted.capability, blueprint, present: Some(&present) };
        Ok(match rulings.on(&subject, proposal, wanted.traceparent.as_deref()).await? {
            Ruling::Admit => Ok(new),
            Ruling::Refuse { rule, reason } => Err(rulings::refusal(&rule, &reason)),
            Ruling::Approval(wanted) => Err(rulings::unasked(&wanted)),
        })
    }

    /// A plan that its store cannot take is none.
    async fn store(&self, blueprint: NewBlueprint) -> Result<Result<Digest, Failure>, Status> {
        match workflows::store_blueprint(&self.context.store, &blueprint).await {
            Ok(()) => Ok(Ok(blueprint.digest)),
            Err(error) if error.is_unavailable() => Err(status::store(&error)),
            Err(error) => Ok(Err(refused(&status::store(&error)))),
        }
    }

    /// The plan of the goal that the task's input says.
    async fn plan(&self, wanted: &WantedPlan) -> Result<Result<NewBlueprint, Failure>, Status> {
        let text =
            |field: &str| wanted.input.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let input = wanted.input.get("input").and_then(Value::as_object).cloned().unwrap_or_default();
        let request = PlanRequest {
            goal: text("goal"),
            goal_type: text("goal_type"),
            input: Some(struct_from_map(&input)),
            request_id: request_id(wanted),
            namespace: wanted.namespace.to_string(),
        };
        let mut planner = self.context.peers.planner.clone();
        let answer = planner.plan(trace_context::request(request, wanted.traceparent.as_deref())).await;
        let PlanResponse { blueprint, failure, .. } = match answer {
            Ok(answer) => answer.into_inner(),
            Err(refused) if may_pass(&refused) => return Err(refused),
            Err(refused) => {
                let message = format!("the planner refused the goal: {}", refused.message());
                return Ok(Err(Failure::new(Failure::NO_PLAN, message)));
            }
        };
        if let Some(failure) = failure {
            return Ok(Err(failure.into()));
        }
        let mut violations = Violations::default();
        Ok(match read_blueprint(blueprint.unwrap_or_default(), "blueprint", &mut violations) {
            Some(blueprint) => Ok(NewBlueprint::of(&blueprint)),
            None => Err(Failure::new(Failure::BLUEPRINT_INVALID, violations.to_string())),
        })
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

    /// Tells the engine. Answers with why it will never take the plan, if so. Errors: what may pass.
    async fn tell(
        &self,
        wanted: &WantedPlan,
        outcome: Result<Digest, Failure>,
    ) -> Result<Option<Failure>, Status> {
        let WantedPlan { workflow: WorkflowId(id), task, attempt, .. } = wanted;
        let action = Some(expand(task.clone(), Some(*attempt), outcome));
        let request = ActOnWorkflowRequest { id: id.to_string(), action };
        let request = trace_context::request(request, wanted.traceparent.as_deref());
        let Err(status) = self.context.peers.engine.clone().act_on_workflow(request).await else {
            return Ok(None);
        };
        match verdict(&status) {
            Verdict::Passing => Err(status),
            Verdict::Refused => Ok(Some(refused(&status))),
            Verdict::Late => {
                let (workflow, reason) = (id.to_string(), status.message());
                tracing::debug!(workflow, task, reason, "a plan came late");
                Ok(None)
            }
        }
    }
}

/// Tells a task's plan from others, however long its name is.
fn request_id(WantedPlan { workflow: WorkflowId(id), task, attempt, .. }: &WantedPlan) -> String {
    Digest::of(format!("{id}:{task}:{attempt}").as_bytes()).to_string()
}

fn refused(status: &Status) -> Failure {
    let message = format!("the plan cannot be run: {}", status.message());
    Failure::new(Failure::PLAN_REFUSED, message)
}
