//! Submitted goals get the catalog's plans, and their workflows begin. Goals for which the catalog has none are handed
//! over to those who ask a language model (`draft`): nothing here waits for one.
//!
//! A delivery may repeat and a crash may come anywhere: a goal that is planned already is only begun, and one that was
//! handed over is not handed over again. What was approved since runs, or takes the place of what runs.

use std::time::Instant;

use futures::stream::{self, StreamExt as _};
use goalpost_model::{GoalId, GoalState};
use goalpost_proto::struct_from_map;
use goalpost_proto::v1::PlanRequest;
use goalpost_service::backoff::{Backoff, until_ok};
use goalpost_service::line::Line;
use goalpost_service::trace_context::Hop;
use goalpost_store::goals::{self, Planned, StoredGoal, Verdict};
use goalpost_store::plannings;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::api::CALLER;
use crate::begin::{Goals, decision, log};
use crate::checks::Checks;
use crate::extend::Extension;
use crate::planner::{self, Answer};
use crate::refusals::may_pass;
use crate::{Context, SERVICE};

const MAX_BATCH: usize = 256;
/// Goals that are planned at once.
const AT_ONCE: usize = 64;

/// Plans and begins goals, until `stop`.
pub(crate) async fn take_goals(context: Context, mut line: Line, stop: CancellationToken) {
    let checks = Checks::new(context.peers.planner.clone(), context.store.clone());
    while let Some(elements) = line.take(MAX_BATCH).await {
        let ids: Vec<GoalId> = elements.iter().filter_map(|element| element.parse().ok()).collect();
        let goals = Goals { context: &context, checks: &checks, stop: &stop };
        if advance(&goals, &ids).await.is_none() {
            return;
        }
        line.done().await;
    }
}

/// What a goal comes to here.
enum Outcome {
    Planned(Box<Planned>),
    /// A language model has to be asked.
    HandedOver,
}

/// Brings the goals as far as their workflows' beginnings, or to those who plan them. `None` if the process stops
/// first; the list keeps them.
async fn advance(goals: &Goals<'_>, ids: &[GoalId]) -> Option<()> {
    let store = &goals.context.store;
    let (submitted, planned): (Vec<StoredGoal>, Vec<StoredGoal>) =
        open(goals, ids).await?.into_iter().partition(|goal| goal.state == GoalState::Submitted);
    let (begun, to_begin): (Vec<StoredGoal>, Vec<StoredGoal>) = planned
        .into_iter()
        .filter(|goal| goal.state == GoalState::Running)
        .partition(|goal| goal.has_workflow);
    goals.begin_all(to_begin).await?;
    for goal in &begun {
        go_on(goals, goal).await?;
    }
    let started = Instant::now();
    let plans = submitted.into_iter().map(|goal| async move { Some((plan(goals, &goal).await?, goal)) });
    // Those that have their plans do not wait for the others.
    let mut plans = std::pin::pin!(stream::iter(plans).buffer_unordered(AT_ONCE).ready_chunks(MAX_BATCH));
    while let Some(ready) = plans.next().await {
        let (mut planned, mut with_plan, mut handed_over) = (Vec::new(), Vec::new(), Vec::new());
        for (outcome, goal) in ready.into_iter().collect::<Option<Vec<_>>>()? {
            match outcome {
                Outcome::Planned(plan) => {
                    metrics::histogram!("goalpost_planning_seconds").record(started.elapsed());
                    planned.push(*plan);
                    with_plan.push(goal);
                }
                Outcome::HandedOver => handed_over.push(goal.id),
            }
        }
        if !handed_over.is_empty() {
            until_ok("PostgreSQL", goals.stop, || plannings::begin(store, &handed_over, &[])).await?;
        }
        goals.settle(&planned, with_plan).await?;
    }
    goals.cancel_unwanted(ids).await
}

/// Those of the goals that have not ended, once the deadlines of their approvals have decided.
async fn open(goals: &Goals<'_>, ids: &[GoalId]) -> Option<Vec<StoredGoal>> {
    let store = &goals.context.store;
    let open = until_ok("PostgreSQL", goals.stop, || goals::open(store, ids)).await?;
    let is_asked =
        |goal: &&StoredGoal| goal.state == GoalState::AwaitingApproval || goal.approved_digests.is_some();
    let asked: Vec<GoalId> = open.iter().filter(is_asked).map(|goal| goal.id).collect();
    if asked.is_empty() {
        return Some(open);
    }
    until_ok("PostgreSQL", goals.stop, || goals::expire(store, &asked)).await?;
    until_ok("PostgreSQL", goals.stop, || goals::open(store, ids)).await
}

/// Lets a goal go on with the blueprint that was approved last, if it runs another one.
async fn go_on(goals: &Goals<'_>, goal: &StoredGoal) -> Option<()> {
    let approved = goal.approved_digests.as_ref().and_then(|all| all.last().copied());
    let Some(digest) = approved.filter(|digest| goal.blueprint_digest != Some(*digest)) else {
        return Some(());
    };
    let Goals { context, checks, .. } = *goals;
    let extension = Extension { context, checks, id: goal.id, traceparent: goal.traceparent.clone() };
    let mut backoff = Backoff::default();
    loop {
        match extension.go_on_with(digest).await {
            Ok(()) => return Some(()),
            Err(status) if may_pass(&status) => log(&backoff, "graph engine", &status),
            // It has ended, or goes on with another blueprint by now.
            Err(status) => {
                tracing::warn!(goal = %goal.id, reason = status.message(), "an approved extension came too late");
                return Some(());
            }
        }
        if !backoff.pause(goals.stop).await {
            return None;
        }
    }
}

/// Asks the planner until it answers, and the policies of what it answers.
async fn plan(goals: &Goals<'_>, goal: &StoredGoal) -> Option<Outcome> {
    let mut backoff = Backoff::default();
    loop {
        match try_plan(goals.context, goal).await {
            Ok(Outcome::Planned(planned)) => {
                let ruled = goals.ruled(goal, *planned).await?;
                return Some(Outcome::Planned(Box::new(ruled)));
            }
            Ok(Outcome::HandedOver) => return Some(Outcome::HandedOver),
            Err(status) => log(&backoff, "planner", &status),
        }
        if !backoff.pause(goals.stop).await {
            return None;
        }
    }
}

/// Errors: what may pass.
async fn try_plan(context: &Context, goal: &StoredGoal) -> Result<Outcome, Status> {
    if let Some(digest) = goal.blueprint_digest {
        return Ok(Outcome::Planned(Box::new(Planned {
            goal: goal.id,
            verdict: Verdict::Own(digest),
            decided_by: CALLER.to_owned(),
            reason: "the caller's own blueprint, checked when it was submitted".to_owned(),
            llm_usage: None,
            approvals: Vec::new(),
        })));
    }
    let hop = hop(goal);
    Ok(match planner::plan(context, request(goal), hop.traceparent()).await? {
        Answer::Decided(decided) => Outcome::Planned(Box::new(decision(goal, decided))),
        Answer::MayDraft => Outcome::HandedOver,
    })
}

/// Planning, as the trace of a goal shows it.
pub(crate) fn hop(goal: &StoredGoal) -> Hop {
    let span = || tracing::info_span!("plan", service.name = SERVICE, goal = %goal.id);
    Hop::begin(goal.traceparent.as_deref(), span)
}

/// The goal as the planner is asked for it.
pub(crate) fn request(goal: &StoredGoal) -> PlanRequest {
    PlanRequest {
        goal: goal.goal.clone(),
        goal_type: goal.goal_type.clone(),
        input: Some(struct_from_map(&goal.input)),
        namespace: goal.namespace.to_string(),
    }
}
