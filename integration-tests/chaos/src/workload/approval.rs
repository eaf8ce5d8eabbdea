//! Goals whose plan several have to approve, while things break.

use goalpost_client::Client;
use goalpost_client::v1::resolve_decision_request::Verdict;
use goalpost_client::v1::{
    ApprovalTerms, ApproveVerdict, GoalState, Policy, PolicyRule, PolicyVerdict, ResolveDecisionRequest,
};
use tokio::time::{sleep, timeout};
use tonic::Code;

use super::hands::PAUSE;
use super::{PATIENCE, Workload, passes};

/// All of them have to approve.
const DECIDERS: [&str; 2] = ["one", "another"];

pub(super) fn policy() -> Policy {
    let terms = ApprovalTerms {
        deciders: DECIDERS.map(str::to_owned).to_vec(),
        quorum: i32::try_from(DECIDERS.len()).unwrap_or_default(),
        ..ApprovalTerms::default()
    };
    let rule = PolicyRule {
        name: "chaos".to_owned(),
        verdict: PolicyVerdict::Approval.into(),
        reason: "somebody has to look at it".to_owned(),
        approval: Some(terms),
        ..PolicyRule::default()
    };
    Policy { rules: vec![rule] }
}

/// Has everybody approve what waits, as often as it takes. Returns when the goal waits no more.
pub(super) async fn give(workload: &Workload, client: &Client, id: &str) {
    loop {
        if let Ok(Ok(goal)) = timeout(PATIENCE, client.get(id)).await {
            match goal.state() {
                GoalState::Submitted => {}
                GoalState::AwaitingApproval => {
                    let words =
                        DECIDERS.map(|decider| say(workload, client, id, &goal.blueprint_digest, decider));
                    futures::future::join_all(words).await;
                }
                _ => return,
            }
        }
        sleep(PAUSE).await;
    }
}

/// Approves once; who does not hear the answer says it again.
async fn say(workload: &Workload, client: &Client, id: &str, digest: &str, decider: &str) {
    let request = ResolveDecisionRequest {
        goal_id: id.to_owned(),
        blueprint_digest: digest.to_owned(),
        decider: decider.to_owned(),
        reason: String::new(),
        verdict: Some(Verdict::Approve(ApproveVerdict {})),
    };
    if let Ok(Err(error)) = timeout(PATIENCE, client.resolve_decision(request)).await
        && !passes(&error)
        && error.code() != Some(Code::FailedPrecondition)
    {
        workload.records.mishap(format!("an approval of {id} was answered with {:?}: {error}", error.code()));
    }
}
