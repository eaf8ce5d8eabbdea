//! What policies say of plans.
#![cfg(test)]

use goalpost_model::{ApprovalTerms, AtDeadline, Blueprint, Namespace, Policy, Priority};
use goalpost_policy::{
    Case, CompiledPolicy, Estimate, Plan, Policies, Ruling, Submission, Wanted, WorstCase,
};
use serde_json::{Value, json};

fn blueprint(capabilities: &[(&str, &str)]) -> Blueprint {
    let tasks: Vec<Value> =
        capabilities.iter().map(|(name, _)| json!({"name": name, "capability": name})).collect();
    let known: Vec<Value> =
        capabilities.iter().map(|(name, effect)| json!({"name": name, "effect": effect})).collect();
    serde_json::from_value(json!({"name": "b", "tasks": tasks, "capabilities": known})).unwrap()
}

fn case_over(namespace: &str, blueprint: &Blueprint, present: Option<&Blueprint>) -> Case {
    let input = json!({"severity": 3}).as_object().unwrap().clone();
    let namespace: Namespace = namespace.parse().unwrap();
    let submission = Submission {
        text: "Mend it",
        goal_type: "",
        input: &input,
        namespace: &namespace,
        priority: Priority::High,
    };
    let plan = Plan {
        planned_by: "llm",
        blueprint,
        present,
        worst_case: WorstCase { tasks: 2, attempts: 6, money_micros: 900, tokens: u64::MAX },
        estimate: Estimate { tasks: 2, money_micros: 300, tokens: 10, critical_path_ms: 70 },
    };
    Case::new(&submission, &plan)
}

fn case() -> Case {
    case_over("ops", &blueprint(&[("a", "read"), ("b", "write")]), None)
}

fn policy(rules: Value) -> CompiledPolicy {
    let policy: Policy = serde_json::from_value(json!({"rules": rules})).unwrap();
    CompiledPolicy::compile(&policy).unwrap()
}

fn ruling(rules: Value, case: &Case) -> Ruling {
    Policies::default().decide(&Namespace::default(), Some(&policy(rules)), case)
}

fn holds(when: &str, case: &Case) -> bool {
    let refused = ruling(json!([{"name": "r", "when": when, "verdict": "refuse", "reason": "so"}]), case);
    match refused {
        Ruling::Refuse { reason, .. } => {
            assert_eq!(reason, "so", "{when}");
            true
        }
        Ruling::Admit => false,
        Ruling::Approval(_) => panic!("nobody asked for an approval"),
    }
}

#[test]
fn conditions_see_the_goal_what_was_said_with_it_and_the_plan() {
    let case = case();
    for when in [
        "goal.text == 'Mend it' && goal.input.severity >= 3",
        "submission.namespace == 'ops' && submission.priority == 'high' && submission.type == ''",
        "plan.planned_by.startsWith('llm')",
        "plan.capabilities == ['a', 'b'] && plan.writes == ['b'] && plan.gained == ['b']",
        "plan.worst_case.attempts == 6 && plan.worst_case.money_micros < 1000 && plan.worst_case.tokens > 5",
        "plan.estimate.tasks == 2 && plan.estimate.critical_path_ms == 70",
        "plan.writes.exists(c, c == 'b')",
    ] {
        assert!(holds(when, &case), "{when}");
    }
    assert!(!holds("size(plan.writes) > 1", &case));
}

#[test]
fn what_a_plan_gains_is_what_the_present_one_does_not_write() {
    let present = blueprint(&[("b", "write")]);
    let next = blueprint(&[("a", "read"), ("b", "write"), ("c", "write")]);
    assert!(holds(
        "plan.gained == ['c'] && plan.writes == ['b', 'c']",
        &case_over("ops", &next, Some(&present))
    ));
    let same = blueprint(&[("a", "read"), ("b", "write")]);
    assert!(holds("size(plan.gained) == 0", &case_over("ops", &same, Some(&present))));
}

#[test]
fn the_first_rule_that_holds_decides() {
    let rules = json!([
        {"name": "never", "when": "false", "verdict": "refuse"},
        {"name": "cheap", "when": "plan.worst_case.attempts < 10", "verdict": "admit"},
        {"name": "rest", "verdict": "refuse"},
    ]);
    assert_eq!(ruling(rules, &case()), Ruling::Admit);
    assert_eq!(ruling(json!([]), &case()), Ruling::Admit);
}

#[test]
fn what_cannot_be_decided_is_refused() {
    let rules = json!([{"name": "r", "when": "goal.input.none == 1", "verdict": "admit"}]);
    let Ruling::Refuse { rule, reason } = ruling(rules, &case()) else { panic!("it was not refused") };
    assert_eq!(rule, "goal: r");
    assert!(reason.contains("goal.input.none is absent"), "{reason}");
}

const FILE: &str = "
policies:
  - namespace: ops
    rules:
      - name: writes
        when: size(plan.writes) > 0
        verdict: approval
        reason: it changes something
        approval: { deciders: [ann, ben], quorum: 2, deadline_ms: 60000, at_deadline: approve }
  - rules:
      - name: nothing
        verdict: refuse
        reason: only ops runs here
";

fn wanted_by_ops() -> Wanted {
    Wanted {
        rule: "namespace ops: writes".into(),
        reason: "it changes something".into(),
        terms: ApprovalTerms {
            deciders: vec!["ann".into(), "ben".into()],
            quorum: 2,
            deadline_ms: 60_000,
            at_deadline: AtDeadline::Approve,
        },
    }
}

#[test]
fn the_policies_of_the_namespace_and_the_goal_both_count() {
    let policies = Policies::read(FILE).unwrap();
    assert_eq!(policies.len(), 2);
    let ops: Namespace = "ops".parse().unwrap();
    let decide =
        |namespace: &Namespace, rules: Value| policies.decide(namespace, Some(&policy(rules)), &case());
    assert_eq!(decide(&ops, json!([])), Ruling::Approval(vec![wanted_by_ops()]));
    // A goal's own policy never takes away what its namespace wants.
    assert_eq!(
        decide(&ops, json!([{"name": "mine", "verdict": "admit"}])),
        Ruling::Approval(vec![wanted_by_ops()])
    );
    let Ruling::Approval(both) = decide(&ops, json!([{"name": "mine", "verdict": "approval"}])) else {
        panic!("both want an approval")
    };
    assert_eq!(both.len(), 2);
    assert_eq!((both[1].rule.as_str(), &both[1].terms), ("goal: mine", &ApprovalTerms::default()));
    let refused = decide(&ops, json!([{"name": "mine", "verdict": "refuse"}]));
    assert!(matches!(refused, Ruling::Refuse { .. }), "{refused:?}");
    let elsewhere = decide(&Namespace::default(), json!([]));
    let expected = "namespace default: nothing";
    assert!(matches!(elsewhere, Ruling::Refuse { rule, .. } if rule == expected));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let text = "
policies:
  - namespace: 'a b'
    rules: []
  - rules:
      - { name: '', when: plan.cost > 1, verdict: admit }
      - { name: x, when: size(plan.writes), verdict: admit, approval: { quorum: 1 } }
      - { name: x, verdict: approval, approval: { deciders: [ann, ann], quorum: 3, deadline_ms: 99999999999999 } }
  - rules: []
  - rules: []
";
    let mistakes = Policies::read(text).unwrap_err();
    let fields: Vec<&str> = mistakes.iter().map(|mistake| mistake.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "policies[0].namespace",
            "policies[1].rules[0].name",
            "policies[1].rules[0].when",
            "policies[1].rules[1].approval",
            "policies[1].rules[1].when",
            "policies[1].rules[2].name",
            "policies[1].rules[2].approval.deciders",
            "policies[1].rules[2].approval.quorum",
            "policies[1].rules[2].approval.deadline_ms",
            "policies[3].namespace",
        ]
    );
    assert!(mistakes[2].message.contains("cost"), "{}", mistakes[2]);
}

#[test]
fn what_is_no_file_of_policies_is_refused() {
    for wrong in ["", "rules: []", "policies: [{rules: [{name: a, verdict: maybe}]}]", "policies: 1"] {
        let mistakes = Policies::read(wrong).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{wrong}");
    }
}
