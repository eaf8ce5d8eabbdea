//! Why a goal cannot be planned.

use std::collections::BTreeSet;
use std::fmt;

use goalpost_model::{Finding, Severity};

use crate::Catalog;
use crate::dead::DeadEnd;
use crate::goal::{GoalRequest, shortened};
use crate::ladder::Attempt;
use crate::method::Method;
use crate::pattern::normalised;
use crate::plan::Failed;

/// How many near misses and how many methods a message lists.
const MAX_NEAR: usize = 3;
const MAX_LISTED: usize = 50;

/// A method that took up the goal, or nearly did, and why it cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The method's name.
    pub method: String,
    /// Why not, as the end of a sentence about the method.
    pub why: String,
}

/// Why a goal cannot be planned. Its text lists near misses and what the catalog can do.
#[derive(Clone, Debug, PartialEq)]
pub struct NoPlan {
    /// The goal, shortened.
    pub goal: Box<str>,
    /// Methods that took up the goal but cannot be used, in the order they were tried; if there
    /// is none, those that come nearest.
    pub rejected: Vec<Rejection>,
    /// What the catalog can do: one line a method.
    pub offers: Vec<String>,
    /// What the checker found, if a method did give a blueprint.
    pub findings: Vec<Finding>,
    /// The rungs that were tried.
    pub attempts: Vec<Attempt>,
    /// Where the search for a plan got farthest.
    pub dead_end: Option<Box<DeadEnd>>,
}

impl NoPlan {
    pub(crate) fn new(catalog: &Catalog, goal: &GoalRequest, failed: Failed) -> Self {
        let Failed { attempts, mut rejected, findings, dead_end } = failed;
        if rejected.is_empty() {
            rejected = near_misses(catalog, goal);
        }
        let offers = catalog.methods().iter().map(offer).collect();
        Self { goal: goal.describe().into(), rejected, offers, findings, attempts, dead_end }
    }
}

impl fmt::Display for NoPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no plan for the {}", self.goal)?;
        for Rejection { method, why } in &self.rejected {
            write!(f, "\nnot by method {method}: {why}")?;
        }
        if let Some(dead_end) = self.dead_end.as_ref().filter(|dead_end| !dead_end.path.is_empty()) {
            write!(f, "\nthe search got farthest at {dead_end}")?;
        }
        for finding in self.findings.iter().filter(|finding| finding.severity == Severity::Error) {
            write!(f, "\n  {finding}")?;
        }
        if self.offers.is_empty() {
            return write!(f, "\nthe catalog has no methods: start the planner with --catalog FILE");
        }
        write!(f, "\nthe catalog can do:")?;
        for offer in self.offers.iter().take(MAX_LISTED) {
            write!(f, "\n  {offer}")?;
        }
        match self.offers.len().saturating_sub(MAX_LISTED) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl std::error::Error for NoPlan {}

fn offer(method: &Method) -> String {
    let description = if method.description.is_empty() {
        String::new()
    } else {
        format!(" ({})", shortened(&method.description))
    };
    format!("{}: {}{description}", method.name, method.serves())
}

/// The methods whose type or pattern is closest to the goal.
fn near_misses(catalog: &Catalog, goal: &GoalRequest) -> Vec<Rejection> {
    let rejection = |method: &Method, why| Rejection { method: method.name.clone(), why };
    let mut near: Vec<(usize, Rejection)> = Vec::new();
    if goal.goal_type.is_empty() {
        let words = normalised(&goal.text).to_lowercase();
        let words: BTreeSet<&str> = words.split(' ').collect();
        for method in catalog.methods() {
            let nearest = method
                .patterns
                .iter()
                .filter_map(|pattern| lacking(pattern.words(), &words, &pattern.source));
            let nearest = nearest.min_by_key(|(missing, _)| *missing);
            near.extend(nearest.map(|(missing, why)| (missing, rejection(method, why))));
        }
    } else {
        for method in catalog.methods() {
            let Some(known) = &method.goal_type else { continue };
            let distance = edit_distance(known, &goal.goal_type);
            if distance <= 2 + known.len() / 8 {
                near.push((distance, rejection(method, format!("its type is '{known}'"))));
            }
        }
    }
    near.sort_by_key(|(distance, _)| *distance);
    near.truncate(MAX_NEAR);
    near.into_iter().map(|(_, rejection)| rejection).collect()
}

/// How many words of the pattern the goal lacks, if it has at least half of them.
fn lacking(pattern: &[String], goal: &BTreeSet<&str>, source: &str) -> Option<(usize, String)> {
    let missing: Vec<&str> = pattern.iter().map(String::as_str).filter(|word| !goal.contains(word)).collect();
    if pattern.is_empty() || missing.len() * 2 > pattern.len() {
        return None;
    }
    let why = if missing.is_empty() {
        format!("the goal has the words of \"{source}\", but in another order or among others")
    } else {
        format!(
            "the goal lacks {} of \"{source}\"",
            missing.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
        )
    };
    Some((missing.len(), why))
}

/// Levenshtein's distance without regard to case, of names short enough for it.
fn edit_distance(one: &str, other: &str) -> usize {
    const LONGEST: usize = 256;
    if one.len() > LONGEST || other.len() > LONGEST {
        return usize::MAX;
    }
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, mine) in one.to_lowercase().chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], place + 1);
        for (place, theirs) in other.iter().enumerate() {
            let changed = diagonal + usize::from(mine != *theirs);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distance_counts_changes() {
        for (one, other, distance) in [("", "", 0), ("abc", "ABC", 0), ("kitten", "sitting", 3), ("a", "", 1)]
        {
            assert_eq!(edit_distance(one, other), distance);
            assert_eq!(edit_distance(other, one), distance);
        }
    }
}
