//! Random blueprints, with everything that tasks and edges can have and with graphs inside of tasks.

use std::collections::BTreeSet;

use goalpost_checker::builtin::{TRANSFORM, WAIT};
use goalpost_model::Blueprint;
use serde_json::{Map, Value, json};

use super::dice::Dice;

/// A blueprint of up to six tasks, which may run graphs of up to three, which may run graphs in turn.
pub(crate) fn blueprint(dice: &mut Dice) -> Blueprint {
    complete(Graph::random(dice, 6, 2, "").json(), dice)
}

/// The same without graphs inside of tasks.
pub(crate) fn flat(dice: &mut Dice) -> Blueprint {
    complete(Graph::random(dice, 7, 0, "").json(), dice)
}

fn complete(mut blueprint: Value, dice: &mut Dice) -> Blueprint {
    let counted = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}});
    blueprint["name"] = json!("random");
    blueprint["capabilities"] = json!([{"name": "any"}, {"name": "count", "output_schema": counted}]);
    blueprint["deadline_ms"] = json!(if dice.one_in(2) { 60_000 } else { 0 });
    serde_json::from_value(blueprint).expect("it is a blueprint")
}

struct Graph {
    tasks: Vec<Value>,
    edges: Vec<Value>,
}

impl Graph {
    /// `around` is the word that only expressions inside of a list know.
    fn random(dice: &mut Dice, most: usize, depth: usize, around: &str) -> Self {
        let count = dice.within(1, most);
        let tasks: Vec<Value> = (0..count).map(|task| random_task(dice, task, depth, around)).collect();
        let mut graph = Self { tasks, edges: Vec::new() };
        let mut seen = BTreeSet::new();
        for _ in 0..dice.below(count * 2 + 1) {
            let (one, other) = (dice.below(count), dice.below(count));
            let edge = graph.random_edge(dice, one.min(other), one.max(other));
            // The checker wants no edge twice.
            if one != other && seen.insert(format!("{one} {other} {} {}", edge["on"], edge["condition"])) {
                graph.edges.push(edge);
            }
        }
        graph.add_otherwise(dice);
        graph.add_joins(dice);
        graph
    }

    fn json(self) -> Value {
        json!({"tasks": self.tasks, "edges": self.edges})
    }

    fn random_edge(&self, dice: &mut Dice, source: usize, target: usize) -> Value {
        let on = dice.pick(&["success", "success", "success", "failure", "always", "always"]);
        let flow =
            if dice.one_in(20) { "goal.input.absent".to_owned() } else { format!("tasks.t{source}.state") };
        let mut flows = Map::new();
        if self.tasks[target]["capability"] != json!(WAIT) {
            flows.insert(format!("e{}", self.edges.len()), json!(flow));
        }
        let counts = ["count", TRANSFORM].iter().any(|word| self.tasks[source]["capability"] == json!(word));
        let condition =
            if dice.one_in(2) { random_condition(dice, counts.then_some(source)) } else { String::new() };
        json!({"from": format!("t{source}"), "to": format!("t{target}"), "on": on, "condition": condition,
               "data_flow": flows})
    }

    /// Some edges are taken otherwise, where there is a condition that may not hold.
    fn add_otherwise(&mut self, dice: &mut Dice) {
        let conditional = self.edges.iter().filter(|edge| edge["condition"] != json!(""));
        let branching: Vec<Value> = conditional.map(|edge| edge["from"].clone()).collect();
        for edge in &mut self.edges {
            if edge["condition"] == json!("") && branching.contains(&edge["from"]) && dice.one_in(2) {
                edge["otherwise"] = json!(true);
            }
        }
    }

    fn add_joins(&mut self, dice: &mut Dice) {
        for task in &mut self.tasks {
            let edges = self.edges.iter().filter(|edge| edge["to"] == task["name"]).count();
            let some = json!({"n_of": dice.within(1, edges.max(1))});
            let join = dice.pick(&[json!("all"), json!("any"), some]);
            // Where every edge is needed there is no rest.
            let needs_all = join == json!("all") || edges < 2 || join["n_of"] == json!(edges);
            task["rest"] = json!(if !needs_all && dice.one_in(2) { "cancel" } else { "ignore" });
            task["join"] = if edges == 0 { json!("all") } else { join };
            task["branch"] = json!(dice.pick(&["inclusive", "exclusive"]));
        }
    }
}

/// A condition that the interpreter can read; on the number that a task gives, if it gives one.
fn random_condition(dice: &mut Dice, counting: Option<usize>) -> String {
    let word = dice.pick(&["goal.input.yes", "goal.input.no", "goal.input.absent == 1", "", ""]);
    match counting {
        Some(task) if word.is_empty() => {
            format!("has(tasks.t{task}.output) && tasks.t{task}.output.n >= {}", dice.below(8))
        }
        _ if word.is_empty() => "goal.input.no".to_owned(),
        _ => word.to_owned(),
    }
}

fn random_task(dice: &mut Dice, task: usize, depth: usize, around: &str) -> Value {
    let mut json = match dice.below(if depth > 0 { 10 } else { 7 }) {
        0..=4 => random_work(dice, around),
        5 => json!({"capability": WAIT, "input": {"duration_ms": 5}}),
        6 => json!({"capability": TRANSFORM, "input": {"n": 3}}),
        7 => random_list(dice, depth),
        8 => random_loop(dice, depth),
        _ => {
            json!({"input": {"yes": true, "no": false}, "run": {"body": Graph::random(dice, 3, depth - 1, "").json()}})
        }
    };
    json["name"] = json!(format!("t{task}"));
    json
}

fn random_work(dice: &mut Dice, around: &str) -> Value {
    let flow = match dice.below(20) {
        0 => "goal.input.absent",
        1..=9 if !around.is_empty() => around,
        _ => "goal.text",
    };
    let mut json = json!({"capability": "count", "data_flow": {"own": flow}, "retry": random_retry(dice)});
    if dice.one_in(3) {
        json["timeouts"] = json!({"schedule_to_start_ms": 7, "start_to_close_ms": 9});
    }
    if dice.one_in(6) {
        json["concurrency_key"] = json!({"key": dice.pick(&["goal.text", "goal.text", "goal.input.absent"])});
    }
    if dice.one_in(3) {
        json["compensate_with"] =
            json!({"capability": "any", "input": {"why": "undo"}, "retry": random_retry(dice)});
    }
    json
}

fn random_retry(dice: &mut Dice) -> Value {
    let pause = if dice.one_in(2) { 100 } else { 0 };
    json!({"max_attempts": dice.within(1, 3), "initial_backoff_ms": pause})
}

fn random_list(dice: &mut Dice, depth: usize) -> Value {
    let items: Vec<usize> = (0..dice.below(5)).collect();
    let failures = dice.pick(&[json!("fail_fast"), json!("collect"), json!({"tolerate": 1})]);
    let body = Graph::random(dice, 3, depth - 1, "item").json();
    json!({"input": {"items": items}, "for_each": {"concurrency": dice.below(4), "failures": failures, "body": body}})
}

fn random_loop(dice: &mut Dice, depth: usize) -> Value {
    let body = Graph::random(dice, 3, depth - 1, "");
    let counting = (0..body.tasks.len()).find(|task| body.tasks[*task]["capability"] == json!("count"));
    let condition = if dice.one_in(2) {
        format!("iteration < {}", dice.below(3))
    } else {
        random_condition(dice, counting)
    };
    json!({"loop": {"while": condition, "max_iterations": dice.within(1, 3), "body": body.json()}})
}
