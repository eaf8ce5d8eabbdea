//! Submitted goals get their plans, and their workflows begin.
//!
//! A delivery may repeat and a crash may come anywhere: a goal that is planned already is only
//! begun, and to begin a workflow twice begins it once.

use std::time::Instant;

use futures::stream::{self, StreamExt as _};
use goalpost_model::{Amount, Failure, GoalId, GoalState, LlmUsage, Spending};
use goalpost_proto::v1::{CreateWorkflowRequest, PlanRequest, PlanResponse};
use goalpost_proto::{Violations, read_blueprint, struct_from_map};
use goalpost_service::backoff::{Backoff, until_ok};
use goalpost_service::line::Line;
use goalpost_service::trace_context::{self, Hop};
use goalpost_store::goals::{self, NewBlueprint, Planned, StoredGoal, Unwanted, Verdict};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::api::{CALLER, cancel_workflow};
use crate::refusals::may_pass;
use crate::{Context, SERVICE, budget};

const MAX_BATCH: usize = 256;
/// Goals that are planned or begun at once.
const AT_ONCE: usize = 64;

/// Plans and begins goals, until `stop`.
pub(crate) async fn take_goals(context: Context, mut line: Line, stop: CancellationToken) {
    while let Some(elements) = line.take(MAX_BATCH).await {
        let ids: Vec<GoalId> = elements.iter().filter_map(|element| element.parse().ok()).collect();
        let goals = Goals { context: &context, stop: &stop };
        if goals.advance(&ids).await.is_none() {
            return;
        }
        line.done().await;
    }
}

struct Goals<'a> {
    context: &'a Context,
    stop: &'a CancellationToken,
}

impl Goals<'_> {
    /// Brings the goals as far as their workflows' beginnings. `None` if the process stops first;
    /// the list keeps them.
    async fn advance(&self, ids: &[GoalId]) -> Option<()> {
        let store = &self.context.store;
        let open = until_ok("PostgreSQL", self.stop, || goals::open(store, ids)).await?;
        let (submitted, planned): (Vec<StoredGoal>, Vec<StoredGoal>) =
            open.into_iter().partition(|goal| goal.state == GoalState::Submitted);
        self.begin_all(planned.into_iter().filter(|goal| !goal.has_workflow).collect()).await?;
        let started = Instant::now();
        let plans = submitted.into_iter().map(|goal| async move { Some((self.plan(&goal).await?, goal)) });
        // A language model takes its time: those that have their plans do not wait for the others.
        let mut plans = std::pin::pin!(stream::iter(plans).buffer_unordered(AT_ONCE).ready_chunks(MAX_BATCH));
        while let Some(ready) = plans.next().await {
            let (planned, goals) = ready.into_iter().collect::<Option<(Vec<_>, Vec<_>)>>()?;
            metrics::histogram!("goalpost_planning_seconds").record(started.elapsed());
            let to_begin = self.store(&planned, goals).await?;
            self.begin_all(to_begin).await?;
        }
        self.cancel_unwanted(ids).await
    }

    async fn begin_all(&self, goals: Vec<StoredGoal>) -> Option<()> {
        let beginnings: Vec<_> = goals.iter().map(|goal| self.begin(goal)).collect();
        let begun: Vec<Option<()>> = stream::iter(beginnings).buffer_unordered(AT_ONCE).collect().await;
        begun.into_iter().collect::<Option<Vec<()>>>().map(drop)
    }

    /// Stores the plans of these goals, and answers with those whose workflows may begin.
    async fn store(&self, planned: &[Planned], mut goals: Vec<StoredGoal>) -> Option<Vec<StoredGoal>> {
        let store_plans = || goals::store_plans(&self.context.store, planned);
        let stored = until_ok("PostgreSQL", self.stop, store_plans).await?;
        let missed = planned.iter().map(|plan| plan.goal).filter(|goal| !stored.contains_key(goal));
        let planned_before = self.planned(&missed.collect::<Vec<_>>()).await?;
        for (goal, plan) in goals.iter_mut().zip(planned) {
            goal.blueprint_digest = plan.verdict.digest().copied();
            goal.budget = stored.get(&goal.id).copied().unwrap_or_default();
            goal.planning = plan.llm_usage.as_ref().map(Amount::from).unwrap_or_default();
        }
        goals.retain(|goal| goal.blueprint_digest.is_some() && stored.contains_key(&goal.id));
        goals.extend(planned_before);
        Some(goals)
    }

    /// Those of the goals that have a plan and no workflow. A plan that was not stored just now may
    /// have been before: by another taker, or by a write of this one whose answer was lost.
    async fn planned(&self, ids: &[GoalId]) -> Option<Vec<StoredGoal>> {
        if ids.is_empty() {
            return Some(Vec::new());
        }
        let mut open = until_ok("PostgreSQL", self.stop, || goals::open(&self.context.store, ids)).await?;
        open.retain(|goal| goal.state == GoalState::Running && !goal.has_workflow);
        Some(open)
    }

    /// Asks the planner until it answers.
    async fn plan(&self, goal: &StoredGoal) -> Option<Planned> {
        let mut backoff = Backoff::default();
        loop {
            match self.try_plan(goal).await {
                Ok(planned) => return Some(planned),
                Err(status) if may_pass(&status) => self.log(&backoff, "planner", &status),
                Err(status) => {
                    let failure = Failure::new(
                        Failure::NO_PLAN,
                        format!("the planner refused the goal: {}", status.message()),
                    );
                    return Some(give_up(goal.id, failure));
                }
            }
            if !backoff.pause(self.stop).await {
                return None;
            }
        }
    }

    async fn try_plan(&self, goal: &StoredGoal) -> Result<Planned, Status> {
        if let Some(digest) = goal.blueprint_digest {
            let reason = "the caller's own blueprint, checked when it was submitted".to_owned();
            return Ok(Planned {
                goal: goal.id,
                verdict: Verdict::Own(digest),
                decided_by: CALLER.to_owned(),
                reason,
                llm_usage: None,
            });
        }
        let span = || tracing::info_span!("plan", service.name = SERVICE, goal = %goal.id);
        let hop = Hop::begin(goal.traceparent.as_deref(), span);
        let request = PlanRequest {
            goal: goal.goal.clone(),
            goal_type: goal.goal_type.clone(),
            input: Some(struct_from_map(&goal.input)),
            // Asked again, the planner goes on with what it has begun.
            request_id: goal.id.to_string(),
            namespace: goal.namespace.to_string(),
        };
        let mut planner = self.context.peers.planner.clone();
        let answer = planner.plan(trace_context::request(request, hop.traceparent())).await?;
        let PlanResponse { blueprint, planned_by, failure, usage, estimate, .. } = answer.into_inner();
        let usage: Option<LlmUsage> = usage.map(Into::into);
        let planning = usage.as_ref().map(Amount::from).unwrap_or_default();
        let planned = match (blueprint, failure) {
            (Some(blueprint), None) => {
                match budget::too_small(goal.budget, estimate.unwrap_or_default(), planning) {
                    Some(too_small) => give_up(goal.id, too_small.into()),
                    None => accept(goal.id, blueprint, planned_by),
                }
            }
            (_, Some(failure)) => give_up(goal.id, failure.into()),
            (None, None) => give_up(
                goal.id,
                Failure::new(Failure::NO_PLAN, "the planner gave neither a plan nor a reason"),
            ),
        };
        Ok(Planned { llm_usage: usage, ..planned })
    }

    /// Asks the engine until the workflow has begun.
    async fn begin(&self, goal: &StoredGoal) -> Option<()> {
        let request = CreateWorkflowRequest {
            id: goal.id.to_string(),
            blueprint_digest: goal.blueprint_digest.map(|digest| digest.to_string()).unwrap_or_default(),
            goal: goal.goal.clone(),
            input: Some(struct_from_map(&goal.input)),
            namespace: goal.namespace.to_string(),
            priority: goalpost_proto::priority(goal.priority).into(),
            budget: Some(goal.budget.into()),
            spent_before: Some(Spending::new(0, goal.planning).into()),
        };
        let span = || tracing::info_span!("begin", service.name = SERVICE, goal = %goal.id);
        let hop = Hop::begin(goal.traceparent.as_deref(), span);
        let mut backoff = Backoff::default();
        loop {
            let request = trace_context::request(request.clone(), hop.traceparent());
            match self.context.peers.engine.clone().create_workflow(request).await {
                Ok(_) => return Some(()),
                Err(status) if may_pass(&status) => self.log(&backoff, "graph engine", &status),
                Err(status) => {
                    let message = format!("the workflow could not be begun: {}", status.message());
                    tracing::error!(goal = %goal.id, message);
                    let failure = Failure::new(Failure::BLUEPRINT_INVALID, message);
                    let fail = || goals::fail(&self.context.store, goal.id, &failure);
                    return until_ok("PostgreSQL", self.stop, fail).await;
                }
            }
            if !backoff.pause(self.stop).await {
                return None;
            }
        }
    }

    /// A cancellation may have come between a goal's plan and its workflow's beginning, and have
    /// found no workflow to end.
    async fn cancel_unwanted(&self, ids: &[GoalId]) -> Option<()> {
        let read = || goals::unwanted(&self.context.store, ids);
        for Unwanted { id, reason, traceparent } in until_ok("PostgreSQL", self.stop, read).await? {
            let cancel = || cancel_workflow(self.context, id, &reason, traceparent.as_deref());
            until_ok("the graph engine", self.stop, cancel).await?;
        }
        Some(())
    }

    fn log(&self, backoff: &Backoff, who: &str, status: &Status) {
        if backoff.is_fresh() {
            tracing::warn!(who, reason = status.message(), "a service cannot be reached; goals wait");
        }
    }
}

fn accept(goal: GoalId, blueprint: goalpost_proto::v1::Blueprint, decided_by: String) -> Planned {
    let mut violations = Violations::default();
    let Some(blueprint) = read_blueprint(blueprint, "blueprint", &mut violations) else {
        return give_up(goal, Failure::new(Failure::BLUEPRINT_INVALID, violations.to_string()));
    };
    let reason = format!("{} tasks, {} edges, no errors", blueprint.tasks.len(), blueprint.edges.len());
    let verdict = Verdict::Plan(NewBlueprint::of(&blueprint));
    Planned { goal, verdict, decided_by, reason, llm_usage: None }
}

fn give_up(goal: GoalId, failure: Failure) -> Planned {
    let reason = failure.to_string();
    let decided_by = "planner".to_owned();
    Planned { goal, verdict: Verdict::GiveUp(failure), decided_by, reason, llm_usage: None }
}
