//! Workflows that wait for another plan get it, or hear that there is none.
//!
//! A delivery may repeat: a workflow that has its plan waits for none any more. While somebody has to approve a plan, the
//! workflow waits on; a word that is no brings it here once more.

use goalpost_model::limits::MAX_GOAL_BYTES;
use goalpost_model::{GoalId, ReplanRef};
use goalpost_proto::v1::NoReplanAction;
use goalpost_proto::v1::act_on_workflow_request::Action;
use goalpost_service::backoff::until_ok;
use goalpost_service::status;
use goalpost_store::workflows::RunningGoal;
use goalpost_store::{plannings, workflows};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::Context;
use crate::by_hand;
use crate::checks::Checks;
use crate::extend::{Extension, runs_another_by_now};
use crate::refusals::{Verdict, verdict};
use crate::replan::{Found, Source, waits_for};

/// Has the workflow planned anew, by the catalog. If that has no other plan a language model may have one: then it is
/// handed over. `None` if the process stops first.
pub(crate) async fn serve(
    context: &Context,
    checks: &Checks,
    stop: &CancellationToken,
    wanted: ReplanRef,
) -> Option<()> {
    serve_by(context, checks, stop, wanted, &Source::Planner).await
}

/// The same, by whoever makes the plan.
pub(crate) async fn serve_by(
    context: &Context,
    checks: &Checks,
    stop: &CancellationToken,
    wanted: ReplanRef,
    source: &Source,
) -> Option<()> {
    let serve = || try_serve(context, checks, wanted, source);
    until_ok("a service that workflows need for other plans", stop, serve).await
}

/// The goal whose workflow waits for this plan, if it still does.
pub(crate) async fn waiting(context: &Context, wanted: ReplanRef) -> Result<Option<RunningGoal>, Status> {
    let found = workflows::running_goal(&context.store, wanted.workflow).await;
    let running = found.map_err(|error| status::store(&error))?;
    Ok(running.filter(|running| waits_for(running, wanted.number)))
}

/// Errors: what may pass.
async fn try_serve(
    context: &Context,
    checks: &Checks,
    wanted: ReplanRef,
    source: &Source,
) -> Result<(), Status> {
    let Some(running) = waiting(context, wanted).await? else { return Ok(()) };
    let id = GoalId(wanted.workflow.0);
    let traceparent = running.traceparent.as_deref();
    let why = running.failure.as_ref().map(ToString::to_string).unwrap_or_default();
    let extension = Extension { context, checks, id, traceparent: running.traceparent.clone() };
    let refused = match extension.revise(&running, source, &why).await? {
        Found::Plan(digest) => match extension.go_on_with(digest).await {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        },
        Found::Waits => return Ok(()),
        Found::MayDraft(_) => {
            let begun = plannings::begin_anew(&context.store, wanted, &running.past()).await;
            return begun.map_err(|error| status::store(&error));
        }
        Found::Same => Status::failed_precondition("the planner has only the plan that failed"),
        Found::Nothing(refused) => refused,
    };
    if verdict(&refused) == Verdict::Passing {
        return Err(refused);
    }
    // Somebody else may have come first: then it waits no more.
    if waiting(context, wanted).await?.is_none() {
        return Ok(());
    }
    if runs_another_by_now(&refused) {
        return Err(refused);
    }
    let mut reason = refused.message().replace('\0', " ");
    reason.truncate(reason.floor_char_boundary(MAX_GOAL_BYTES));
    let number = i32::try_from(wanted.number).unwrap_or(i32::MAX);
    let action = Action::NoReplan(NoReplanAction { number, reason });
    let Err(refused) = by_hand::act(context, id, action, traceparent).await else { return Ok(()) };
    match verdict(&refused) {
        Verdict::Passing => Err(refused),
        Verdict::Late => Ok(()),
        Verdict::Refused => {
            let (workflow, reason) = (wanted.workflow, refused.message());
            tracing::error!(%workflow, reason, "a workflow cannot be told that there is no other plan; it waits on");
            Ok(())
        }
    }
}
