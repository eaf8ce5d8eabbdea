//! Goals that a language model plans, tasks whose goals it plans, and workflows for which it makes another plan: each by
//! itself, however long it takes.
//!
//! What the model says is journaled before the planner asks it again, and the planner goes through the journal before
//! it asks at all. So whatever dies, what was heard once is not paid for again.

use std::sync::Arc;
use std::time::Instant;

use goalpost_model::{AttemptRef, Blueprint, GoalId, GoalState, Past, PlanningRef, ReplanRef};
use goalpost_proto::v1::{DraftRequest, PlanRequest, PlanningStep, RunningPlan};
use goalpost_proto::{blueprint_from_model, struct_from_map};
use goalpost_service::backoff::{Backoff, until_ok};
use goalpost_service::line::Line;
use goalpost_store::goals::NewBlueprint;
use goalpost_store::{goals, plannings, workflows};
use tokio_util::sync::CancellationToken;

use crate::Context;
use crate::begin::{Goals, decision, log};
use crate::checks::Checks;
use crate::planner::{self, Decided, Drafted};
use crate::replan::{self, Source};
use crate::{expand, plan, replanning};

/// Goals and tasks that are open at once. Planners have bounds of their own, and refuse what is beyond them.
const AT_ONCE: usize = 64;

/// Has a language model plan, until `stop`.
pub(crate) async fn take_drafts(context: Context, line: Line, stop: CancellationToken) {
    let checks = Arc::new(Checks::new(context.peers.planner.clone(), context.store.clone()));
    let work = |element: String| {
        let (context, checks, stop) = (context.clone(), Arc::clone(&checks), stop.clone());
        async move {
            let drafts = Drafts { context: &context, checks: &checks, stop: &stop };
            match element.parse() {
                Ok(PlanningRef::Goal(goal)) => drafts.goal(goal).await,
                Ok(PlanningRef::Task(attempt)) => drafts.task(attempt).await,
                Ok(PlanningRef::Replan(wanted)) => drafts.another(wanted).await,
                Err(_) => Some(()),
            }
        }
    };
    line.each(AT_ONCE, work).await;
}

/// Every answer is `None` if the process stops first.
struct Drafts<'a> {
    context: &'a Context,
    checks: &'a Checks,
    stop: &'a CancellationToken,
}

impl Drafts<'_> {
    /// Brings the goal as far as its workflow's beginning.
    async fn goal(&self, id: GoalId) -> Option<()> {
        let Self { context, checks, stop } = *self;
        let (goals, started, ids) = (Goals { context, checks, stop }, Instant::now(), [id]);
        let read = || goals::open(&context.store, &ids);
        let Some(goal) = until_ok("PostgreSQL", stop, read).await?.pop() else { return Some(()) };
        if goal.state == GoalState::Submitted {
            let hop = plan::hop(&goal);
            let request = plan::request(&goal);
            let drafted = self.drafted(PlanningRef::Goal(id), request, None, hop.traceparent());
            let Some(decided) = drafted.await? else { return Some(()) };
            metrics::histogram!("goalpost_planning_seconds").record(started.elapsed());
            let planned = goals.ruled(&goal, decision(&goal, decided)).await?;
            goals.settle(&[planned], vec![goal]).await?;
        } else if goal.state == GoalState::Running && !goal.has_workflow {
            goals.begin_all(vec![goal]).await?;
        }
        goals.cancel_unwanted(&ids).await
    }

    /// Gives the task the plan that it waits for.
    async fn task(&self, at: AttemptRef) -> Option<()> {
        let Self { context, checks, stop } = *self;
        let named = [at];
        let read = || workflows::wanted_plans(&context.store, &named);
        let Some(wanted) = until_ok("PostgreSQL", stop, read).await?.pop() else { return Some(()) };
        let traceparent = wanted.traceparent.as_deref();
        let drafted = self.drafted(PlanningRef::Task(at), expand::request(&wanted), None, traceparent);
        let Some(decided) = drafted.await? else { return Some(()) };
        let (spent, found) = (decided.spent(), decided.plan.map(|blueprint| NewBlueprint::of(&blueprint)));
        until_ok("the graph engine", stop, || expand::give(context, checks, &wanted, found.clone(), spent))
            .await
    }

    /// Gives the workflow the other plan that it waits for.
    async fn another(&self, wanted: ReplanRef) -> Option<()> {
        let Self { context, checks, stop } = *self;
        let read = || replanning::waiting(context, wanted);
        let Some(running) = until_ok("PostgreSQL", stop, read).await? else { return Some(()) };
        let read = || context.blueprint(running.blueprint_digest);
        let present = until_ok("PostgreSQL", stop, read).await?;
        let read = || plannings::past(&context.store, wanted);
        let Some(past) = until_ok("PostgreSQL", stop, read).await? else { return Some(()) };
        let (planning, request) = (PlanningRef::Replan(wanted), replan::request(&running));
        let traceparent = running.traceparent.as_deref();
        let drafted = self.drafted(planning, request, Some(running_plan(&present, past)), traceparent);
        let Some(decided) = drafted.await? else { return Some(()) };
        replanning::serve_by(context, checks, stop, wanted, &Source::Model(decided)).await
    }

    /// The plan, or why there is none; neither if nobody waits for it any more.
    async fn drafted(
        &self,
        planning: PlanningRef,
        goal: PlanRequest,
        running: Option<RunningPlan>,
        traceparent: Option<&str>,
    ) -> Option<Option<Decided>> {
        let Self { context, stop, .. } = *self;
        let store = &context.store;
        let mut backoff = Backoff::default();
        loop {
            if !until_ok("PostgreSQL", stop, || plannings::is_wanted(store, planning)).await? {
                return Some(None);
            }
            let steps = until_ok("PostgreSQL", stop, || plannings::steps(store, planning)).await?;
            let number = steps.len() + 1;
            let request = DraftRequest {
                goal: Some(goal.clone()),
                request_id: planning.to_string(),
                steps: steps.into_iter().map(PlanningStep::from).collect(),
                running: running.clone(),
            };
            let answer = tokio::select! {
                answer = planner::draft(context, request, traceparent) => answer,
                () = stop.cancelled() => return None,
            };
            match answer {
                Ok(Drafted::Decided(decided)) => return Some(Some(decided)),
                Ok(Drafted::Step(step)) => {
                    let keep = || plannings::keep(store, planning, number, &step);
                    until_ok("PostgreSQL", stop, keep).await?;
                    backoff.reset();
                }
                Err(status) => {
                    log(&backoff, "planner", &status);
                    if !backoff.pause(stop).await {
                        return None;
                    }
                }
            }
        }
    }
}

fn running_plan(present: &Blueprint, past: Past) -> RunningPlan {
    let Past { failed, cancelled, ended, outputs, reason } = past;
    RunningPlan {
        blueprint: Some(blueprint_from_model(present)),
        failed: failed.into_iter().collect(),
        cancelled: cancelled.into_iter().collect(),
        ended: ended.into_iter().collect(),
        outputs: Some(struct_from_map(&outputs.into_iter().collect())),
        reason,
    }
}
