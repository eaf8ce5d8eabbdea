//! Finds plans: tries methods in order, plans nested goals the same way, and goes back where one cannot be used.
//!
//! Goals are decomposed in the order in which their tasks run, so it is known what is known. Each goal that is planned
//! is a point of choice. A way that leads nowhere is given up as far as it must be: if nothing depends on the choices
//! before, the method around makes room for the next one; otherwise the last choice is made otherwise, and all that came
//! after it is done again.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Catalog;
use crate::assemble::{Planner, assemble};
use crate::branches::{Way, branch};
use crate::chain::{Wish, chain};
use crate::dead::{Dead, DeadEnd};
use crate::entry::Entry;
use crate::fragment::Fragment;
use crate::goal::GoalRequest;
use crate::hole::Hole;
use crate::method::{Kind, Match, Method};
use crate::no_plan::Rejection;
use crate::precondition::Decision;

/// How deep goals may be nested.
const MAX_DEPTH: usize = 16;
/// How many methods may be tried for one goal, those for nested goals included.
const MAX_TRIES: usize = 10_000;

/// How often a choice is made otherwise because of what comes after it.
const MAX_RETRIES: usize = 256;

/// A goal that was planned.
pub(crate) struct Solution<'a> {
    pub(crate) method: &'a Method,
    pub(crate) reason: String,
    pub(crate) fragment: Fragment,
    /// What was tried before.
    pub(crate) rejected: Vec<Rejection>,
}

/// A goal that cannot be planned.
#[derive(Debug, Default)]
pub(crate) struct Unsolved {
    /// What was tried.
    pub(crate) rejected: Vec<Rejection>,
    /// Whether another choice before may help.
    depends: bool,
}

/// A search for the plans of one goal.
pub(crate) struct Search<'a> {
    catalog: &'a Catalog,
    goal: &'a GoalRequest,
    /// Of what kind the method of the goal itself is.
    kind: Kind,
    /// Capabilities that find out no facts.
    without: &'a BTreeSet<&'a str>,
    /// The methods in use around the goal, outermost first.
    open: Vec<Open<'a>>,
    /// The choices made so far, in the order in which they come up; those from `at` on are to be made again.
    choices: Vec<Choice>,
    at: usize,
    tries: usize,
    retries: usize,
    dead_end: Option<DeadEnd>,
    /// What was left open so far; `None` if nothing may be.
    holes: Option<Vec<Hole>>,
}

/// A method in use.
struct Open<'a> {
    method: &'a str,
    goal: GoalRequest,
    at_run_time: BTreeSet<String>,
    /// The task whose goal is being planned.
    step: String,
}

/// Which of the candidates for a goal is used.
#[derive(Debug, Default)]
struct Choice {
    /// The one in use, and its method.
    taken: usize,
    method: String,
    /// Those that are not used any more.
    given_up: BTreeSet<usize>,
    /// Why not.
    rejected: Vec<Rejection>,
    /// How many there are.
    candidates: usize,
    /// Whether one was given up that had a plan.
    is_later: bool,
}

/// A method that may be used for a goal.
struct Candidate<'a, 'g> {
    method: &'a Method,
    matched: Match<'g>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        catalog: &'a Catalog,
        goal: &'a GoalRequest,
        kind: Kind,
        without: &'a BTreeSet<&'a str>,
    ) -> Self {
        let (open, choices) = Default::default();
        let (dead_end, holes) = (None, None);
        Self { catalog, goal, kind, without, open, choices, at: 0, tries: 0, retries: 0, dead_end, holes }
    }

    /// One by methods that leaves open what it cannot plan inside of them.
    pub(crate) fn with_holes(
        catalog: &'a Catalog,
        goal: &'a GoalRequest,
        without: &'a BTreeSet<&'a str>,
    ) -> Self {
        Self { holes: Some(Vec::new()), ..Self::new(catalog, goal, Kind::Method, without) }
    }

    /// What was left open, in plans that were given up, too.
    pub(crate) fn holes(&self) -> &[Hole] {
        self.holes.as_deref().unwrap_or_default()
    }

    /// The first plan; after [`Search::give_up`] the next one.
    pub(crate) fn solve(&mut self) -> Result<Solution<'a>, Unsolved> {
        self.at = 0;
        self.plan(self.goal, &BTreeSet::new())
    }

    /// Makes the last choice that can be made otherwise otherwise; false if there is none.
    pub(crate) fn give_up(&mut self, why: &str) -> bool {
        self.advance(0, why)
    }

    /// Where it got farthest without a plan.
    pub(crate) fn into_dead_end(self) -> Option<DeadEnd> {
        self.dead_end
    }

    fn plan(&mut self, goal: &GoalRequest, at_run_time: &BTreeSet<String>) -> Result<Solution<'a>, Unsolved> {
        let candidates = self.candidates(goal);
        let place = self.at;
        self.at += 1;
        if self.choices.len() <= place {
            self.choices.push(Choice { candidates: candidates.len(), ..Choice::default() });
        }
        let mut depends = false;
        let mut ways: Vec<Way> = Vec::new();
        for (number, Candidate { method, matched }) in candidates.into_iter().enumerate() {
            if self.choices.get(place).is_some_and(|choice| choice.given_up.contains(&number)) {
                continue;
            }
            let mark = self.at;
            let tried = self.attempt(method, &matched, at_run_time);
            match tried {
                Ok((Decision::AtRunTime(condition), fragment)) => {
                    ways.push(Way { condition: Some(condition), method: method.name.clone(), fragment });
                }
                Ok((Decision::Holds, fragment)) => {
                    let fragment = self.last_way(ways, method, fragment)?;
                    let choice = self.choices.get_mut(place);
                    let rejected = choice.map(|choice| {
                        choice.taken = number;
                        choice.method.clone_from(&method.name);
                        choice.rejected.clone()
                    });
                    let rejected = rejected.unwrap_or_default();
                    return Ok(Solution { method, reason: matched.reason, fragment, rejected });
                }
                Err(dead) => {
                    depends |= dead.depends;
                    self.note(method, &dead.why);
                    self.choices.truncate(mark);
                    self.at = mark;
                    if let Some(choice) = self.choices.get_mut(place) {
                        choice.give_up(number, &method.name, dead.why);
                    }
                }
            }
            if self.tries >= MAX_TRIES {
                break;
            }
        }
        let choice = self.choices.drain(place..).next().unwrap_or_default();
        self.at = place;
        let mut rejected = choice.rejected;
        rejected.extend(ways.into_iter().map(|way| Rejection {
            method: way.method,
            why: "what decides is known at run time, and no method is left for when its condition does not hold"
                .to_owned(),
        }));
        Err(Unsolved { rejected, depends: depends || choice.is_later })
    }

    /// What may serve the goal, in the order in which it is tried.
    fn candidates<'g>(&self, goal: &'g GoalRequest) -> Vec<Candidate<'a, 'g>> {
        let is_outermost = self.open.is_empty();
        let may_serve = |method: &&Method| {
            method.namespaces.has(&self.goal.namespace) && (!is_outermost || method.kind == self.kind)
        };
        let serving = self.catalog.serving(goal).filter(may_serve);
        let matches = |method: &'a Method| {
            method.matches(goal).into_iter().map(move |matched| Candidate { method, matched })
        };
        serving.flat_map(matches).collect()
    }

    /// The plan if all of these are needed; the last one is gone if no condition holds.
    fn last_way(
        &self,
        mut ways: Vec<Way>,
        method: &Method,
        fragment: Fragment,
    ) -> Result<Fragment, Unsolved> {
        if ways.is_empty() {
            return Ok(fragment);
        }
        ways.push(Way { condition: None, method: method.name.clone(), fragment });
        branch(ways).map_err(|why| Unsolved {
            rejected: vec![Rejection { method: method.name.clone(), why }],
            depends: false,
        })
    }

    /// Tries a method, and again with other plans of its nested goals where that may help.
    fn attempt(
        &mut self,
        method: &'a Method,
        matched: &Match<'_>,
        at_run_time: &BTreeSet<String>,
    ) -> Result<(Decision, Fragment), Dead> {
        let bound = &matched.bound;
        let mark = self.at;
        loop {
            self.enter(method, bound.goal, at_run_time)?;
            let decided = self.decide(method, matched, at_run_time);
            let tried = decided.and_then(|decision| {
                let is_nested = self.open.len() > 1;
                Ok((decision, assemble(method, bound, at_run_time, is_nested, self)?))
            });
            self.open.pop();
            match tried {
                Err(dead) if dead.depends && self.advance(mark, &dead.why) => self.at = mark,
                done => return done,
            }
        }
    }

    fn decide(
        &self,
        method: &Method,
        matched: &Match<'_>,
        at_run_time: &BTreeSet<String>,
    ) -> Result<Decision, Dead> {
        if let Some(parameters) = &method.parameters {
            parameters.check(&matched.bound.input)?;
        }
        let when = method.when.as_ref();
        when.map_or(Ok(Decision::Holds), |when| when.decide(&matched.bound, at_run_time))
    }

    /// Gives up the last choice from this place on that has another candidate.
    fn advance(&mut self, from: usize, why: &str) -> bool {
        self.retries += 1;
        while self.retries <= MAX_RETRIES && self.choices.len() > from {
            if let Some(last) = self.choices.last_mut()
                && (last.taken + 1..last.candidates).any(|number| !last.given_up.contains(&number))
            {
                let (taken, method) = (last.taken, std::mem::take(&mut last.method));
                last.give_up(taken, &method, why.to_owned());
                last.is_later = true;
                return true;
            }
            self.choices.pop();
        }
        false
    }

    /// Opens a method for a goal, unless that leads in a circle or too far.
    fn enter(
        &mut self,
        method: &'a Method,
        goal: &GoalRequest,
        at_run_time: &BTreeSet<String>,
    ) -> Result<(), String> {
        if self.tries >= MAX_TRIES {
            return Err(format!("{MAX_TRIES} methods were tried"));
        }
        self.tries += 1;
        let is_open = |around: &Open<'_>| {
            around.method == method.name && around.goal == *goal && around.at_run_time == *at_run_time
        };
        if self.open.iter().any(is_open) {
            let circle: Vec<&str> =
                self.open.iter().map(|around| around.method).chain([method.name.as_str()]).collect();
            return Err(format!("the goal leads back to itself ({})", circle.join(" > ")));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("goals are nested more than {MAX_DEPTH} deep"));
        }
        let (goal, at_run_time) = (goal.clone(), at_run_time.clone());
        self.open.push(Open { method: &method.name, goal, at_run_time, step: String::new() });
        Ok(())
    }

    /// Leaves open what cannot be planned, if it may. In a goal that leads back to itself that would lead on and on.
    fn leave_open(
        &mut self,
        goal: GoalRequest,
        at_run_time: &BTreeSet<String>,
        wanted: &[String],
    ) -> Option<Fragment> {
        let holes = self.holes.as_mut()?;
        let is_twice = |(place, one): (usize, &Open<'_>)| {
            self.open.iter().take(place).any(|other| other.method == one.method)
        };
        if self.open.iter().enumerate().any(is_twice) || self.open.iter().any(|around| around.goal == goal) {
            return None;
        }
        let first = holes.last().map_or(0, |last| last.number + 1);
        let number = (first..).find(|number| self.catalog.entry(&Hole::name(*number)).is_none())?;
        let hole = Hole::new(number, goal, at_run_time.clone(), wanted.to_vec());
        let fragment = hole.fragment();
        holes.push(hole);
        Some(fragment)
    }

    /// Keeps the first of the dead ends that are deepest.
    fn note(&mut self, method: &Method, why: &str) {
        if self.dead_end.as_ref().is_some_and(|known| known.path.len() >= self.open.len()) {
            return;
        }
        let path = self.open.iter().map(|around| (around.method.to_owned(), around.step.clone())).collect();
        self.dead_end = Some(DeadEnd { path, method: method.name.clone(), why: why.to_owned() });
    }
}

impl Planner for Search<'_> {
    fn goal(
        &mut self,
        step: &str,
        goal: &GoalRequest,
        at_run_time: &BTreeSet<String>,
    ) -> Result<Fragment, Dead> {
        if let Some(around) = self.open.last_mut() {
            step.clone_into(&mut around.step);
        }
        let unsolved = match self.plan(goal, at_run_time) {
            Ok(solution) => return Ok(solution.fragment),
            Err(unsolved) => unsolved,
        };
        if let Some(open) = self.leave_open(goal.clone(), at_run_time, &[]) {
            return Ok(open);
        }
        let depends = unsolved.depends;
        let why = match unsolved.rejected.as_slice() {
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
        };
        Err(Dead { why, depends })
    }

    fn facts(
        &mut self,
        wanted: &[String],
        given: &Map<String, Value>,
        at_run_time: &BTreeSet<String>,
    ) -> Result<Fragment, Dead> {
        let namespace = &self.goal.namespace;
        let (catalog, without) = (self.catalog, self.without);
        let wish = Wish { catalog, namespace, without, wanted, given, at_run_time };
        let why = match chain(&wish) {
            Ok(fragment) => return Ok(fragment),
            Err(why) => why,
        };
        let text = format!("Find out {}.", wanted.join(", "));
        let goal =
            GoalRequest { input: given.clone(), namespace: namespace.clone(), ..GoalRequest::text(text) };
        // What comes before may find out more.
        self.leave_open(goal, at_run_time, wanted).ok_or(Dead { why, depends: true })
    }

    fn entry(&self, capability: &str) -> Result<Option<&Entry>, String> {
        let namespace = &self.goal.namespace;
        match self.catalog.entry(capability) {
            Some(entry) if !entry.namespaces.has(namespace) => {
                Err(format!("needs {capability}, which the namespace {namespace} may not use"))
            }
            entry => Ok(entry),
        }
    }
}

impl Choice {
    fn give_up(&mut self, number: usize, method: &str, why: String) {
        self.given_up.insert(number);
        self.rejected.push(Rejection { method: method.to_owned(), why });
    }
}
