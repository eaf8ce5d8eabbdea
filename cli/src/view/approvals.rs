//! Approvals of plans for people.

use std::fmt::Write as _;

use goalpost_client::v1::{AtDeadline, PlanApproval, PlanRuling, PolicyVerdict};

use super::word;

/// What the policies say of a plan.
pub(crate) fn ruling(ruling: &PlanRuling) -> String {
    match ruling.verdict() {
        PolicyVerdict::Unspecified | PolicyVerdict::Admit => String::new(),
        PolicyVerdict::Refuse => format!("refused by {}: {}\n", ruling.rule, ruling.reason),
        PolicyVerdict::Approval => {
            let line = |approval: &PlanApproval| format!("needs an approval: {}\n", wanted(approval));
            ruling.approvals.iter().map(line).collect()
        }
    }
}

/// Approvals, two lines each.
pub(crate) fn list(approvals: &[PlanApproval]) -> String {
    let mut text = String::new();
    for approval in approvals {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "goal {}  plan {}", approval.goal_id, approval.blueprint_digest);
        let _ = writeln!(text, "    {}", line(approval));
    }
    text
}

/// How far an approval is, in one line.
pub(crate) fn line(approval: &PlanApproval) -> String {
    let state = word(approval.state().as_str_name(), "PLAN_APPROVAL_STATE_");
    let mut line = format!("{state}: {}", wanted(approval));
    if !approval.approved_by.is_empty() {
        let _ = write!(line, "; approved by {}", approval.approved_by.join(", "));
    }
    if let Some(at) = approval.expires_at.as_ref().and_then(|at| jiff::Timestamp::new(at.seconds, 0).ok()) {
        let verb = if approval.at_deadline() == AtDeadline::Approve { "approves" } else { "rejects" };
        let _ = write!(line, "; {at} {verb} it");
    }
    line
}

/// Who has to approve, and why.
fn wanted(approval: &PlanApproval) -> String {
    let who = match approval.deciders.as_slice() {
        [] => "anybody".to_owned(),
        deciders => deciders.join(", "),
    };
    let why = if approval.reason.is_empty() { String::new() } else { format!(" ({})", approval.reason) };
    format!("{} of {who}, for {}{why}", approval.quorum, approval.rule)
}

#[cfg(test)]
mod tests {
    use goalpost_client::v1::PlanApprovalState;

    use super::*;

    #[test]
    fn a_line_says_who_has_to_approve_what_and_who_has() {
        let approval = PlanApproval {
            rule: "namespace ops: writes".into(),
            reason: "it writes".into(),
            deciders: vec!["ann".into(), "ben".into()],
            quorum: 2,
            state: PlanApprovalState::Open.into(),
            approved_by: vec!["ann".into()],
            expires_at: Some(pbjson_types::Timestamp { seconds: 60, nanos: 0 }),
            ..Default::default()
        };
        assert_eq!(
            line(&approval),
            "open: 2 of ann, ben, for namespace ops: writes (it writes); approved by ann; 1970-01-01T00:01:00Z rejects it"
        );
    }
}
