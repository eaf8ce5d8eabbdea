//! `goalpost approve`, `reject`, `edit` and `decisions`: what waits for somebody's word.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use goalpost_client::v1::resolve_decision_request::Verdict;
use goalpost_client::v1::{
    ApproveVerdict, EditVerdict, Goal, ListDecisionsRequest, PlanApprovalState, RejectVerdict,
    ResolveApprovalRequest, ResolveDecisionRequest,
};

use super::{Endpoint, Target, collect};
use crate::failure::Failure;
use crate::files;
use crate::out;
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
    #[command(flatten)]
    endpoint: Endpoint,
    /// Only those of this goal.
    #[arg(long, default_value = "")]
    goal: String,
    /// Only those of this namespace.
    #[arg(long, env = "GOALPOST_NAMESPACE", default_value = "")]
    namespace: String,
    /// Only those on which this principal may decide.
    #[arg(long, value_name = "PRINCIPAL", default_value = "")]
    of: String,
    /// Only those in this state.
    #[arg(long, value_enum, default_value_t = State::Open)]
    state: State,
    /// How many at most.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
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

pub(crate) async fn approve(Resolve { target, task, word }: Resolve) -> Result<(), Failure> {
    match task {
        Some(task) => task_resolved(&target, task, word, true).await,
        None => plan_resolved(&target, word, Verdict::Approve(ApproveVerdict {})).await,
    }
}

pub(crate) async fn reject(Resolve { target, task, word }: Resolve) -> Result<(), Failure> {
    match task {
        Some(task) => task_resolved(&target, task, word, false).await,
        None => plan_resolved(&target, word, Verdict::Reject(RejectVerdict {})).await,
    }
}

pub(crate) async fn edit(Edit { target, blueprint, word }: Edit) -> Result<(), Failure> {
    let blueprint = Some(goalpost_proto::blueprint_from_model(&files::blueprint(&blueprint)?));
    plan_resolved(&target, word, Verdict::Edit(EditVerdict { blueprint })).await
}

async fn task_resolved(target: &Target, task: String, word: Word, approved: bool) -> Result<(), Failure> {
    let Word { by, reason, digest: _ } = word;
    let request = ResolveApprovalRequest { id: target.id.clone(), task, approved, by, reason };
    target.show(&target.client()?.resolve_approval(request).await?)
}

async fn plan_resolved(target: &Target, word: Word, verdict: Verdict) -> Result<(), Failure> {
    let Word { by: decider, reason, digest } = word;
    let client = target.client()?;
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
    target.show(&client.resolve_decision(request).await?)
}

/// The plan of the goal that waits for somebody's word.
fn waiting(goal: &Goal) -> Result<String, Failure> {
    let open = goal.approvals.iter().find(|approval| approval.state() == PlanApprovalState::Open);
    let nothing = || {
        let hint = "a task that waits for an approval is named after the goal";
        Failure::Input(format!("no plan of goal {} waits to be approved; {hint}", goal.id))
    };
    open.map(|approval| approval.blueprint_digest.clone()).ok_or_else(nothing)
}

pub(crate) async fn list(arguments: List) -> Result<(), Failure> {
    let List { endpoint, goal, namespace, of, state, limit, json } = arguments;
    let client = endpoint.client()?;
    let found = collect(limit, async |page_size, page_token| {
        let request = ListDecisionsRequest {
            page_size,
            page_token,
            goal_id: goal.clone(),
            namespace: namespace.clone(),
            decider: of.clone(),
            state: PlanApprovalState::from(state).into(),
        };
        let page = client.list_decisions(request).await?;
        Ok((page.approvals, page.next_page_token))
    });
    let found = found.await?;
    if json {
        for approval in &found {
            out::line(serde_json::to_string(approval)?)?;
        }
        return Ok(());
    }
    out::text(approvals::list(&found))
}
