//! What a worst case is made of: each task with its attempts.

use std::cmp::Reverse;
use std::collections::HashMap;

use goalpost_model::Amount;

/// The attempts of a task, or of what undoes it.
#[derive(Clone, Debug)]
pub(crate) struct Part<'a> {
    /// The way to it: `each/fetch`.
    pub(crate) task: String,
    pub(crate) capability: &'a str,
    /// How often it runs at most.
    pub(crate) times: u64,
    /// What one run comes to, with every attempt.
    pub(crate) each: Amount,
    pub(crate) is_undo: bool,
}

/// All of them, in a workflow of so many tasks.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    most_tasks: u64,
    parts: Vec<Part<'a>>,
    /// Places in `parts`.
    of_capability: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(most_tasks: u64) -> Self {
        Self { most_tasks, parts: Vec::new(), of_capability: HashMap::new() }
    }

    pub(super) fn push(&mut self, part: Part<'a>) {
        self.of_capability.entry(part.capability).or_default().push(self.parts.len());
        self.parts.push(part);
    }

    /// What all of them come to, if as many tasks as there may be are the dearest ones.
    pub(super) fn bound(&self) -> Amount {
        self.bound_on(&self.parts.iter().collect::<Vec<_>>())
    }

    /// The same of the parts of one capability.
    pub(super) fn bound_of(&self, capability: &str) -> Amount {
        let places = self.of_capability.get(capability).into_iter().flatten();
        self.bound_on(&places.map(|place| &self.parts[*place]).collect::<Vec<_>>())
    }

    /// Each task may be undone once, besides.
    fn bound_on(&self, parts: &[&Part<'a>]) -> Amount {
        let (undos, tasks): (Vec<&Part<'a>>, Vec<&Part<'a>>) = parts.iter().partition(|part| part.is_undo);
        let bound = |of: fn(&Amount) -> u64| {
            dearest(&tasks, self.most_tasks, of).saturating_add(dearest(&undos, self.most_tasks, of))
        };
        Amount {
            attempts: bound(|amount| amount.attempts),
            money_micros: bound(|amount| amount.money_micros),
            tokens: bound(|amount| amount.tokens),
        }
    }

    /// The one that comes to most, how often it runs and what it comes to.
    pub(crate) fn largest(&self, of: fn(&Amount) -> u64) -> Option<(&Part<'a>, Amount)> {
        let whole = |part: &Part<'a>| part.each.times(part.times.min(self.most_tasks));
        // The first one of several.
        let largest = self.parts.iter().rev().max_by_key(|part| of(&whole(part)))?;
        Some((largest, whole(largest)))
    }
}

/// What so many of the dearest come to.
fn dearest(parts: &[&Part<'_>], count: u64, of: fn(&Amount) -> u64) -> u64 {
    let mut parts = parts.to_vec();
    parts.sort_by_key(|part| Reverse(of(&part.each)));
    let mut left = count;
    parts.into_iter().fold(0, |sum: u64, part| {
        let times = part.times.min(left);
        left -= times;
        sum.saturating_add(of(&part.each).saturating_mul(times))
    })
}
