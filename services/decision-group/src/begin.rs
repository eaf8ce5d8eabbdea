//! What becomes of goals that were planned: policies decide on their plans, which are stored, and their workflows begin.
//!
//! To begin a workflow twice begins it once, so whoever is told of a goal that has a plan begins it.

use futures::FutureExt as _;
use futures::stream::{self, StreamExt as _};
use goalpost_model::{Amount, Failure, GoalId, GoalState, Spending};
use goalpost_policy::Ruling;
use goalpost_proto::struct_from_map;
use goalpost_proto::v1::CreateWorkflowRequest;
use goalpost_service::backoff::{Backoff, until_ok};
use goalpost_service::status;
use goalpost_service::trace_context::{self, Hop};
use goalpost_store::goals::{self, NewBlueprint, Planned, StoredGoal, Unwanted, Verdict};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::api::cancel_workflow;
use crate::checks::Checks;
use crate::planner::Decided;
use crate::refusals::may_pass;
use crate::rulings::{self, Proposal, Subject};
use crate::{Context, SERVICE, budget};

/// Workflows that are begun at once.
const AT_ONCE: usize = 64;
/// Who refuses a plan.
const POLICY: &str = "policy";

/// Goals on their way to their workflows. Every answer is `None` if the process stops first.
pub(crate) struct Goals<'a> {
    pub(crate) context: &'a Context,
    pub(crate) checks: &'a Checks,
    pub(crate) stop: &'a CancellationToken,
}

impl Goals<'_> {
    /// The plan, as far as the policies let it pass.
    pub(crate) async fn ruled(&self, goal: &StoredGoal, planned: Planned) -> Option<Planned> {
        let mut backoff = Backoff::default();
        loop {
            match self.ruling(goal, &planned).await {
                Ok(ruling) => return Some(under(ruling, planned)),
                Err(status) if may_pass(&status) => log(&backoff, "planner", &status),
                Err(status) => {
                    let message = format!("no policy could decide on the plan: {}", status.message());
                    let failure = Failure::new(Failure::NO_PLAN, message);
                    let (reason, decided_by) = (failure.to_string(), POLICY.to_owned());
                    return Some(Planned {
                        verdict: Verdict::GiveUp(failure),
                        decided_by,
                        reason,
                        ..planned
                    });
                }
            }
            if !backoff.pause(self.stop).await {
                return None;
            }
        }
    }

    /// What the policies say of the plan, if there is one.
    async fn ruling(&self, goal: &StoredGoal, planned: &Planned) -> Result<Ruling, Status> {
        let subject = Subject::of(goal);
        let rulings = self.context.rulings(self.checks);
        let Some(digest) = planned.verdict.digest().copied().filter(|_| rulings.cover(&subject)) else {
            return Ok(Ruling::Admit);
        };
        let blueprint = match &planned.verdict {
            Verdict::Plan(new) => new.blueprint().map_err(|error| status::store(&error))?,
            _ => self.context.blueprint(digest).await?,
        };
        let proposal = Proposal { planned_by: &planned.decided_by, blueprint, present: None };
        rulings.on(&subject, proposal, goal.traceparent.as_deref()).await
    }

    /// Stores the plans of these goals, and begins those that still waited for theirs.
    pub(crate) async fn settle(&self, planned: &[Planned], goals: Vec<StoredGoal>) -> Option<()> {
        if planned.is_empty() {
            return Some(());
        }
        let to_begin = self.store(planned, goals).await?;
        self.begin_all(to_begin).await
    }

    /// Begins the workflows of goals that have their plans.
    pub(crate) async fn begin_all(&self, goals: Vec<StoredGoal>) -> Option<()> {
        let beginnings: Vec<_> = goals.iter().map(|goal| self.begin(goal)).collect();
        let begun: Vec<Option<()>> =
            stream::iter(beginnings).buffer_unordered(AT_ONCE).collect().boxed().await;
        begun.into_iter().collect::<Option<Vec<()>>>().map(drop)
    }

    /// Stores the plans of these goals, and answers with those whose workflows may begin.
    async fn store(&self, planned: &[Planned], mut goals: Vec<StoredGoal>) -> Option<Vec<StoredGoal>> {
        let store_plans = || goals::store_plans(&self.context.store, planned);
        let stored = until_ok("PostgreSQL", self.stop, store_plans).await?;
        let missed = planned.iter().map(|plan| plan.goal).filter(|goal| !stored.contains_key(goal));
        let planned_before = self.planned(&missed.collect::<Vec<_>>()).await?;
        for (goal, plan) in goals.iter_mut().zip(planned) {
            goal.blueprint_digest = plan.verdict.digest().copied().filter(|_| plan.approvals.is_empty());
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
                Err(status) if may_pass(&status) => log(&backoff, "graph engine", &status),
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
    pub(crate) async fn cancel_unwanted(&self, ids: &[GoalId]) -> Option<()> {
        let read = || goals::unwanted(&self.context.store, ids);
        for Unwanted { id, reason, traceparent } in until_ok("PostgreSQL", self.stop, read).await? {
            let cancel = || cancel_workflow(self.context, id, &reason, traceparent.as_deref());
            until_ok("the graph engine", self.stop, cancel).await?;
        }
        Some(())
    }
}

/// The planner's decision on a goal. A plan that comes to more than its budget is none.
pub(crate) fn decision(goal: &StoredGoal, decided: Decided) -> Planned {
    let spent = decided.spent();
    let Decided { plan, by, usage, estimate } = decided;
    let fits = |plan| match budget::too_small(goal.budget, estimate, spent) {
        Some(too_small) => Err(Failure::from(too_small)),
        None => Ok(plan),
    };
    let (reason, verdict) = match plan.and_then(fits) {
        Ok(blueprint) => (
            format!("{} tasks, {} edges, no errors", blueprint.tasks.len(), blueprint.edges.len()),
            Verdict::Plan(NewBlueprint::of(&blueprint)),
        ),
        Err(failure) => (failure.to_string(), Verdict::GiveUp(failure)),
    };
    Planned { goal: goal.id, verdict, decided_by: by, reason, llm_usage: usage, approvals: Vec::new() }
}

/// The plan after the ruling on it.
fn under(ruling: Ruling, planned: Planned) -> Planned {
    match ruling {
        Ruling::Admit => planned,
        Ruling::Approval(wanted) => {
            let digest = planned.verdict.digest().copied();
            let approvals = digest.map(|digest| rulings::approvals(wanted, digest)).unwrap_or_default();
            Planned { approvals, ..planned }
        }
        Ruling::Refuse { rule, reason } => {
            let failure = rulings::refusal(&rule, &reason);
            let reason = failure.message.clone();
            Planned { verdict: Verdict::Refuse(failure), decided_by: POLICY.to_owned(), reason, ..planned }
        }
    }
}

/// Says once that somebody is away.
pub(crate) fn log(backoff: &Backoff, who: &str, status: &Status) {
    if backoff.is_fresh() {
        tracing::warn!(who, reason = status.message(), "a service cannot be reached; goals wait");
    }
}
