//! Who produces which fact, so that the whole is cheapest.
//!
//! A first answer comes from Knuth's generalisation of Dijkstra's algorithm (1977): the cheapest way to each fact on
//! its own. What two facts need alike is paid once, so another choice may be cheaper on the whole: a bounded search
//! looks for it, and never gives a dearer one.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::entry::Entry;

use super::problem::Problem;

/// How many partial choices are looked at for a cheaper one.
const MAX_LOOKED_AT: usize = 2_000;

/// What something takes, in the order in which it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Price {
    money_micros: u64,
    tokens: u64,
    /// One after the other where one needs the other.
    latency_ms: u64,
    tasks: u64,
}

impl Price {
    /// What one attempt of the capability takes; what is not known counts as nothing.
    pub(super) fn of(entry: &Entry) -> Self {
        let cost = entry.capability.cost.unwrap_or_default();
        Self {
            money_micros: cost.money_micros.unwrap_or_default(),
            tokens: cost.tokens.unwrap_or_default(),
            latency_ms: cost.latency_ms.unwrap_or_default(),
            tasks: 1,
        }
    }

    /// Both, at the same time.
    fn beside(self, other: Self) -> Self {
        Self { latency_ms: self.latency_ms.max(other.latency_ms), ..self.and(other) }
    }

    /// Both, one after the other.
    fn and(self, other: Self) -> Self {
        Self {
            money_micros: self.money_micros.saturating_add(other.money_micros),
            tokens: self.tokens.saturating_add(other.tokens),
            latency_ms: self.latency_ms.saturating_add(other.latency_ms),
            tasks: self.tasks.saturating_add(other.tasks),
        }
    }
}

/// Of each fact, the capability that produces it, if the plan needs it.
pub(super) type Producers = Vec<Option<usize>>;

/// The cheapest choice that was found; `None` if there is none.
pub(super) fn choose(problem: &Problem<'_>) -> Option<Producers> {
    let first = one_by_one(problem)?;
    let price = price(problem, &first)?;
    let mut search = Search { problem, left: MAX_LOOKED_AT, best: (price, first) };
    search.explore(&mut vec![None; problem.facts.len()], &problem.wanted);
    Some(search.best.1)
}

/// For each fact the producer that is cheapest for it alone.
fn one_by_one(problem: &Problem<'_>) -> Option<Producers> {
    let mut cheapest: Vec<Option<(Price, usize)>> = vec![None; problem.facts.len()];
    let mut open: Vec<usize> = problem.needs.iter().map(Vec::len).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); problem.facts.len()];
    let mut heap = BinaryHeap::new();
    for (entry, needs) in problem.needs.iter().enumerate() {
        for fact in needs {
            users.get_mut(*fact)?.push(entry);
        }
        if needs.is_empty() {
            heap.push(Reverse((Price::of(problem.entries.get(entry)?), entry)));
        }
    }
    while let Some(Reverse((price, entry))) = heap.pop() {
        for fact in problem.products.get(entry)? {
            let known = cheapest.get_mut(*fact)?;
            if known.is_some() {
                continue;
            }
            *known = Some((price, entry));
            for user in users.get(*fact)? {
                let left = open.get_mut(*user)?;
                *left -= 1;
                if *left == 0 {
                    let needs = problem.needs.get(*user)?.iter();
                    let prices = needs.filter_map(|need| Some(cheapest.get(*need)?.as_ref()?.0));
                    let before = prices.fold(Price::default(), Price::beside);
                    heap.push(Reverse((before.and(Price::of(problem.entries.get(*user)?)), *user)));
                }
            }
        }
    }
    let mut producers = vec![None; problem.facts.len()];
    let mut wanted = problem.wanted.clone();
    while let Some(fact) = wanted.pop() {
        let (_, entry) = (*cheapest.get(fact)?)?;
        if producers.get_mut(fact)?.replace(entry).is_none() {
            wanted.extend(problem.needs.get(entry)?);
        }
    }
    Some(producers)
}

/// What a whole choice takes; `None` if a fact would come out of itself.
fn price(problem: &Problem<'_>, producers: &Producers) -> Option<Price> {
    let used: BTreeSet<usize> = producers.iter().flatten().copied().collect();
    let mut total = Price::default();
    let mut ends: Vec<Option<u64>> = vec![None; problem.entries.len()];
    let mut begun = BTreeSet::new();
    let mut open: Vec<(usize, bool)> = used.iter().map(|entry| (*entry, false)).collect();
    while let Some((entry, is_ready)) = open.pop() {
        if ends.get(entry)?.is_some() {
            continue;
        }
        let before =
            || problem.needs.get(entry).into_iter().flatten().filter_map(|need| *producers.get(*need)?);
        if is_ready {
            let before = before().map(|source| *ends.get(source)?).collect::<Option<Vec<u64>>>()?;
            let own = Price::of(problem.entries.get(entry)?);
            *ends.get_mut(entry)? =
                Some(before.into_iter().max().unwrap_or(0).saturating_add(own.latency_ms));
            total = total.and(own);
        } else if begun.insert(entry) {
            open.push((entry, true));
            open.extend(before().map(|source| (source, false)));
        } else {
            return None;
        }
    }
    Some(Price { latency_ms: ends.into_iter().flatten().max().unwrap_or(0), ..total })
}

struct Search<'a> {
    problem: &'a Problem<'a>,
    /// How many partial choices may still be looked at.
    left: usize,
    best: (Price, Producers),
}

impl Search<'_> {
    /// Tries the producers of the first fact that is open, and goes on from there.
    fn explore(&mut self, chosen: &mut Producers, open: &[usize]) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let used: BTreeSet<usize> = chosen.iter().flatten().copied().collect();
        if self.at_least(&used) >= self.best.0 {
            return;
        }
        let Some((fact, rest)) = open.split_first() else {
            match price(self.problem, chosen) {
                Some(price) if price < self.best.0 => self.best = (price, chosen.clone()),
                _ => {}
            }
            return;
        };
        if chosen.get(*fact).is_none_or(Option::is_some) {
            return self.explore(chosen, rest);
        }
        let of_fact = self.problem.producers.get(*fact).into_iter().flatten();
        let mut producers: Vec<usize> = of_fact.copied().collect();
        producers.sort_by_key(|entry| (!used.contains(entry), self.own(*entry), *entry));
        for entry in producers {
            let needs = self.problem.needs.get(entry).into_iter().flatten();
            let open: Vec<usize> = rest.iter().chain(needs).copied().collect();
            if let Some(place) = chosen.get_mut(*fact) {
                *place = Some(entry);
            }
            self.explore(chosen, &open);
        }
        if let Some(place) = chosen.get_mut(*fact) {
            *place = None;
        }
    }

    fn own(&self, entry: usize) -> Price {
        self.problem.entries.get(entry).map(|entry| Price::of(entry)).unwrap_or_default()
    }

    /// What a choice with these takes at least.
    fn at_least(&self, used: &BTreeSet<usize>) -> Price {
        used.iter().map(|entry| self.own(*entry)).fold(Price::default(), Price::beside)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use goalpost_model::Namespace;
    use serde_json::Map;

    use crate::chain::Wish;
    use crate::{Catalog, Source};

    use super::*;

    fn chosen(capabilities: &str, wanted: &[&str]) -> Option<(Price, Vec<String>)> {
        let catalog = Catalog::parse(&[Source { name: "c", text: capabilities }]).unwrap();
        let wanted: Vec<String> = wanted.iter().map(|fact| (*fact).to_owned()).collect();
        let (given, at_run_time, namespace) = (Map::new(), BTreeSet::new(), Namespace::default());
        let wish = Wish {
            catalog: &catalog,
            namespace: &namespace,
            without: &BTreeSet::new(),
            wanted: &wanted,
            given: &given,
            at_run_time: &at_run_time,
        };
        let problem = Problem::of(&wish);
        let producers = choose(&problem)?;
        let price = price(&problem, &producers)?;
        let used: BTreeSet<usize> = producers.into_iter().flatten().collect();
        Some((price, used.into_iter().map(|entry| problem.entries[entry].capability.name.clone()).collect()))
    }

    #[test]
    fn the_cheapest_way_to_a_fact_is_taken() {
        let names = |capabilities| chosen(capabilities, &["x"]).unwrap().1;
        let tied = "capabilities:\n- { name: b, produces: [x] }\n- { name: a, produces: [x] }\n";
        assert_eq!(names(tied), ["a"]);
        let slow = "capabilities:\n- { name: a, produces: [x], cost: { latency_ms: 9 } }\n- { name: b, produces: [x] }\n";
        assert_eq!(names(slow), ["b"]);
        let long = "capabilities:
- { name: a, produces: [x], cost: { money_micros: 9 } }
- { name: b, needs: [y], produces: [x], cost: { money_micros: 5 } }
- { name: c, produces: [y], cost: { money_micros: 3 } }
";
        assert_eq!(names(long), ["b", "c"]);
    }

    #[test]
    fn what_two_facts_need_alike_is_paid_once() {
        let shared = "capabilities:
- { name: own.x, produces: [x], cost: { money_micros: 8 } }
- { name: own.y, produces: [y], cost: { money_micros: 8 } }
- { name: by.x, needs: [base], produces: [x], cost: { money_micros: 1 } }
- { name: by.y, needs: [base], produces: [y], cost: { money_micros: 1 } }
- { name: base, produces: [base], cost: { money_micros: 10 } }
";
        let (price, names) = chosen(shared, &["x", "y"]).unwrap();
        assert_eq!((price.money_micros, names), (12, vec!["base".to_owned(), "by.x".into(), "by.y".into()]));
    }

    #[test]
    fn facts_that_come_out_of_themselves_come_out_of_nothing() {
        let circle = "capabilities:\n- { name: a, needs: [y], produces: [x] }\n- { name: b, needs: [x], produces: [y] }\n";
        assert_eq!(chosen(circle, &["x"]), None);
    }
}
