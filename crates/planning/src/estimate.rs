//! What a workflow comes to if all goes well.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_checker::builtin::PREFIX;
use goalpost_model::{Blueprint, Branch, Capability, Cost, Edge, EdgeOn, Task};
use serde_json::Value;

/// What the workflow of a blueprint comes to if every task succeeds at once, every condition holds (so of an exclusive
/// branch the first way is gone), and what may be repeated runs once; a constant list has its items. What is not known
/// counts as nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Tasks, those inside of others included.
    pub tasks: u64,
    /// Attempts that workers get: one for each of their tasks.
    pub attempts: u64,
    /// In millionths of the deployment's unit of currency.
    pub money_micros: u64,
    /// Tokens of language models.
    pub tokens: u64,
    /// The longest way through it, in milliseconds.
    pub critical_path_ms: u64,
}

impl Estimate {
    fn add(&mut self, other: Self, times: u64) {
        let add = |own: &mut u64, other: u64| *own = own.saturating_add(other.saturating_mul(times));
        add(&mut self.tasks, other.tasks);
        add(&mut self.attempts, other.attempts);
        add(&mut self.money_micros, other.money_micros);
        add(&mut self.tokens, other.tokens);
    }
}

/// Estimates a blueprint that carries its capabilities.
pub fn estimate(blueprint: &Blueprint) -> Estimate {
    let cost = |capability: &Capability| (capability.name.clone(), capability.cost.unwrap_or_default());
    let costs: BTreeMap<String, Cost> = blueprint.capabilities.iter().map(cost).collect();
    of_graph(&blueprint.tasks, &blueprint.edges, &costs)
}

fn of_graph(tasks: &[Task], edges: &[Edge], costs: &BTreeMap<String, Cost>) -> Estimate {
    let mut outgoing: BTreeMap<&str, Vec<&Edge>> = BTreeMap::new();
    let mut waits: BTreeMap<&str, usize> = tasks.iter().map(|task| (task.name.as_str(), 0)).collect();
    for edge in edges {
        outgoing.entry(&edge.source).or_default().push(edge);
        *waits.entry(&edge.target).or_default() += 1;
    }
    let named: BTreeMap<&str, &Task> = tasks.iter().map(|task| (task.name.as_str(), task)).collect();
    let mut ready: Vec<&str> =
        waits.iter().filter(|(_, waits)| **waits == 0).map(|(name, _)| *name).collect();
    // Those that run if all goes well, and when the last task before them has ended.
    let mut begins: BTreeMap<&str, u64> = ready.iter().map(|name| (*name, 0)).collect();
    let mut seen = BTreeSet::new();
    let mut total = Estimate::default();
    while let Some(name) = ready.pop() {
        let (true, Some(task)) = (seen.insert(name), named.get(name)) else { continue };
        let end = begins.get(name).map(|begin| {
            let own = of_task(task, costs);
            total.add(own, 1);
            begin.saturating_add(own.critical_path_ms)
        });
        total.critical_path_ms = total.critical_path_ms.max(end.unwrap_or(0));
        let mut may_take = if task.branch == Branch::Exclusive { 1 } else { usize::MAX };
        for edge in outgoing.get(name).into_iter().flatten() {
            if let Some(end) = end.filter(|_| edge.on != EdgeOn::Failure && may_take > 0) {
                may_take -= 1;
                let begin = begins.entry(&edge.target).or_default();
                *begin = end.max(*begin);
            }
            if let Some(waits) = waits.get_mut(edge.target.as_str()) {
                *waits = waits.saturating_sub(1);
                if *waits == 0 {
                    ready.push(&edge.target);
                }
            }
        }
    }
    total
}

fn of_task(task: &Task, costs: &BTreeMap<String, Cost>) -> Estimate {
    // The workflow does without it.
    if task.withdrawn {
        return Estimate::default();
    }
    let cost = costs.get(&task.capability).copied().unwrap_or_default();
    let mut own = Estimate {
        tasks: 1,
        attempts: u64::from(!task.performs().starts_with(PREFIX)),
        money_micros: cost.money_micros.unwrap_or_default(),
        tokens: cost.tokens.unwrap_or_default(),
        critical_path_ms: cost.latency_ms.unwrap_or_default(),
    };
    let Some(body) = task.body() else { return own };
    let inside = of_graph(&body.tasks, &body.edges, costs);
    let items = match &task.for_each {
        Some(_) => task.input.get("items").and_then(Value::as_array).map_or(1, Vec::len),
        None => 1,
    };
    let items = u64::try_from(items).unwrap_or(u64::MAX);
    let at_once = task.for_each.as_ref().map_or(0, |list| u64::from(list.concurrency));
    let rounds = if at_once == 0 { items.min(1) } else { items.div_ceil(at_once) };
    own.add(inside, items);
    own.critical_path_ms =
        own.critical_path_ms.saturating_add(inside.critical_path_ms.saturating_mul(rounds));
    own
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_fails_over_is_not_counted_and_lists_have_their_items() {
        let blueprint: Blueprint = serde_json::from_value(json!({
            "name": "b",
            "capabilities": [
                {"name": "a", "cost": {"money_micros": 5, "tokens": 2, "latency_ms": 10}},
                {"name": "c", "cost": {"latency_ms": 30}},
            ],
            "tasks": [
                {"name": "end", "capability": "a", "join": "any"},
                {"name": "one", "capability": "a"},
                {"name": "two", "capability": "c"},
                {"name": "instead", "capability": "c"},
                {"name": "each", "input": {"items": [1, 2, 3]}, "for_each": {"concurrency": 2, "body": {"tasks": [{"name": "x", "capability": "a"}]}}},
            ],
            "edges": [
                {"from": "one", "to": "end"}, {"from": "two", "to": "end"},
                {"from": "one", "to": "instead", "on": "failure"}, {"from": "instead", "to": "end"},
                {"from": "one", "to": "each"},
            ],
        }))
        .unwrap();
        let expected = Estimate { tasks: 7, attempts: 6, money_micros: 25, tokens: 10, critical_path_ms: 40 };
        assert_eq!(estimate(&blueprint), expected);
    }

    #[test]
    fn of_an_exclusive_branch_the_first_way_counts() {
        let blueprint: Blueprint = serde_json::from_value(json!({
            "name": "b",
            "capabilities": [{"name": "a", "cost": {"latency_ms": 10}}, {"name": "c", "cost": {"latency_ms": 99}}],
            "tasks": [
                {"name": "choose", "capability": "a", "branch": "exclusive"},
                {"name": "one", "capability": "a"}, {"name": "two", "capability": "c"},
                {"name": "end", "capability": "a", "join": "any"},
            ],
            "edges": [
                {"from": "choose", "to": "one", "condition": "true"}, {"from": "choose", "to": "two", "otherwise": true},
                {"from": "one", "to": "end"}, {"from": "two", "to": "end"},
            ],
        }))
        .unwrap();
        let estimate = estimate(&blueprint);
        assert_eq!((estimate.tasks, estimate.critical_path_ms), (3, 30));
    }
}
