//! What a workflow comes to at most, whatever its tasks and conditions give.
//!
//! Every task counts with all its attempts, and with its compensation; a graph inside of a task as often as it
//! may run; of ways that exclude one another the dearest ([`branches`]). Besides, the tasks of a workflow are
//! bounded by `max_tasks`, so no more than so many can be the dearest ones. The smaller of both bounds is
//! told. Never less than any run takes; often more.

mod bill;
mod branches;
mod parts;
mod tree;

use std::collections::BTreeSet;

use goalpost_model::{Amount, CapabilityUse, Cost, WorstCase};

use crate::CapabilitySource;
use crate::builtin::Control;
use crate::compiled::{CompiledBlueprint, CompiledGraph, CompiledTask};

use bill::Bill;
use branches::Branches;
pub(crate) use parts::{Part, Parts};

/// The worst case, and what it is made of.
#[derive(Debug)]
pub(crate) struct Estimate<'a> {
    pub(crate) worst_case: WorstCase,
    pub(crate) parts: Parts<'a>,
}

/// The worst case of a workflow of the blueprint, with the costs that these capabilities have.
pub(crate) fn estimate<'a>(
    blueprint: &'a CompiledBlueprint,
    capabilities: &(impl CapabilitySource + ?Sized),
) -> Estimate<'a> {
    let most_tasks = count(blueprint.max_tasks.max(blueprint.graph.tasks.len()));
    // Those that are there in any case, and take nothing themselves.
    let idle = blueprint.graph.tasks.iter().filter(|task| task.control.is_some() || task.withdrawn).count();
    let mut walk = Walk { capabilities, parts: Parts::new(most_tasks - count(idle)) };
    let bill = walk.graph(&blueprint.graph, "", 1);
    let parts = walk.parts;
    let cost_of = |name: &str| capabilities.capability(name).and_then(|capability| capability.cost);
    let without = |says: fn(Cost) -> Option<u64>| {
        let names = bill.capabilities.keys().copied();
        let unknown: BTreeSet<&str> = names.filter(|name| cost_of(name).and_then(says).is_none()).collect();
        unknown.into_iter().map(str::to_owned).collect()
    };
    let mut uses: Vec<CapabilityUse> = bill
        .capabilities
        .iter()
        .map(|(name, amount)| CapabilityUse {
            capability: (*name).to_owned(),
            amount: amount.min(parts.bound_of(name)),
        })
        .collect();
    uses.sort_unstable_by(|one, other| one.capability.cmp(&other.capability));
    let worst_case = WorstCase {
        tasks: bill.tasks.min(most_tasks),
        total: bill.total.min(parts.bound()),
        capabilities: uses,
        later: bill.later.min(most_tasks),
        without_money: without(|cost| cost.money_micros),
        without_tokens: without(|cost| cost.tokens),
    };
    Estimate { worst_case, parts }
}

struct Walk<'a, 's, S: ?Sized> {
    capabilities: &'s S,
    parts: Parts<'a>,
}

impl<'a, S: CapabilitySource + ?Sized> Walk<'a, '_, S> {
    /// What one run of the graph comes to; `times`: how often it is run at most. `prefix` leads to it.
    fn graph(&mut self, graph: &'a CompiledGraph, prefix: &str, times: u64) -> Bill<'a> {
        let bill = |task: &'a CompiledTask| {
            if task.withdrawn { Bill::default() } else { self.task(task, prefix, times) }
        };
        let bills = graph.tasks.iter().map(bill).collect();
        Branches::of(graph).dearest(bills)
    }

    fn task(&mut self, task: &'a CompiledTask, prefix: &str, times: u64) -> Bill<'a> {
        let name = format!("{prefix}{}", task.name);
        let mut bill = Bill { tasks: 1, ..Bill::default() };
        bill.later = u64::from(task.extends || later(task.control));
        if task.control.is_none() {
            bill.add(self.attempts(task, name.clone(), times, false));
        }
        if let Some(undo) = task.undo.as_ref().and_then(|undo| undo.tasks.first()) {
            bill.add(self.attempts(undo, format!("{name}/{}", undo.name), times, true));
        }
        if let Some(body) = &task.body {
            let most = count(body.most);
            let inner = self.graph(&body.graph, &format!("{name}/"), times.saturating_mul(most));
            bill.add(inner.times(most));
        }
        bill
    }

    /// What the attempts of one run of the task come to.
    fn attempts(&mut self, task: &'a CompiledTask, name: String, times: u64, is_undo: bool) -> Bill<'a> {
        let capability = task.capability.as_str();
        let cost = self.capabilities.capability(capability).and_then(|capability| capability.cost);
        let each = Amount::of(u64::from(task.retry.max_attempts), cost.unwrap_or_default());
        self.parts.push(Part { task: name, capability, times, each, is_undo });
        Bill::of(capability, each)
    }
}

/// Whether the task gets its graph only when it is reached.
fn later(control: Option<Control>) -> bool {
    matches!(control, Some(Control::SubGoal | Control::Extension))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
