//! `goalpost approve`, `reject`, `edit` and `decisions`: what waits for somebody's word.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use goalpost_client::v1::resolve_decision_request::Verdict;
use goalpost_client::v1::{
    ApproveVerdict, EditVerdict, Goal, ListDecisionsRequest, ListDecisionsResponse, PlanApprovalState,
    RejectVerdict, ResolveApprovalRequest, ResolveDecisionRequest,
};

use super::{Paging, Target, tell, tell_of_more};
use crate::failure::Failure;
use crate::files;
use crate::out;
use crate::session::{Output, Session};
use crate::view::approvals;

/// Who decides on which plan, and why.
#[derive(Args)]
struct Word {
    /// Who says so.
    #[arg(long, env = "USER", default_value = "")]
    by: String,
    /// Why, for the history.
    #[arg(long, default_value = "")]
    reason: String,
    /// The digest of the plan that is meant. Without it: the one that waits now.
    #[arg(long)]
    digest: Option<String>,
}

#[derive(Args)]
pub(crate) struct Resolve {
    #[command(flatten)]
    target: Target,
    /// The task that waits. Without it: the goal's plan does.
    #[arg(conflicts_with = "digest")]
    task: Option<String>,
    #[command(flatten)]
    word: Word,
}

#[derive(Args)]
pub(crate) struct Edit {
    #[command(flatten)]
    target: Target,
    /// The blueprint file.
    blueprint: PathBuf,
    #[command(flatten)]
    word: Word,
}

#[derive(Args)]
pub(crate) struct List {
    /// Only those of this goal.
    #[arg(long, default_value = "")]
    goal: String,
    /// Only those on which this principal may decide.
    #[arg(long, value_name = "PRINCIPAL", default_value = "")]
    of: String,
    /// Only those in this state.
    #[arg(long, value_enum, default_value_t = State::Open)]
    state: State,
    #[command(flatten)]
    paging: Paging,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    Open,
    Approved,
    Rejected,
    Expired,
    Withdrawn,
}

impl From<State> for PlanApprovalState {
    fn from(state: State) -> Self {
        match state {
            State::Open => Self::Open,
            State::Approved => Self::Approved,
            State::Rejected => Self::Rejected,
            State::Expired => Self::Expired,
            State::Withdrawn => Self::Withdrawn,
        }
    }
}

pub(crate) async fn approve(session: &Session, resolve: Resolve) -> Result<(), Failure> {
    let Resolve { target, task, word } = resolve;
    match task {
        Some(task) => task_resolved(session, target, task, word, true).await,
        None => plan_resolved(session, &target, word, Verdict::Approve(ApproveVerdict {})).await,
    }
}

pub(crate) async fn reject(session: &Session, resolve: Resolve) -> Result<(), Failure> {
    let Resolve { target, task, word } = resolve;
    match task {
        Some(task) => task_resolved(session, target, task, word, false).await,
        None => plan_resolved(session, &target, word, Verdict::Reject(RejectVerdict {})).await,
    }
}

pub(crate) async fn edit(session: &Session, edit: Edit) -> Result<(), Failure> {
    let Edit { target, blueprint, word } = edit;
    let blueprint = Some(goalpost_proto::blueprint_from_model(&files::blueprint(&blueprint)?));
    plan_resolved(session, &target, word, Verdict::Edit(EditVerdict { blueprint })).await
}

async fn task_resolved(
    session: &Session,
    target: Target,
    task: String,
    word: Word,
    approved: bool,
) -> Result<(), Failure> {
    let Word { by, reason, digest: _ } = word;
    let done = format!("hears that {task} was {}", if approved { "approved" } else { "rejected" });
    let request = ResolveApprovalRequest { id: target.id, task, approved, by, reason };
    tell(session, &session.client()?.resolve_approval(request).await?, &done)
}

async fn plan_resolved(
    session: &Session,
    target: &Target,
    word: Word,
    verdict: Verdict,
) -> Result<(), Failure> {
    let Word { by: decider, reason, digest } = word;
    let client = session.client()?;
    let blueprint_digest = match digest {
        Some(digest) => digest,
        None => waiting(&client.get(&target.id).await?)?,
    };
    let request = ResolveDecisionRequest {
        goal_id: target.id.clone(),
        blueprint_digest,
        decider,
        reason,
        verdict: Some(verdict),
    };
    let goal = client.resolve_decision(request).await?;
    tell(session, &goal, "hears what was decided on its plan")?;
    if session.output == Output::Table {
        goal.approvals.iter().try_for_each(|approval| out::line(approvals::line(approval)))?;
    }
    Ok(())
}

/// The plan of the goal that waits for somebody's word.
fn waiting(goal: &Goal) -> Result<String, Failure> {
    let open = goal.approvals.iter().find(|approval| approval.state() == PlanApprovalState::Open);
    let nothing = || {
        let hint = "a task that waits for an approval is named after the goal: goalpost approve GOAL TASK";
        Failure::Input(format!("no plan of goal {} waits to be approved; {hint}", goal.id))
    };
    open.map(|approval| approval.blueprint_digest.clone()).ok_or_else(nothing)
}

pub(crate) async fn list(session: &Session, arguments: List) -> Result<(), Failure> {
    let List { goal, of, state, paging } = arguments;
    let connection = session.connection()?;
    let client = connection.client()?;
    let found = paging.collect(async |page_size, page_token| {
        let request = ListDecisionsRequest {
            page_size,
            page_token,
            goal_id: goal.clone(),
            namespace: connection.namespace.clone().unwrap_or_default(),
            decider: of.clone(),
            state: PlanApprovalState::from(state).into(),
        };
        let page = client.list_decisions(request).await?;
        Ok((page.approvals, page.next_page_token))
    });
    let (approvals, next_page_token) = found.await?;
    let found = ListDecisionsResponse { approvals, next_page_token };
    session.show(&found, || approvals::list(&found.approvals))?;
    tell_of_more(session, &found.next_page_token);
    Ok(())
}
