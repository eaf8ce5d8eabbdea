//! What people and other systems ask of a running goal: its workflow does it.

use goalpost_model::limits::{MAX_NAME_BYTES, MAX_REASON_BYTES};
use goalpost_model::{
    Amount, Blueprint, BudgetChange, Digest, Failure, GoalId, GoalState, Spending, WorkflowId,
};
use goalpost_proto::v1::act_on_workflow_request::Action;
use goalpost_proto::v1::{
    ActOnWorkflowRequest, ExpandAction, PauseAction, PauseGoalRequest, ReplanGoalRequest, ResolveAction,
    ResolveApprovalRequest, ResumeAction, ResumeGoalRequest, RetryAction, RetryGoalRequest, SetBudgetAction,
    SetGoalBudgetRequest, SignalAction, SignalGoalRequest, SkipAction, SkipTaskRequest,
};
use goalpost_proto::{Violations, read_blueprint, read_budget_change, v1};
use goalpost_service::{status, trace_context};
use goalpost_store::goals;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::Context;
use crate::replan::Source;

type Asked = Result<(GoalId, Action), Violations>;

pub(crate) fn pause(PauseGoalRequest { id, reason }: PauseGoalRequest) -> Asked {
    let mut fields = Fields::default();
    fields.text("reason", &reason, MAX_REASON_BYTES);
    fields.done(&id, Action::Pause(PauseAction { reason }))
}

pub(crate) fn resume(ResumeGoalRequest { id }: ResumeGoalRequest) -> Asked {
    Fields::default().done(&id, Action::Resume(ResumeAction {}))
}

pub(crate) fn retry(RetryGoalRequest { id, all }: RetryGoalRequest) -> Asked {
    Fields::default().done(&id, Action::Retry(RetryAction { all }))
}

pub(crate) fn signal(SignalGoalRequest { id, name, payload, signal_id }: SignalGoalRequest) -> Asked {
    let mut fields = Fields::default();
    fields.needed("name", &name, MAX_NAME_BYTES);
    fields.text("signal_id", &signal_id, MAX_NAME_BYTES);
    let signal_id = if signal_id.is_empty() { Uuid::now_v7().to_string() } else { signal_id };
    fields.done(&id, Action::Signal(SignalAction { signal_id, name, payload }))
}

pub(crate) fn resolve(request: ResolveApprovalRequest) -> Asked {
    let ResolveApprovalRequest { id, task, approved, by, reason } = request;
    let mut fields = Fields::default();
    fields.needed("task", &task, MAX_REASON_BYTES);
    fields.text("by", &by, MAX_NAME_BYTES);
    fields.text("reason", &reason, MAX_REASON_BYTES);
    fields.done(&id, Action::Resolve(ResolveAction { task, approved, by, reason }))
}

pub(crate) fn skip(SkipTaskRequest { id, task, reason, output }: SkipTaskRequest) -> Asked {
    let mut fields = Fields::default();
    fields.needed("task", &task, MAX_REASON_BYTES);
    fields.needed("reason", &reason, MAX_REASON_BYTES);
    fields.done(&id, Action::Skip(SkipAction { task, reason, output }))
}

/// The goal, and its new limits.
pub(crate) fn new_limits(
    SetGoalBudgetRequest { id, budget }: SetGoalBudgetRequest,
) -> Result<(GoalId, BudgetChange), Violations> {
    let mut fields = Fields::default();
    let id = crate::requests::goal_id(&id)?;
    let change = read_budget_change(budget, "budget", &mut fields.0);
    if change == BudgetChange::default() && fields.0.is_empty() {
        fields.0.add("budget", "must name a limit");
    }
    fields.0.or((id, change))
}

/// Gives the goal these limits; its workflow, once it runs.
pub(crate) async fn set_budget(
    context: &Context,
    id: GoalId,
    change: BudgetChange,
    traceparent: Option<&str>,
) -> Result<(), Status> {
    let stored = goals::set_budget(&context.store, id, change).await;
    match stored.map_err(|error| status::store(&error))? {
        None => Err(status::not_found("goal", &id.to_string())),
        Some(GoalState::Submitted | GoalState::AwaitingApproval) => Ok(()),
        Some(_) => {
            let action = Action::SetBudget(SetBudgetAction { budget: Some(change.into()) });
            act(context, id, action, traceparent).await
        }
    }
}

/// The goal and the blueprint of a request to extend it.
pub(crate) fn extension(
    id: &str,
    task: &str,
    blueprint: Option<v1::Blueprint>,
) -> Result<(GoalId, Blueprint), Violations> {
    let mut fields = Fields::default();
    fields.text("task", task, MAX_REASON_BYTES);
    let id = crate::requests::goal_id(id)?;
    if blueprint.is_none() {
        fields.0.add("blueprint", "must say what shall run");
    }
    match read_blueprint(blueprint.unwrap_or_default(), "blueprint", &mut fields.0) {
        Some(blueprint) => fields.0.or((id, blueprint)),
        None => Err(fields.0),
    }
}

/// The goal, the reason and the plan of a request to plan it anew.
pub(crate) fn replan(request: ReplanGoalRequest) -> Result<(GoalId, String, Source), Violations> {
    let ReplanGoalRequest { id, reason, blueprint } = request;
    let mut fields = Fields::default();
    fields.text("reason", &reason, MAX_REASON_BYTES);
    let id = crate::requests::goal_id(&id)?;
    let reason = if reason.is_empty() { "asked for by the caller".to_owned() } else { reason };
    let Some(blueprint) = blueprint else { return fields.0.or((id, reason, Source::Planner)) };
    match read_blueprint(blueprint, "blueprint", &mut fields.0) {
        Some(blueprint) => fields.0.or((id, reason, Source::Caller(Box::new(blueprint)))),
        None => Err(fields.0),
    }
}

/// Gives a task its graph, or says why there is none; for the attempt, or for whichever waits. `spent`: what planning
/// took.
pub(crate) fn expand(
    task: String,
    attempt: Option<i32>,
    outcome: Result<Digest, Failure>,
    spent: Amount,
) -> Action {
    let (blueprint_digest, failure) = match outcome {
        Ok(digest) => (digest.to_string(), None),
        Err(failure) => (String::new(), Some(failure.into())),
    };
    let spent = Some(Spending::new(0, spent).into());
    Action::Expand(ExpandAction { task, blueprint_digest, failure, attempt, spent })
}

/// The fields of a request, and what is wrong with them.
#[derive(Default)]
struct Fields(Violations);

impl Fields {
    fn text(&mut self, field: &str, text: &str, most: usize) {
        if text.len() > most || text.contains('\0') {
            self.0.add(field, format!("must have at most {most} bytes, none of them NUL"));
        }
    }

    fn needed(&mut self, field: &str, text: &str, most: usize) {
        if text.is_empty() {
            self.0.add(field, "must not be empty");
        }
        self.text(field, text, most);
    }

    fn done(self, id: &str, action: Action) -> Asked {
        let id = crate::requests::goal_id(id)?;
        self.0.or((id, action))
    }
}

/// Has the goal's workflow do what is asked of it.
pub(crate) async fn act(
    context: &Context,
    id: GoalId,
    action: Action,
    traceparent: Option<&str>,
) -> Result<(), Status> {
    let request = ActOnWorkflowRequest { id: WorkflowId::from(id).to_string(), action: Some(action) };
    let ask = || {
        let request = trace_context::request(request.clone(), traceparent);
        let mut engine = context.peers.engine.clone();
        async move { engine.act_on_workflow(request).await }
    };
    match ask().await {
        // Its workflow may have begun a moment ago.
        Err(refused) if refused.code() == Code::NotFound => {
            has_workflow(context, id).await?;
            ask().await?;
        }
        answer => drop(answer?),
    }
    // Whatever it ended or opened; the list of outcomes says so, too.
    goals::settle(&context.store, &[id]).await.map_err(|error| status::store(&error))?;
    Ok(())
}

/// A goal without a workflow has no plan yet, or never had one.
pub(crate) async fn has_workflow(context: &Context, id: GoalId) -> Result<(), Status> {
    let goal = context.goal(id).await?;
    match goal.state {
        // Planned a moment ago, it has a workflow in the next.
        GoalState::Submitted | GoalState::Running if !goal.has_workflow => {
            let message = "the goal does not run yet; try again when it does";
            Err(status::with_reason(Code::FailedPrecondition, "NOT_RUNNING", message.to_owned()))
        }
        GoalState::AwaitingApproval => {
            let message =
                "the goal's plan waits to be approved; try again when it is (ListDecisions says by whom)";
            Err(status::with_reason(Code::FailedPrecondition, "NOT_RUNNING", message.to_owned()))
        }
        _ if goal.has_workflow => Ok(()),
        _ => {
            let message = "the goal was never planned; submit it again";
            Err(status::with_reason(Code::FailedPrecondition, "NOT_PLANNED", message.to_owned()))
        }
    }
}
