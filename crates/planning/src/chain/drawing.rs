//! The graph of a choice: a task for each capability, side by side where none needs the other.
//!
//! What only reads may have others that can stand in for it:
//!
//! ```text
//! fetch ------success------> fetch_either ---> what needs the facts
//!   +--failure--> other --success--^
//! ```

use std::collections::{BTreeMap, BTreeSet};

use goalpost_checker::builtin;
use goalpost_model::{Edge, EdgeOn, Effect, Task};
use serde_json::{Map, Value};

use crate::entry::Entry;
use crate::fragment::{Fragment, Size};
use crate::rename::End;
use crate::scope::Names;
use crate::splice::{edge, handing_on};

use super::Wish;
use super::cheapest::{Price, Producers};
use super::problem::{Problem, may_chain};

/// How many others stand in for a capability at most.
const MAX_FALLBACKS: usize = 2;

/// Draws the choice. The error is a sentence's end.
pub(super) fn draw(
    wish: &Wish<'_>,
    problem: &Problem<'_>,
    producers: &Producers,
) -> Result<Fragment, String> {
    let choice = Choice::of(problem, producers);
    let mut drawing =
        Drawing { wish, names: Names::beside([]), facts: BTreeMap::new(), whole: Fragment::default() };
    let result = drawing.names.take("result");
    for entry in choice.sorted() {
        drawing.add(&choice, entry)?;
    }
    let mut end = Task { name: result.clone(), capability: builtin::TRANSFORM.to_owned(), ..Task::default() };
    let needs = wish.wanted.iter().map(|fact| (fact.as_str(), fact.as_str()));
    let edges = drawing.feed(&mut end, needs);
    drawing.take(end)?;
    drawing.whole.edges.extend(edges);
    let facts = wish.wanted.iter().map(|fact| (fact.clone(), format!("tasks.{result}.output.{fact}")));
    drawing.whole.facts = facts.collect();
    drawing.whole.result = Some(End::task(result));
    Ok(drawing.whole)
}

/// Who is used for what.
struct Choice<'a> {
    problem: &'a Problem<'a>,
    producers: &'a Producers,
    used: BTreeSet<usize>,
}

impl<'a> Choice<'a> {
    fn of(problem: &'a Problem<'a>, producers: &'a Producers) -> Self {
        Self { problem, producers, used: producers.iter().flatten().copied().collect() }
    }

    /// Those that are used, each after those that it needs, by name where that leaves a choice.
    fn sorted(&self) -> Vec<usize> {
        let mut sorted = Vec::with_capacity(self.used.len());
        let mut left = self.used.clone();
        while !left.is_empty() {
            let ready: Vec<usize> = left
                .iter()
                .copied()
                .filter(|entry| !self.before(*entry).any(|source| left.contains(&source)))
                .collect();
            if ready.is_empty() {
                break;
            }
            ready.iter().for_each(|entry| {
                left.remove(entry);
            });
            sorted.extend(ready);
        }
        sorted
    }

    /// Those whose facts one needs itself.
    fn before(&self, entry: usize) -> impl Iterator<Item = usize> {
        let needs = self.problem.needs.get(entry).into_iter().flatten();
        needs.filter_map(|need| self.producers.get(*need).copied().flatten())
    }

    /// The facts that the plan takes from one.
    fn taken_from(&self, entry: usize) -> Vec<&'a str> {
        let products = self.problem.products.get(entry).into_iter().flatten();
        let taken = products.filter(|fact| self.producers.get(**fact) == Some(&Some(entry)));
        taken.filter_map(|fact| self.problem.facts.get(*fact).copied()).collect()
    }

    /// The facts that are known when one begins.
    fn known_to(&self, entry: usize) -> BTreeSet<&'a str> {
        let mut known = BTreeSet::new();
        let mut open: Vec<usize> = self.before(entry).collect();
        let mut seen = BTreeSet::new();
        while let Some(source) = open.pop() {
            if seen.insert(source) {
                known.extend(self.taken_from(source));
                open.extend(self.before(source));
            }
        }
        known
    }
}

struct Drawing<'a, 'w> {
    wish: &'a Wish<'w>,
    names: Names,
    /// Fact -> the task that gives it, and the expression.
    facts: BTreeMap<&'a str, (String, String)>,
    whole: Fragment,
}

impl<'a> Drawing<'a, '_> {
    /// Adds a capability, and those that stand in for it.
    fn add(&mut self, choice: &Choice<'a>, place: usize) -> Result<(), String> {
        let Some(entry) = choice.problem.entries.get(place) else { return Ok(()) };
        let (name, edges) = self.task(entry)?;
        self.whole.edges.extend(edges);
        let taken = choice.taken_from(place);
        let fallbacks = self.fallbacks(choice, place, &taken);
        let path = |entry: &Entry, fact: &str| entry.produces.get(fact).cloned().unwrap_or_default();
        if fallbacks.is_empty() {
            let given =
                |fact: &&'a str| (*fact, (name.clone(), format!("tasks.{name}.{}", path(entry, fact))));
            self.facts.extend(taken.iter().map(given));
            return Ok(());
        }
        let either = self.names.take(&format!("{name}_either"));
        let mut before = name.clone();
        let mut ways = vec![(name, *entry)];
        for fallback in fallbacks {
            let (name, edges) = self.task(fallback)?;
            let mut flows = BTreeMap::new();
            edges.into_iter().for_each(|edge| flows.extend(edge.data_flow));
            self.whole.edges.push(edge(&before, EdgeOn::Failure, &name, flows));
            before.clone_from(&name);
            ways.push((name, fallback));
        }
        for (name, entry) in ways {
            let flow = |fact: &&str| ((*fact).to_owned(), format!("tasks.{name}.{}", path(entry, fact)));
            let flows = taken.iter().map(flow).collect();
            self.whole.edges.push(edge(&name, EdgeOn::Success, &either, flows));
        }
        let given = |fact: &&'a str| (*fact, (either.clone(), format!("tasks.{either}.output.{fact}")));
        self.facts.extend(taken.iter().map(given));
        self.take(handing_on(either))
    }

    /// The task of a capability; what leads to it, and what flows there, is given back.
    fn task(&mut self, entry: &Entry) -> Result<(String, Vec<Edge>), String> {
        let capability = entry.capability.name.clone();
        let name = self.names.take(&capability);
        let mut task = Task { name: name.clone(), capability, ..Task::default() };
        let needs = entry.needs.iter().map(|(path, fact)| (path.as_str(), fact.as_str()));
        let edges = self.feed(&mut task, needs);
        self.take(task)?;
        Ok((name, edges))
    }

    fn take(&mut self, task: Task) -> Result<(), String> {
        self.whole.size.add(Size::of(&task.input))?;
        self.whole.tasks.push(task);
        Ok(())
    }

    /// Gives a task the facts that it needs; the edges bring those that others produce.
    fn feed<'n>(&self, task: &mut Task, needs: impl Iterator<Item = (&'n str, &'n str)>) -> Vec<Edge> {
        let mut edges: BTreeMap<&str, Edge> = BTreeMap::new();
        for (path, fact) in needs {
            if let Some(value) = self.wish.given.get(fact) {
                put(&mut task.input, path, value.clone());
            } else if let Some((source, expression)) = self.facts.get(fact) {
                let to = || edge(source, EdgeOn::Success, &task.name, BTreeMap::new());
                edges.entry(source).or_insert_with(to).data_flow.insert(path.to_owned(), expression.clone());
            } else {
                task.data_flow.insert(path.to_owned(), format!("facts.{fact}"));
            }
        }
        edges.into_values().collect()
    }

    /// Others that only read and give the same facts, from what is known when the first one begins: the cheapest.
    fn fallbacks(&self, choice: &Choice<'a>, place: usize, taken: &[&str]) -> Vec<&'a Entry> {
        let entries = &choice.problem.entries;
        if entries.get(place).is_none_or(|entry| entry.capability.effect != Effect::Read) {
            return Vec::new();
        }
        let known = choice.known_to(place);
        let is_known = |fact: &String| self.wish.has(fact) || known.contains(fact.as_str());
        let can_stand_in = |(other, entry): &(usize, &&'a Entry)| {
            !choice.used.contains(other)
                && entry.capability.effect == Effect::Read
                && may_chain(entry, self.wish)
                && taken.iter().all(|fact| entry.produces.contains_key(*fact))
                && entry.needs.values().all(is_known)
        };
        let others = entries.iter().enumerate().filter(can_stand_in);
        let mut others: Vec<&'a Entry> = others.map(|(_, entry)| *entry).collect();
        others.sort_by_key(|entry| Price::of(entry));
        others.truncate(MAX_FALLBACKS);
        others
    }
}

/// Puts a value at a dotted path.
fn put(fields: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            fields.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = fields.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
