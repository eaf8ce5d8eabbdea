//! Random blueprints, as a plan that the oracle can read without the checker.

use std::collections::BTreeSet;

use goalpost_checker::builtin::{TRANSFORM, WAIT};
use goalpost_checker::compile;
use goalpost_model::{Blueprint, Branch, EdgeOn, Join, Rest};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::run::blueprint;

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) tasks: Vec<PlanTask>,
    pub(crate) edges: Vec<PlanEdge>,
    pub(crate) deadline: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct PlanTask {
    /// It lets time pass, and no worker does it.
    pub(crate) waits: bool,
    /// It hands its input on, and no worker does it.
    pub(crate) transforms: bool,
    pub(crate) branch: Branch,
    pub(crate) rest: Rest,
    /// Its attempts do not follow each other at once.
    pub(crate) pauses: bool,
    /// Its attempts have to start and end in time.
    pub(crate) timed: bool,
    pub(crate) join: Join,
    pub(crate) max_attempts: u32,
    /// Its data flow reads what is not there.
    pub(crate) broken_flow: bool,
    /// A later plan does without it.
    pub(crate) withdrawn: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct PlanEdge {
    pub(crate) source: usize,
    pub(crate) target: usize,
    pub(crate) on: EdgeOn,
    pub(crate) condition: Condition,
    pub(crate) otherwise: bool,
    /// Its data flow reads what is not there.
    pub(crate) broken_flow: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Condition {
    None,
    Holds,
    DoesNotHold,
    CannotBeEvaluated,
    /// The source succeeded with at least this.
    OutputAtLeast(i64),
}

/// Up to ten tasks; up to two edges a task; everything that edges and tasks can have.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    (1_usize..=10)
        .prop_flat_map(|tasks| {
            let edges = proptest::collection::vec(edge(tasks), 0..=tasks * 2);
            (proptest::collection::vec(task(), tasks), edges, any::<bool>())
        })
        .prop_map(|(tasks, edges, deadline)| Plan { tasks, edges: tidy(edges), deadline }.with_rests())
        .prop_filter("the checker refuses it", |plan| compile(&plan.blueprint()).is_ok())
}

fn task() -> impl Strategy<Value = PlanTask> {
    let join = prop_oneof![2 => Just(Join::All), 2 => Just(Join::Any), 1 => (1_u32..=3).prop_map(Join::NOf)];
    let branch = prop_oneof![Just(Branch::Inclusive), Just(Branch::Exclusive)];
    let control = (proptest::bool::weighted(0.15), proptest::bool::weighted(0.15));
    let kind = (control, any::<bool>(), any::<bool>());
    let rest = prop_oneof![Just(Rest::Ignore), Just(Rest::Cancel)];
    (kind, join, (branch, rest), 1_u32..=3, proptest::bool::weighted(0.05)).prop_map(
        |(((waits, transforms), pauses, timed), join, (branch, rest), max_attempts, broken_flow)| PlanTask {
            waits,
            transforms: transforms && !waits,
            branch,
            rest,
            pauses,
            timed,
            join,
            max_attempts,
            broken_flow: broken_flow && !waits,
            withdrawn: false,
        },
    )
}

fn edge(tasks: usize) -> impl Strategy<Value = PlanEdge> {
    let on = prop_oneof![3 => Just(EdgeOn::Success), 1 => Just(EdgeOn::Failure), 2 => Just(EdgeOn::Always)];
    let condition = prop_oneof![
        6 => Just(Condition::None),
        1 => Just(Condition::Holds),
        1 => Just(Condition::DoesNotHold),
        1 => Just(Condition::CannotBeEvaluated),
        2 => (0_i64..8).prop_map(Condition::OutputAtLeast),
    ];
    let otherwise = proptest::bool::weighted(0.3);
    (0..tasks, 0..tasks, on, condition, otherwise, proptest::bool::weighted(0.05)).prop_map(
        |(one, other, on, condition, otherwise, broken_flow)| PlanEdge {
            source: one.min(other),
            target: one.max(other),
            on,
            condition,
            otherwise,
            broken_flow,
        },
    )
}

/// Without loops, without edges that are the same to the checker, and without otherwise where there is
/// no condition, or one of its own.
fn tidy(mut edges: Vec<PlanEdge>) -> Vec<PlanEdge> {
    let branching: BTreeSet<usize> =
        edges.iter().filter(|edge| edge.is_conditional()).map(|edge| edge.source).collect();
    for edge in &mut edges {
        edge.otherwise &= branching.contains(&edge.source) && !edge.is_conditional();
    }
    let mut seen = BTreeSet::new();
    let kind = |edge: &PlanEdge| {
        (edge.source, edge.target, edge.otherwise, format!("{:?} {:?}", edge.on, edge.condition))
    };
    edges.into_iter().filter(|edge| edge.source != edge.target && seen.insert(kind(edge))).collect()
}

impl Plan {
    pub(crate) fn blueprint(&self) -> Blueprint {
        let tasks: Vec<Value> = self.tasks.iter().enumerate().map(|(task, plan)| plan.json(task)).collect();
        let edges: Vec<Value> =
            self.edges.iter().enumerate().map(|(edge, plan)| plan.json(edge, self)).collect();
        let deadline_ms = if self.deadline { 60_000 } else { 0 };
        Blueprint { deadline_ms, ..blueprint(json!(tasks), json!(edges)) }
    }

    /// Without a rest to be cancelled where every edge is needed.
    fn with_rests(mut self) -> Self {
        for task in 0..self.tasks.len() {
            let edges = self.incoming(task).count();
            if self.tasks[task].join.needed(edges) >= edges {
                self.tasks[task].rest = Rest::Ignore;
            }
        }
        self
    }

    pub(crate) fn incoming(&self, task: usize) -> impl Iterator<Item = (usize, &PlanEdge)> {
        self.edges.iter().enumerate().filter(move |(_, edge)| edge.target == task)
    }

    pub(crate) fn outgoing(&self, task: usize) -> impl Iterator<Item = (usize, &PlanEdge)> {
        self.edges.iter().enumerate().filter(move |(_, edge)| edge.source == task)
    }
}

impl PlanTask {
    fn json(&self, task: usize) -> Value {
        let mut json = self.own_json(task);
        json["branch"] = json!(self.branch);
        json["rest"] = json!(self.rest);
        json["withdrawn"] = json!(self.withdrawn);
        json
    }

    fn own_json(&self, task: usize) -> Value {
        if self.waits {
            let wait = json!({"duration_ms": 5});
            return json!({"name": format!("t{task}"), "capability": WAIT, "join": self.join, "input": wait});
        }
        let flow = if self.broken_flow { "goal.input.absent" } else { "goal.text" };
        if self.transforms {
            let flows = json!({"own": flow, "n": "3"});
            return json!({"name": format!("t{task}"), "capability": TRANSFORM, "join": self.join, "data_flow": flows});
        }
        let timeouts =
            if self.timed { json!({"schedule_to_start_ms": 7, "start_to_close_ms": 9}) } else { json!({}) };
        let pause = if self.pauses { 100 } else { 0 };
        json!({
            "name": format!("t{task}"),
            "capability": "count",
            "join": self.join,
            "retry": {"max_attempts": self.max_attempts, "initial_backoff_ms": pause},
            "timeouts": timeouts,
            "data_flow": {"own": flow},
        })
    }
}

impl PlanEdge {
    pub(crate) fn is_conditional(&self) -> bool {
        !matches!(self.condition, Condition::None)
    }

    /// Each edge writes to a path of its own, `e` and its ordinal.
    /// What waits takes no data, and gives none.
    fn json(&self, edge: usize, plan: &Plan) -> Value {
        let source = format!("tasks.t{}", self.source);
        let flow = match self.on {
            _ if self.broken_flow => "goal.input.absent".to_owned(),
            EdgeOn::Success => format!("{source}.output.n"),
            EdgeOn::Failure | EdgeOn::Always => format!("{source}.state"),
        };
        let condition = match self.condition {
            Condition::None => String::new(),
            Condition::Holds => "goal.input.yes".to_owned(),
            Condition::DoesNotHold => "goal.input.no".to_owned(),
            Condition::CannotBeEvaluated => "goal.input.absent == 1".to_owned(),
            Condition::OutputAtLeast(_) if plan.tasks[self.source].waits => "goal.input.no".to_owned(),
            Condition::OutputAtLeast(n) => format!("has({source}.output) && {source}.output.n >= {n}"),
        };
        let mut flows = Map::new();
        if !plan.tasks[self.target].waits {
            flows.insert(format!("e{edge}"), json!(flow));
        }
        json!({
            "from": format!("t{}", self.source),
            "to": format!("t{}", self.target),
            "on": self.on,
            "condition": condition,
            "otherwise": self.otherwise,
            "data_flow": flows,
        })
    }
}
