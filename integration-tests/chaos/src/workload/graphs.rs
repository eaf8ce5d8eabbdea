//! Blueprints drawn at random: conditions, fan-out, joins, failures with their edges, retries, waits,
//! timeouts and deadlines.
//!
//! What a task can be told to do is said in `task`, what an edge can ask in `edge`: a new ability of
//! the engine joins the workload there.

use std::collections::BTreeMap;

use goalpost_checker::check;
use goalpost_model::Blueprint;
use serde_json::{Map, Value, json};

use crate::behaviour::{Behaviour, CAPABILITIES, ON_PURPOSE};
use crate::random::Random;
use crate::workload::catalog::{WAIT, capabilities};

/// A graph that a client brings along.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    /// The blueprint.
    pub(crate) blueprint: Blueprint,
    /// The goal's input.
    pub(crate) input: Map<String, Value>,
    /// Whether each condition of the blueprint holds where it is asked, known without any engine.
    pub(crate) truths: BTreeMap<String, bool>,
}

const MAX_TASKS: u64 = 10;
/// An attempt fails whatever its number is.
const ALWAYS: u32 = 1_000;

/// Draws a graph that the checker accepts.
pub(crate) fn draw(random: &mut Random) -> Graph {
    let capabilities = capabilities();
    loop {
        let graph = Drawing::new(random).finish();
        // For example a join of a task's success and its failure: such a graph is nobody's goal.
        if check(&graph.blueprint, &capabilities).blueprint.is_some() {
            return graph;
        }
    }
}

struct Drawing<'a> {
    random: &'a mut Random,
    flag: bool,
    tasks: Vec<Value>,
    /// What comes out of each task; `None` of one that only waits.
    values: Vec<Option<i64>>,
    edges: Vec<Value>,
    truths: BTreeMap<String, bool>,
}

impl<'a> Drawing<'a> {
    fn new(random: &'a mut Random) -> Self {
        let flag = random.chance(50);
        let (tasks, values, edges) = (Vec::new(), Vec::new(), Vec::new());
        Self { random, flag, tasks, values, edges, truths: BTreeMap::new() }
    }

    fn finish(mut self) -> Graph {
        for place in 0..=self.random.below(MAX_TASKS) {
            self.task(place);
            let sources = if place == 0 || self.random.chance(10) { 0 } else { 1 + self.random.below(3) };
            let mut chosen: Vec<u64> = (0..sources).map(|_| self.random.below(place)).collect();
            chosen.sort_unstable();
            chosen.dedup();
            for source in chosen {
                self.edge(source, place);
            }
        }
        let deadline_ms = if self.random.chance(5) { 1_000 + self.random.below(10_000) } else { 0 };
        let blueprint = json!({
            "name": "chaos", "tasks": self.tasks, "edges": self.edges, "deadline_ms": deadline_ms,
        });
        let blueprint =
            serde_json::from_value(blueprint).expect("a blueprint in the form of blueprint files");
        let input = Map::from_iter([("flag".to_owned(), Value::Bool(self.flag))]);
        Graph { blueprint, input, truths: self.truths }
    }

    fn task(&mut self, place: u64) {
        let random = &mut *self.random;
        let join = if random.chance(30) { "any" } else { "all" };
        if random.chance(8) {
            let input = json!({"duration_ms": 10 + random.below(1_500)});
            self.tasks.push(json!({"name": name(place), "capability": WAIT, "input": input, "join": join}));
            return self.values.push(None);
        }
        let ms = match random.below(20) {
            0 => 2_000 + random.below(2_000),
            1..8 => 100 + random.below(700),
            _ => random.below(30),
        };
        let fail_first = match random.below(20) {
            0..2 => ALWAYS,
            2..6 => 1 + u32::try_from(random.below(2)).unwrap_or_default(),
            _ => 0,
        };
        let value = i64::try_from(random.below(100)).unwrap_or_default();
        self.values.push(Some(value));
        self.tasks.push(json!({
            "name": name(place),
            "capability": random.pick(&CAPABILITIES),
            "input": Behaviour { ms, fail_first, value, key: None },
            "join": join,
            "retry": retry(random),
            "timeouts": timeouts(random),
        }));
    }

    fn edge(&mut self, from: u64, to: u64) {
        let source = name(from);
        let on = self.random.weighted(&[(70, "success"), (12, "failure"), (18, "always")]);
        let mut edge = json!({"from": source, "to": name(to), "on": on});
        let has_value = usize::try_from(from).is_ok_and(|place| self.values[place].is_some());
        if on == "success" && has_value && self.random.chance(50) {
            edge["data_flow"] = json!({format!("from_{source}"): format!("tasks.{source}.output.value")});
        }
        if on == "failure" && self.random.chance(50) {
            edge["data_flow"] = json!({format!("why_{source}"): format!("tasks.{source}.error.kind")});
        }
        if self.random.chance(30) {
            edge["condition"] = json!(self.condition(from, on));
        }
        self.edges.push(edge);
    }

    fn condition(&mut self, source: u64, on: &str) -> String {
        let value = usize::try_from(source).ok().and_then(|place| *self.values.get(place)?);
        let (text, holds) = match value.filter(|_| on == "success" && self.random.chance(60)) {
            Some(value) => {
                let least = i64::try_from(self.random.below(60)).unwrap_or_default();
                (format!("tasks.{}.output.value >= {least}", name(source)), value >= least)
            }
            None if self.random.chance(70) => ("goal.input.flag".to_owned(), self.flag),
            None => ("!goal.input.flag".to_owned(), !self.flag),
        };
        self.truths.insert(text.clone(), holds);
        text
    }
}

fn retry(random: &mut Random) -> Value {
    if random.chance(40) {
        return json!({});
    }
    let mut retry = json!({
        "max_attempts": 1 + random.below(4),
        "initial_backoff_ms": random.weighted(&[(1, 0), (1, 50), (1, 400)]),
        "backoff_coefficient": random.weighted(&[(1, 1.0), (1, 2.0)]),
        "jitter": random.weighted(&[(1, 0.0), (1, 0.5)]),
    });
    if random.chance(10) {
        retry["non_retryable"] = json!([ON_PURPOSE]);
    }
    retry
}

fn timeouts(random: &mut Random) -> Value {
    let mut timeouts = json!({});
    if random.chance(5) {
        timeouts["schedule_to_start_ms"] = json!(300 + random.below(4_000));
    }
    if random.chance(10) {
        timeouts["start_to_close_ms"] = json!(50 + random.below(2_500));
    }
    timeouts
}

fn name(place: u64) -> String {
    format!("t{place}")
}

#[cfg(test)]
mod tests {
    use goalpost_model::{EdgeOn, Join};

    use super::*;

    fn many() -> Vec<Graph> {
        (0..300).map(|number| draw(&mut Random::of(1, "goals", number))).collect()
    }

    #[test]
    fn every_kind_of_graph_is_drawn() {
        let graphs = many();
        let tasks = || graphs.iter().flat_map(|graph| &graph.blueprint.tasks);
        let edges = || graphs.iter().flat_map(|graph| &graph.blueprint.edges);
        assert!(tasks().any(|task| task.join == Join::Any) && tasks().any(|task| task.join == Join::All));
        assert!(tasks().any(|task| task.retry.max_attempts > 1));
        assert!(tasks().any(|task| !task.retry.non_retryable.is_empty()));
        assert!(tasks().any(|task| task.capability == WAIT));
        assert!(tasks().any(|task| task.timeouts.start_to_close_ms > 0));
        assert!(graphs.iter().any(|graph| graph.blueprint.deadline_ms > 0));
        for on in [EdgeOn::Success, EdgeOn::Failure, EdgeOn::Always] {
            assert!(edges().any(|edge| edge.on == on), "{on:?}");
        }
        assert!(edges().any(|edge| !edge.condition.is_empty()));
        assert!(graphs.iter().any(|graph| graph.blueprint.tasks.len() > 8));
    }

    #[test]
    fn the_truth_of_every_condition_is_known() {
        for graph in many() {
            for edge in graph.blueprint.edges.iter().filter(|edge| !edge.condition.is_empty()) {
                assert!(graph.truths.contains_key(&edge.condition), "{}", edge.condition);
            }
        }
    }
}
