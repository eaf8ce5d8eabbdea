//! Plans out of the facts of any catalog.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use goalpost_model::{EdgeOn, Severity};
use goalpost_planning::{Catalog, GoalRequest, Source, plan};
use proptest::prelude::*;
use serde_json::{Map, Value};

const FACTS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// A capability: what it needs, produces and costs, and whether it only reads.
#[derive(Clone, Debug)]
struct Offer {
    needs: BTreeSet<usize>,
    produces: BTreeSet<usize>,
    money: u64,
    reads: bool,
}

fn offers() -> impl Strategy<Value = Vec<Offer>> {
    let some = |range| prop::collection::btree_set(0..FACTS.len(), range);
    let offer = (some(0..3), some(1..3), 0..20_u64, any::<bool>())
        .prop_map(|(needs, produces, money, reads)| Offer { needs, produces, money, reads });
    prop::collection::vec(offer, 0..8)
}

fn names(facts: &BTreeSet<usize>) -> String {
    facts.iter().map(|fact| FACTS[*fact]).collect::<Vec<_>>().join(", ")
}

/// The lines of the capabilities, each a file of its own.
fn lines(offers: &[Offer]) -> Vec<String> {
    let line = |(number, offer): (usize, &Offer)| {
        let mut line = String::new();
        let effect = if offer.reads { "read" } else { "write" };
        let (needs, produces) = (names(&offer.needs), names(&offer.produces));
        let _ = write!(
            line,
            "capabilities: [{{ name: o{number}, effect: {effect}, cost: {{ money_micros: {} }}, needs: [{needs}], produces: [{produces}] }}]",
            offer.money
        );
        line
    };
    offers.iter().enumerate().map(line).collect()
}

/// What the cheapest of all sets of capabilities costs that leads to the facts; `None` if none does.
fn cheapest(offers: &[Offer], given: usize, wanted: &BTreeSet<usize>) -> Option<u64> {
    let costs = (0..1_usize << offers.len()).filter_map(|set| {
        let used: Vec<&Offer> = offers
            .iter()
            .enumerate()
            .filter(|(place, _)| set >> place & 1 == 1)
            .map(|(_, offer)| offer)
            .collect();
        let mut known = BTreeSet::from([given]);
        let mut left = used.clone();
        loop {
            let before = left.len();
            left.retain(|offer| {
                let can_run = offer.needs.is_subset(&known);
                if can_run {
                    known.extend(&offer.produces);
                }
                !can_run
            });
            if left.len() == before {
                break;
            }
        }
        (left.is_empty() && wanted.is_subset(&known)).then(|| used.iter().map(|offer| offer.money).sum())
    });
    costs.min()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_can_be_found_out_is_found_out_as_cheaply_as_can_be(
        offers in offers(),
        given in 0..FACTS.len(),
        wanted in prop::collection::btree_set(0..FACTS.len(), 1..3),
    ) {
        let method = format!("methods: [{{ name: m, type: m, wants: [{}] }}]", names(&wanted));
        let mut texts = lines(&offers);
        texts.push(method);
        let parse = |texts: &[(usize, &String)]| {
            let named: Vec<(String, &String)> = texts.iter().map(|(number, text)| (number.to_string(), *text)).collect();
            let sources: Vec<Source<'_>> = named.iter().map(|(name, text)| Source { name, text }).collect();
            Catalog::parse(&sources).unwrap()
        };
        let mut numbered: Vec<(usize, &String)> = texts.iter().enumerate().collect();
        let first = parse(&numbered);
        numbered.reverse();
        let second = parse(&numbered);
        let input: Map<String, Value> = [(FACTS[given].to_owned(), Value::from(1))].into_iter().collect();
        let goal = GoalRequest::of_type("m", input);
        match (plan(&first, &goal), cheapest(&offers, given, &wanted)) {
            (Ok(planned), Some(cost)) => {
                prop_assert_eq!(planned.estimate.money_micros, cost);
                prop_assert!(planned.findings.iter().all(|finding| finding.severity != Severity::Error));
                prop_assert_eq!(&planned, &plan(&second, &goal).unwrap());
                // Nobody stands in for what changes something, nor changes something by standing in.
                for edge in planned.blueprint.edges.iter().filter(|edge| edge.on == EdgeOn::Failure) {
                    for end in [&edge.source, &edge.target] {
                        // One may stand in for several, under names of its own.
                        let task = planned.blueprint.tasks.iter().find(|task| task.name == *end).unwrap();
                        let number: usize = task.capability[1..].parse().unwrap();
                        prop_assert!(offers[number].reads);
                    }
                }
            }
            (Err(_), None) => {}
            (planned, cost) => prop_assert!(false, "{planned:?} and {cost:?}"),
        }
    }
}
