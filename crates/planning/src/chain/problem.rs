//! What may matter for a wish, numbered.

use std::collections::BTreeMap;

use crate::entry::Entry;
use crate::fit::missing_needs;

use super::Wish;

/// Facts and the capabilities that may lead to those that are wanted.
pub(super) struct Problem<'a> {
    /// By name.
    pub(super) entries: Vec<&'a Entry>,
    /// Facts that nothing has given yet.
    pub(super) facts: Vec<&'a str>,
    /// The facts that are wanted and not given.
    pub(super) wanted: Vec<usize>,
    /// Of each capability, the facts that something has to produce first.
    pub(super) needs: Vec<Vec<usize>>,
    /// Of each capability, the facts that it produces.
    pub(super) products: Vec<Vec<usize>>,
    /// Of each fact, the capabilities that produce it.
    pub(super) producers: Vec<Vec<usize>>,
}

impl<'a> Problem<'a> {
    /// Goes backwards from the facts that are wanted.
    pub(super) fn of(wish: &Wish<'a>) -> Self {
        let mut found: BTreeMap<&str, &Entry> = BTreeMap::new();
        let mut facts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut open: Vec<&'a str> = wish.wanted.iter().map(String::as_str).collect();
        while let Some(fact) = open.pop() {
            if wish.has(fact) || facts.contains_key(fact) {
                continue;
            }
            facts.insert(fact, 0);
            for entry in wish.catalog.producers(fact).filter(|entry| may_chain(entry, wish)) {
                if found.insert(&entry.capability.name, entry).is_none() {
                    open.extend(entry.needs.values().map(String::as_str));
                }
            }
        }
        facts.values_mut().enumerate().for_each(|(number, fact)| *fact = number);
        let numbers = |names: &mut dyn Iterator<Item = &String>| {
            let mut numbers: Vec<usize> =
                names.filter_map(|name| facts.get(name.as_str()).copied()).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        let entries: Vec<&Entry> = found.into_values().collect();
        let products: Vec<Vec<usize>> =
            entries.iter().map(|entry| numbers(&mut entry.produces.keys())).collect();
        let mut producers = vec![Vec::new(); facts.len()];
        for (entry, products) in products.iter().enumerate() {
            for fact in products {
                producers.get_mut(*fact).into_iter().for_each(|of_fact: &mut Vec<usize>| of_fact.push(entry));
            }
        }
        Self {
            wanted: numbers(&mut wish.wanted.iter()),
            needs: entries.iter().map(|entry| numbers(&mut entry.needs.values())).collect(),
            products,
            producers,
            facts: facts.keys().copied().collect(),
            entries,
        }
    }
}

/// Whether a plan may use a capability without anybody saying how.
pub(super) fn may_chain(entry: &Entry, wish: &Wish<'_>) -> bool {
    entry.namespaces.has(wish.namespace)
        && !wish.without.contains(entry.capability.name.as_str())
        && missing_needs(entry).next().is_none()
}
