//! Why facts cannot be found out.

use std::collections::BTreeSet;

use super::Wish;
use super::problem::Problem;

/// So many of the reasons are told.
const MAX_TOLD: usize = 5;

/// The end of a sentence: `wants 'report', but ...`.
pub(super) fn explain(wish: &Wish<'_>, problem: &Problem<'_>) -> String {
    let mut reasons = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<usize> = problem.wanted.iter().rev().copied().collect();
    while let Some(fact) = open.pop() {
        let (Some(name), Some(producers)) = (problem.facts.get(fact), problem.producers.get(fact)) else {
            continue;
        };
        if !seen.insert(fact) {
            continue;
        }
        if producers.is_empty() {
            reasons.push(format!("nothing produces '{name}', and nothing gives it"));
        }
        for producer in producers {
            let (Some(entry), Some(needs)) = (problem.entries.get(*producer), problem.needs.get(*producer))
            else {
                continue;
            };
            let needed: Vec<&str> =
                needs.iter().filter_map(|need| problem.facts.get(*need).copied()).collect();
            if !needed.is_empty() {
                let needed = needed.join("', '");
                reasons.push(format!("{} produces '{name}', but needs '{needed}'", entry.capability.name));
            }
            open.extend(needs.iter().rev());
        }
    }
    let more = reasons.len().saturating_sub(MAX_TOLD);
    reasons.truncate(MAX_TOLD);
    let more = if more == 0 { String::new() } else { format!("; and {more} more reasons") };
    format!("wants '{}', which cannot be found out: {}{more}", wish.wanted.join("', '"), reasons.join("; "))
}
