//! Finds capabilities for facts where no method says how: backwards from the facts that are wanted to those that are
//! given.
//!
//! ```text
//! wanted, given -> problem (what may matter, numbered) -> cheapest (who produces which fact) -> drawing (tasks, edges)
//! ```

mod cheapest;
mod drawing;
mod problem;
mod without;

use std::collections::BTreeSet;

use goalpost_model::Namespace;
use serde_json::{Map, Value};

use crate::Catalog;
use crate::fragment::Fragment;

use problem::Problem;

/// What is to be found out.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) catalog: &'a Catalog,
    /// Whose goal it is.
    pub(crate) namespace: &'a Namespace,
    /// Capabilities that are not used.
    pub(crate) without: &'a BTreeSet<&'a str>,
    /// The facts that are wanted.
    pub(crate) wanted: &'a [String],
    /// Facts that are known now.
    pub(crate) given: &'a Map<String, Value>,
    /// Facts that will be known when the plan runs, as `facts.NAME`.
    pub(crate) at_run_time: &'a BTreeSet<String>,
}

impl Wish<'_> {
    /// Whether nothing has to produce the fact.
    fn has(&self, fact: &str) -> bool {
        self.given.contains_key(fact) || self.at_run_time.contains(fact)
    }
}

/// The cheapest plan: by money, tokens, time, number of tasks, then names. The error is a sentence's end.
pub(crate) fn chain(wish: &Wish<'_>) -> Result<Fragment, String> {
    let problem = Problem::of(wish);
    match cheapest::choose(&problem) {
        Some(producers) => drawing::draw(wish, &problem, &producers),
        None => Err(without::explain(wish, &problem)),
    }
}
