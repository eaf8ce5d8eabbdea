//! Plans of methods with holes, for a model to fill.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_checker::{CapabilitySource, check};
use goalpost_model::{Blueprint, Body, all_tasks};

use crate::Catalog;
use crate::fragment::Fragment;
use crate::goal::GoalRequest;
use crate::hole::{Hole, WithHoles};
use crate::method::Kind;
use crate::no_plan::Rejection;
use crate::plan::{MAX_CHECKED, planned_by};
use crate::search::{Search, Solution};

/// Holes of one plan. One with more is hardly a plan of methods any more, and each costs questions.
pub const MAX_HOLES: usize = 3;

/// A plan of methods for a goal, with holes where they cannot plan it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    /// Without definitions of its capabilities.
    blueprint: Blueprint,
    /// What is to be filled, in the order of its tasks.
    holes: Vec<Hole>,
    planned_by: String,
}

/// The plan with the fewest holes that the checker has nothing against; the first one of these. The same catalog and the
/// same goal give the same one. The error says why there is none.
pub fn sketch(catalog: &Catalog, goal: &GoalRequest) -> Result<Sketch, String> {
    if !catalog.has(Kind::Method) {
        return Err("the catalog has no methods".to_owned());
    }
    let without = BTreeSet::new();
    let mut search = Search::with_holes(catalog, goal, &without);
    let mut best: Option<Sketch> = None;
    let mut why = "no method serves the goal, so there is nothing to fill".to_owned();
    for _ in 0..MAX_CHECKED {
        let solution = match search.solve() {
            Ok(solution) => solution,
            Err(unsolved) => {
                if let Some(Rejection { method, why: said }) = unsolved.rejected.first() {
                    why = format!("holes do not help: method {method} {said}");
                }
                break;
            }
        };
        match Sketch::of(catalog, search.holes(), solution) {
            Ok(sketch) => {
                let is_better = best.as_ref().is_none_or(|best| sketch.holes.len() < best.holes.len());
                if is_better {
                    best = Some(sketch);
                }
            }
            Err(said) => why = said,
        }
        let is_best = best.as_ref().is_some_and(|best| best.holes.len() == 1);
        if is_best || !search.give_up("another plan may have fewer holes") {
            break;
        }
    }
    best.ok_or(why)
}

impl Sketch {
    fn of(catalog: &Catalog, holes: &[Hole], solution: Solution<'_>) -> Result<Self, String> {
        let Solution { method, fragment: Fragment { tasks, edges, output, methods, .. }, .. } = solution;
        let blueprint = method.safeguards.around(method.name.clone(), Body { tasks, edges, output });
        let known: BTreeMap<&str, &Hole> =
            holes.iter().map(|hole| (hole.capability.name.as_str(), hole)).collect();
        let used = all_tasks(&blueprint.tasks).filter_map(|task| known.get(task.capability.as_str()));
        let holes: Vec<Hole> = used.map(|&hole| hole.clone()).collect();
        if holes.is_empty() {
            return Err(format!(
                "method {} has no holes, and the checker refuses what it gives",
                method.name
            ));
        }
        if holes.len() > MAX_HOLES {
            return Err(format!(
                "method {} needs {} holes, and a plan may have {MAX_HOLES}",
                method.name,
                holes.len()
            ));
        }
        if check(&blueprint, &WithHoles { holes: &holes, others: catalog }).blueprint.is_none() {
            return Err(format!("the checker refuses what method {} gives, whatever fills it", method.name));
        }
        Ok(Self { blueprint, holes, planned_by: planned_by(Kind::Method, &methods) })
    }

    /// The methods that it is made of: `method trip.report with weather.report`.
    pub fn planned_by(&self) -> &str {
        &self.planned_by
    }

    /// How many holes there are.
    pub fn holes(&self) -> usize {
        self.holes.len()
    }

    pub(crate) fn blueprint(&self) -> &Blueprint {
        &self.blueprint
    }

    /// The hole that is filled next, and the name of its task.
    pub(crate) fn next(&self) -> Option<(&Hole, &str)> {
        let hole = self.holes.first()?;
        let task = all_tasks(&self.blueprint.tasks).find(|task| task.capability == hole.capability.name)?;
        Some((hole, &task.name))
    }

    /// Whether a capability stands for a hole.
    pub(crate) fn has(&self, capability: &str) -> bool {
        self.holes.iter().any(|hole| hole.capability.name == capability)
    }

    /// The same with the next hole filled.
    pub(crate) fn filled(&self, graph: &Body) -> Self {
        let mut filled = self.clone();
        if !filled.holes.is_empty() {
            filled.holes.remove(0).fill(&mut filled.blueprint.tasks, graph);
        }
        filled
    }

    /// These capabilities, and what stands for what is still to be filled.
    pub(crate) fn beside<'a>(&'a self, capabilities: &'a dyn CapabilitySource) -> WithHoles<'a> {
        WithHoles { holes: &self.holes, others: capabilities }
    }
}
