//! From a goal to a checked plan.

use std::collections::BTreeSet;

use goalpost_checker::check;
use goalpost_model::{Blueprint, Body, Finding, WorstCase};

use crate::Catalog;
use crate::dead::DeadEnd;
use crate::estimate::{Estimate, estimate};
use crate::fragment::Fragment;
use crate::goal::GoalRequest;
use crate::ladder::{Attempt, Outcome, Rung};
use crate::method::Kind;
use crate::no_plan::{NoPlan, Rejection};
use crate::search::{Search, Solution};

/// How many blueprints of a goal are checked.
pub(crate) const MAX_CHECKED: usize = 32;

/// A checked plan for a goal.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The blueprint; it carries the definitions of its capabilities.
    pub blueprint: Blueprint,
    /// Which rung made it, and by which methods: `method trip.report with weather.report`.
    pub planned_by: String,
    /// Why it was that method.
    pub reason: String,
    /// The rungs that were tried, the last one with success.
    pub attempts: Vec<Attempt>,
    /// What the checker has against it; no errors.
    pub findings: Vec<Finding>,
    /// What its workflow comes to at most.
    pub worst_case: WorstCase,
    /// What its workflow comes to if all goes well.
    pub estimate: Estimate,
}

/// Plans a goal. The same catalog and the same goal give the same blueprint.
///
/// Templates are tried before methods, both by priority, higher first, then in the order of the catalog; one that
/// cannot be used for the goal makes room for the next, and so does one whose blueprint the checker refuses. If there
/// is no other, the error has the findings in the first blueprint.
pub fn plan(catalog: &Catalog, goal: &GoalRequest) -> Result<Plan, NoPlan> {
    plan_unless(catalog, goal, &Unwanted::default())
}

/// Why a whole plan will not do, if it will not.
type Objection<'a> = dyn Fn(&Blueprint) -> Option<String> + 'a;

/// What a plan may not be.
#[derive(Default)]
pub(crate) struct Unwanted<'a> {
    /// Why a blueprint will not do, as the end of a sentence about its method.
    pub(crate) blueprint: Option<&'a Objection<'a>>,
    /// Capabilities that find out no facts where no method says how.
    pub(crate) capabilities: BTreeSet<&'a str>,
}

/// The same, without what is not wanted.
pub(crate) fn plan_unless(
    catalog: &Catalog,
    goal: &GoalRequest,
    unwanted: &Unwanted<'_>,
) -> Result<Plan, NoPlan> {
    let mut failed = Failed::default();
    for kind in [Kind::Template, Kind::Method] {
        if !catalog.has(kind) {
            let reason = format!("the catalog has no {}s", kind.word());
            failed.attempts.push(Attempt { rung: rung(kind), outcome: Outcome::Skipped, reason });
            continue;
        }
        match climb(catalog, goal, kind, unwanted) {
            Ok(mut plan) => {
                failed.attempts.append(&mut plan.attempts);
                return Ok(Plan { attempts: failed.attempts, ..plan });
            }
            Err(why) => failed.add(kind, *why),
        }
    }
    Err(NoPlan::new(catalog, goal, failed))
}

/// Why there is no plan so far.
#[derive(Debug, Default)]
pub(crate) struct Failed {
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) rejected: Vec<Rejection>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) dead_end: Option<Box<DeadEnd>>,
}

impl Failed {
    fn add(&mut self, kind: Kind, other: Self) {
        let (rung, reason) = (rung(kind), other.reason(kind));
        let outcome = if other.rejected.is_empty() { Outcome::Skipped } else { Outcome::Failed };
        self.attempts.push(Attempt { rung, outcome, reason });
        self.rejected.extend(other.rejected);
        if self.findings.is_empty() {
            self.findings = other.findings;
        }
        self.dead_end = match (self.dead_end.take(), other.dead_end) {
            (Some(own), Some(other)) if own.path.len() >= other.path.len() => Some(own),
            (own, other) => other.or(own),
        };
    }

    fn reason(&self, kind: Kind) -> String {
        let word = kind.word();
        match self.rejected.as_slice() {
            [] => format!("no {word} serves the goal"),
            [Rejection { method, why }, rest @ ..] => {
                let more = if rest.is_empty() { String::new() } else { format!("; and {} more", rest.len()) };
                format!("{word} {method} cannot be used: {why}{more}")
            }
        }
    }
}

fn rung(kind: Kind) -> Rung {
    match kind {
        Kind::Template => Rung::Template,
        Kind::Method => Rung::Htn,
    }
}

/// One rung: the first plan that the checker has nothing against.
fn climb(
    catalog: &Catalog,
    goal: &GoalRequest,
    kind: Kind,
    unwanted: &Unwanted<'_>,
) -> Result<Plan, Box<Failed>> {
    let mut search = Search::new(catalog, goal, kind, &unwanted.capabilities);
    let mut failed = Failed::default();
    for _ in 0..MAX_CHECKED {
        match search.solve() {
            Ok(solution) => match checked(catalog, kind, solution, unwanted) {
                Ok(plan) => return Ok(*plan),
                Err(Refused { method, why, findings }) => {
                    if failed.findings.is_empty() {
                        failed.findings = findings;
                    }
                    if !failed.rejected.iter().any(|known| known.method == method && known.why == why) {
                        failed.rejected.push(Rejection { method, why: why.clone() });
                    }
                    if !search.give_up(&why) {
                        break;
                    }
                }
            },
            Err(unsolved) => {
                let is_new = |rejection: &Rejection| !failed.rejected.contains(rejection);
                let rejected: Vec<Rejection> = unsolved.rejected.into_iter().filter(is_new).collect();
                failed.rejected.extend(rejected);
                break;
            }
        }
    }
    failed.dead_end = search.into_dead_end().map(Box::new);
    Err(Box::new(failed))
}

/// A blueprint that will not do.
struct Refused {
    method: String,
    why: String,
    findings: Vec<Finding>,
}

/// The checked plan; or the method and what there is against what it gives.
fn checked(
    catalog: &Catalog,
    kind: Kind,
    solution: Solution<'_>,
    unwanted: &Unwanted<'_>,
) -> Result<Box<Plan>, Refused> {
    let Solution { method, reason, fragment, rejected } = solution;
    let Fragment { tasks, edges, methods, output, .. } = fragment;
    let graph = Body { tasks, edges, output };
    let blueprint = method.safeguards.around(method.name.clone(), graph);
    let checked = check(&blueprint, catalog);
    let (Some(blueprint), Some(worst_case)) = (checked.blueprint, checked.worst_case) else {
        let why = "the checker refuses the blueprint that it gives".to_owned();
        return Err(Refused { method: method.name.clone(), why, findings: checked.findings });
    };
    if let Some(why) = unwanted.blueprint.and_then(|is_unwanted| is_unwanted(&blueprint)) {
        return Err(Refused { method: method.name.clone(), why, findings: Vec::new() });
    }
    let reason = with_rejected(reason, &rejected);
    let attempt = Attempt { rung: rung(kind), outcome: Outcome::Planned, reason: reason.clone() };
    let estimate = estimate(&blueprint);
    Ok(Box::new(Plan {
        planned_by: planned_by(kind, &methods),
        reason,
        attempts: vec![attempt],
        findings: checked.findings,
        worst_case,
        estimate,
        blueprint,
    }))
}

/// Which methods made a plan, the outermost first.
pub(crate) fn planned_by(kind: Kind, methods: &[String]) -> String {
    let mut nested: Vec<&str> = Vec::new();
    for method in methods.iter().skip(1) {
        if !nested.contains(&method.as_str()) {
            nested.push(method);
        }
    }
    let (word, outer) = (kind.word(), methods.first().map_or("", String::as_str));
    if nested.is_empty() {
        format!("{word} {outer}")
    } else {
        format!("{word} {outer} with {}", nested.join(", "))
    }
}

fn with_rejected(reason: String, rejected: &[Rejection]) -> String {
    let before =
        rejected.iter().map(|Rejection { method, why }| format!("; {method} was tried before: {why}"));
    reason + &before.collect::<String>()
}
