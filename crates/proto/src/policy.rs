//! Policies and approvals.

use goalpost_model::{ApprovalTerms, AtDeadline, PlanApprovalState, Policy, PolicyRule, RuleVerdict};

use crate::whole::message_of;
use crate::{Violations, v1};

/// The policy that a message says, as far as it is one; what its conditions say is for others to judge.
pub fn read_policy(message: v1::Policy, field: &str, violations: &mut Violations) -> Policy {
    let v1::Policy { rules } = message;
    let rule = |(place, rule): (usize, v1::PolicyRule)| {
        let at = |name: &str| format!("{field}.rules[{place}].{name}");
        let verdict = match rule.verdict() {
            v1::PolicyVerdict::Unspecified => {
                violations.add(at("verdict"), "must be ADMIT, REFUSE or APPROVAL");
                RuleVerdict::Refuse
            }
            v1::PolicyVerdict::Admit => RuleVerdict::Admit,
            v1::PolicyVerdict::Refuse => RuleVerdict::Refuse,
            v1::PolicyVerdict::Approval => RuleVerdict::Approval,
        };
        let v1::PolicyRule { name, when, verdict: _, reason, approval } = rule;
        let approval = approval.map(|terms| read_terms(terms, &at("approval"), violations));
        PolicyRule { name, when, verdict, reason, approval }
    };
    Policy { rules: rules.into_iter().enumerate().map(rule).collect() }
}

fn read_terms(terms: v1::ApprovalTerms, field: &str, violations: &mut Violations) -> ApprovalTerms {
    let at_deadline = match terms.at_deadline() {
        v1::AtDeadline::Unspecified | v1::AtDeadline::Reject => AtDeadline::Reject,
        v1::AtDeadline::Approve => AtDeadline::Approve,
    };
    let v1::ApprovalTerms { deciders, quorum, deadline_ms, at_deadline: _ } = terms;
    let mut positive = |name: &str, number: i64| {
        u64::try_from(number).unwrap_or_else(|_| {
            violations.add(format!("{field}.{name}"), "must not be negative");
            0
        })
    };
    let quorum = u32::try_from(positive("quorum", i64::from(quorum))).unwrap_or(u32::MAX).max(1);
    ApprovalTerms { deciders, quorum, deadline_ms: positive("deadline_ms", deadline_ms), at_deadline }
}

/// The policy as a message.
pub fn policy_from_model(policy: Policy) -> v1::Policy {
    let rule = |PolicyRule { name, when, verdict, reason, approval }: PolicyRule| {
        let verdict = match verdict {
            RuleVerdict::Admit => v1::PolicyVerdict::Admit,
            RuleVerdict::Refuse => v1::PolicyVerdict::Refuse,
            RuleVerdict::Approval => v1::PolicyVerdict::Approval,
        };
        v1::PolicyRule { name, when, verdict: verdict.into(), reason, approval: approval.map(terms) }
    };
    v1::Policy { rules: policy.rules.into_iter().map(rule).collect() }
}

fn terms(terms: ApprovalTerms) -> v1::ApprovalTerms {
    let ApprovalTerms { deciders, quorum, deadline_ms, at_deadline: decides } = terms;
    v1::ApprovalTerms {
        deciders,
        quorum: i32::try_from(quorum).unwrap_or(i32::MAX),
        deadline_ms: message_of(deadline_ms),
        at_deadline: at_deadline(decides).into(),
    }
}

/// What a deadline decides, as a message.
pub fn at_deadline(at_deadline: AtDeadline) -> v1::AtDeadline {
    match at_deadline {
        AtDeadline::Reject => v1::AtDeadline::Reject,
        AtDeadline::Approve => v1::AtDeadline::Approve,
    }
}

/// The state of an approval as a message.
pub fn approval_state(state: PlanApprovalState) -> v1::PlanApprovalState {
    match state {
        PlanApprovalState::Open => v1::PlanApprovalState::Open,
        PlanApprovalState::Approved => v1::PlanApprovalState::Approved,
        PlanApprovalState::Rejected => v1::PlanApprovalState::Rejected,
        PlanApprovalState::Expired => v1::PlanApprovalState::Expired,
        PlanApprovalState::Withdrawn => v1::PlanApprovalState::Withdrawn,
    }
}

/// The state that a message names; `None` if it leaves it open.
pub fn read_approval_state(
    state: i32,
    field: &str,
    violations: &mut Violations,
) -> Option<PlanApprovalState> {
    match v1::PlanApprovalState::try_from(state) {
        Ok(v1::PlanApprovalState::Unspecified) => None,
        Ok(v1::PlanApprovalState::Open) => Some(PlanApprovalState::Open),
        Ok(v1::PlanApprovalState::Approved) => Some(PlanApprovalState::Approved),
        Ok(v1::PlanApprovalState::Rejected) => Some(PlanApprovalState::Rejected),
        Ok(v1::PlanApprovalState::Expired) => Some(PlanApprovalState::Expired),
        Ok(v1::PlanApprovalState::Withdrawn) => Some(PlanApprovalState::Withdrawn),
        Err(_) => {
            violations.add(field, "is not a state of an approval");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default_and_what_is_wrong_is_named() {
        let rule = v1::PolicyRule {
            name: "r".to_owned(),
            verdict: v1::PolicyVerdict::Approval.into(),
            approval: Some(v1::ApprovalTerms::default()),
            ..Default::default()
        };
        let mut violations = Violations::default();
        let read = read_policy(v1::Policy { rules: vec![rule.clone()] }, "policy", &mut violations);
        assert!(violations.is_empty());
        assert_eq!(read.rules[0].approval, Some(ApprovalTerms::default()));
        let terms = v1::ApprovalTerms { quorum: -1, deadline_ms: -1, ..Default::default() };
        let wrong = v1::PolicyRule { verdict: 0, approval: Some(terms), ..rule };
        read_policy(v1::Policy { rules: vec![wrong] }, "policy", &mut violations);
        let fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
        let at = |name: &str| format!("policy.rules[0].{name}");
        assert_eq!(fields, [at("verdict"), at("approval.quorum"), at("approval.deadline_ms")]);
    }

    #[test]
    fn a_policy_survives_the_way_through_a_message() {
        let terms = ApprovalTerms {
            deciders: vec!["ann".to_owned()],
            quorum: 1,
            deadline_ms: 9,
            at_deadline: AtDeadline::Approve,
        };
        let rule = |verdict, approval| PolicyRule {
            name: "r".to_owned(),
            when: "true".to_owned(),
            verdict,
            reason: "why".to_owned(),
            approval,
        };
        let rules = vec![
            rule(RuleVerdict::Admit, None),
            rule(RuleVerdict::Refuse, None),
            rule(RuleVerdict::Approval, Some(terms)),
        ];
        let policy = Policy { rules };
        let mut violations = Violations::default();
        assert_eq!(read_policy(policy_from_model(policy.clone()), "policy", &mut violations), policy);
        assert!(violations.is_empty());
    }

    #[test]
    fn every_state_survives_the_way_through_a_message() {
        for state in PlanApprovalState::ALL {
            let message = approval_state(*state).into();
            assert_eq!(read_approval_state(message, "state", &mut Violations::default()), Some(*state));
        }
    }
}
