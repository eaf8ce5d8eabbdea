//! Finds a plan: tries methods in order, plans nested goals the same way, goes back where one
//! cannot be used.

use goalpost_checker::check;
use goalpost_model::{Blueprint, Body, Finding, WorstCase};

use crate::assemble::assemble;
use crate::fragment::Fragment;
use crate::goal::GoalRequest;
use crate::method::Match;
use crate::no_plan::{NoPlan, Rejection};

use crate::{Catalog, Method};

/// How deep goals may be nested.
const MAX_DEPTH: usize = 16;
/// How many methods may be tried for one goal, those for nested goals included.
const MAX_TRIES: usize = 10_000;

/// A checked plan for a goal.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The blueprint; it carries the definitions of its capabilities.
    pub blueprint: Blueprint,
    /// Which rung made it, and by which methods: `method trip.report with weather.report`.
    pub planned_by: String,
    /// Why it was that method.
    pub reason: String,
    /// What the checker has against it; no errors.
    pub findings: Vec<Finding>,
    /// What its workflow comes to at most.
    pub worst_case: WorstCase,
}

/// Plans a goal. The same catalog and the same goal give the same blueprint.
///
/// Methods are tried by priority, higher first, then in the order of the catalog; one that
/// cannot be used for the goal makes room for the next. The first blueprint goes through the
/// checker; if that refuses it, there is no plan, and the error has the findings.
pub fn plan(catalog: &Catalog, goal: &GoalRequest) -> Result<Plan, NoPlan> {
    let mut search = Search { catalog, open: Vec::new(), tries: 0 };
    let solution = match search.solve(goal) {
        Ok(solution) => solution,
        Err(rejected) => return Err(NoPlan::new(catalog, goal, rejected, Vec::new())),
    };
    let Solution { method, reason, fragment, rejected } = solution;
    let Fragment { tasks, edges, methods, output, .. } = fragment;
    let graph = Body { tasks, edges, output };
    let blueprint = method.safeguards.around(method.name.clone(), graph);
    let checked = check(&blueprint, catalog);
    let (Some(blueprint), Some(worst_case)) = (checked.blueprint, checked.worst_case) else {
        let why = "the checker refuses the blueprint that it gives".to_owned();
        let rejection = Rejection { method: method.name.clone(), why };
        return Err(NoPlan::new(catalog, goal, vec![rejection], checked.findings));
    };
    Ok(Plan {
        blueprint,
        planned_by: planned_by(&methods),
        reason: with_rejected(reason, &rejected),
        findings: checked.findings,
        worst_case,
    })
}

fn planned_by(methods: &[String]) -> String {
    let mut nested: Vec<&str> = Vec::new();
    for method in methods.iter().skip(1) {
        if !nested.contains(&method.as_str()) {
            nested.push(method);
        }
    }
    let outer = methods.first().map_or("", String::as_str);
    if nested.is_empty() {
        format!("method {outer}")
    } else {
        format!("method {outer} with {}", nested.join(", "))
    }
}

fn with_rejected(reason: String, rejected: &[Rejection]) -> String {
    let before =
        rejected.iter().map(|Rejection { method, why }| format!("; {method} was tried before: {why}"));
    reason + &before.collect::<String>()
}

/// A goal that was planned.
struct Solution<'a> {
    method: &'a Method,
    reason: String,
    fragment: Fragment,
    /// What was tried before.
    rejected: Vec<Rejection>,
}

struct Search<'a> {
    catalog: &'a Catalog,
    /// The methods in use around the goal, with their goals, outermost first.
    open: Vec<(&'a str, GoalRequest)>,
    tries: usize,
}

impl<'a> Search<'a> {
    fn solve(&mut self, goal: &GoalRequest) -> Result<Solution<'a>, Vec<Rejection>> {
        let mut rejected = Vec::new();
        for method in self.catalog.methods() {
            for Match { bound, reason } in method.matches(goal) {
                let tried = self.enter(method, goal).and_then(|()| {
                    let fragment =
                        method.when.as_ref().map_or(Ok(()), |when| when.holds(&bound)).and_then(|()| {
                            let is_nested = self.open.len() > 1;
                            assemble(method, &bound, is_nested, |nested| self.nested(nested))
                        });
                    self.open.pop();
                    fragment
                });
                match tried {
                    Ok(fragment) => return Ok(Solution { method, reason, fragment, rejected }),
                    Err(why) => rejected.push(Rejection { method: method.name.clone(), why }),
                }
                if self.tries >= MAX_TRIES {
                    return Err(rejected);
                }
            }
        }
        Err(rejected)
    }

    /// Opens a method for a goal, unless that leads in a circle or too far.
    fn enter(&mut self, method: &'a Method, goal: &GoalRequest) -> Result<(), String> {
        if self.tries >= MAX_TRIES {
            return Err(format!("{MAX_TRIES} methods were tried"));
        }
        self.tries += 1;
        if self.open.iter().any(|(name, around)| *name == method.name && around == goal) {
            let circle: Vec<&str> =
                self.open.iter().map(|(name, _)| *name).chain([method.name.as_str()]).collect();
            return Err(format!("the goal leads back to itself ({})", circle.join(" > ")));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("goals are nested more than {MAX_DEPTH} deep"));
        }
        self.open.push((&method.name, goal.clone()));
        Ok(())
    }

    fn nested(&mut self, goal: &GoalRequest) -> Result<Fragment, String> {
        self.solve(goal).map(|solution| solution.fragment).map_err(|rejected| match rejected.as_slice() {
            [] => format!("has the nested {}, which no method serves", goal.describe()),
            [first, rest @ ..] => {
                let more =
                    if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
                format!(
                    "has the nested {}, but method {}: {}{more}",
                    goal.describe(),
                    first.method,
                    first.why
                )
            }
        })
    }
}
