//! What the policies say of plans.

use goalpost_model::{Blueprint, Digest, Failure, Namespace, Policy, Priority};
use goalpost_policy::{
    Case, CompiledPolicy, Estimate, Plan, Policies, Ruling, Submission, Wanted, WorstCase,
};
use goalpost_proto::{at_deadline, v1};
use goalpost_service::status;
use goalpost_store::goals::{NewApproval, StoredGoal};
use serde_json::{Map, Value};
use tonic::Status;
use uuid::Uuid;

use crate::checks::{Checked, Checks, Definitions};

/// A goal on whose plan policies decide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) text: &'a str,
    pub(crate) goal_type: &'a str,
    pub(crate) input: &'a Map<String, Value>,
    pub(crate) namespace: &'a Namespace,
    pub(crate) priority: Priority,
    pub(crate) policy: Option<&'a Policy>,
}

/// A plan on which they decide.
#[derive(Debug)]
pub(crate) struct Proposal<'a> {
    pub(crate) planned_by: &'a str,
    /// With the definitions of its capabilities.
    pub(crate) blueprint: Blueprint,
    /// What the goal runs already, if the plan takes its place or comes to it.
    pub(crate) present: Option<&'a Blueprint>,
}

/// Decides on plans.
#[derive(Clone, Copy)]
pub(crate) struct Rulings<'a> {
    pub(crate) policies: &'a Policies,
    pub(crate) checks: &'a Checks,
}

impl Rulings<'_> {
    /// Whether anybody has to look at plans for this goal.
    pub(crate) fn cover(&self, subject: &Subject<'_>) -> bool {
        subject.policy.is_some() || self.policies.cover(subject.namespace)
    }

    /// What becomes of the plan. One that gains nothing that changes something over what runs already needs no
    /// approval.
    pub(crate) async fn on(
        &self,
        subject: &Subject<'_>,
        proposal: Proposal<'_>,
        traceparent: Option<&str>,
    ) -> Result<Ruling, Status> {
        if !self.cover(subject) {
            return Ok(Ruling::Admit);
        }
        let Proposal { planned_by, blueprint, present } = proposal;
        // What it comes to is the planner's to say.
        let found = self
            .checks
            .all_found(blueprint.clone(), Definitions::Own, subject.namespace, traceparent)
            .await?;
        let plan = Plan {
            planned_by,
            blueprint: &blueprint,
            present,
            worst_case: worst_case(found.worst_case),
            estimate: estimate(found.estimate),
        };
        Ok(self.decide(subject, &plan))
    }

    /// The same for a blueprint that the planner has just checked.
    pub(crate) fn on_checked(
        &self,
        subject: &Subject<'_>,
        planned_by: &str,
        checked: &Checked,
        present: Option<&Blueprint>,
    ) -> Result<Ruling, Status> {
        if !self.cover(subject) {
            return Ok(Ruling::Admit);
        }
        let blueprint = checked.blueprint.blueprint().map_err(|error| status::store(&error))?;
        let plan = Plan {
            planned_by,
            blueprint: &blueprint,
            present,
            worst_case: worst_case(Some(checked.worst_case.clone())),
            estimate: estimate(Some(checked.estimate)),
        };
        Ok(self.decide(subject, &plan))
    }

    /// The same, where it is known what the plan comes to.
    pub(crate) fn decide(&self, subject: &Subject<'_>, plan: &Plan<'_>) -> Ruling {
        let own = match subject.policy.map(CompiledPolicy::compile).transpose() {
            Ok(own) => own,
            // It was compiled when it was submitted, so by another version.
            Err(mistakes) => {
                let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
                return Ruling::Refuse { rule: "goal".to_owned(), reason: told.join("; ") };
            }
        };
        let case = Case::new(&subject.submission(), plan);
        match self.policies.decide(subject.namespace, own.as_ref(), &case) {
            Ruling::Approval(_)
                if plan.present.is_some_and(|present| gains_nothing(plan.blueprint, present)) =>
            {
                Ruling::Admit
            }
            ruling => ruling,
        }
    }
}

fn gains_nothing(blueprint: &Blueprint, present: &Blueprint) -> bool {
    blueprint.writes_gained_over(present).is_empty()
}

impl<'a> Subject<'a> {
    /// A goal that is stored.
    pub(crate) fn of(goal: &'a StoredGoal) -> Self {
        let StoredGoal { goal: text, goal_type, input, namespace, priority, policy, .. } = goal;
        Self { text, goal_type, input, namespace, priority: *priority, policy: policy.as_ref() }
    }

    fn submission(&self) -> Submission<'a> {
        let Self { text, goal_type, input, namespace, priority, policy: _ } = *self;
        Submission { text, goal_type, input, namespace, priority }
    }
}

pub(crate) fn worst_case(message: Option<v1::WorstCase>) -> WorstCase {
    let v1::WorstCase { tasks, total, .. } = message.unwrap_or_default();
    let v1::Amount { attempts, money_micros, tokens } = total.unwrap_or_default();
    WorstCase {
        tasks: tasks.unsigned_abs(),
        attempts: attempts.unsigned_abs(),
        money_micros: money_micros.unsigned_abs(),
        tokens: tokens.unsigned_abs(),
    }
}

pub(crate) fn estimate(message: Option<v1::PlanEstimate>) -> Estimate {
    let v1::PlanEstimate { tasks, money_micros, tokens, critical_path_ms, attempts: _ } =
        message.unwrap_or_default();
    Estimate {
        tasks: tasks.unsigned_abs(),
        money_micros: money_micros.unsigned_abs(),
        tokens: tokens.unsigned_abs(),
        critical_path_ms: critical_path_ms.unsigned_abs(),
    }
}

/// Why there is no such plan.
pub(crate) fn refusal(rule: &str, reason: &str) -> Failure {
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    Failure::new(Failure::REFUSED, format!("the policy refuses the plan ({rule}){why}"))
}

/// What comes up inside of a task runs at once or never: nobody can be asked for it.
pub(crate) fn inside_of_task(ruling: Ruling) -> Result<(), Failure> {
    match ruling {
        Ruling::Admit => Ok(()),
        Ruling::Refuse { rule, reason } => Err(refusal(&rule, &reason)),
        Ruling::Approval(wanted) => Err(unasked(&wanted)),
    }
}

fn unasked(wanted: &[Wanted]) -> Failure {
    let rules: Vec<&str> = wanted.iter().map(|wanted| wanted.rule.as_str()).collect();
    let message = format!(
        "the policy wants an approval ({}) for what came up in a task, which cannot be asked for; let the goal's own plan have \
         the capabilities that change something, or add tasks to the goal",
        rules.join(", ")
    );
    Failure::new(Failure::REFUSED, message)
}

/// The approvals that a blueprint needs, as they are stored.
pub(crate) fn approvals(wanted: Vec<Wanted>, digest: Digest) -> Vec<NewApproval> {
    let approval =
        |Wanted { rule, reason, terms }| NewApproval { id: Uuid::now_v7(), digest, rule, reason, terms };
    wanted.into_iter().map(approval).collect()
}

/// A ruling as the API shows it.
pub(crate) fn shown(ruling: Ruling) -> v1::PlanRuling {
    let of = |verdict: v1::PolicyVerdict| v1::PlanRuling { verdict: verdict.into(), ..Default::default() };
    match ruling {
        Ruling::Admit => of(v1::PolicyVerdict::Admit),
        Ruling::Refuse { rule, reason } => v1::PlanRuling { rule, reason, ..of(v1::PolicyVerdict::Refuse) },
        Ruling::Approval(wanted) => v1::PlanRuling {
            approvals: wanted.into_iter().map(wanted_approval).collect(),
            ..of(v1::PolicyVerdict::Approval)
        },
    }
}

fn wanted_approval(wanted: Wanted) -> v1::PlanApproval {
    let Wanted { rule, reason, terms } = wanted;
    v1::PlanApproval {
        rule,
        reason,
        quorum: i32::try_from(terms.quorum).unwrap_or(i32::MAX),
        at_deadline: at_deadline(terms.at_deadline).into(),
        deciders: terms.deciders,
        ..Default::default()
    }
}
