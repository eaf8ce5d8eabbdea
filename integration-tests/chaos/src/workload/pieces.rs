//! Blueprints put together from pieces that do more than run a task: lists, loops, graphs inside of tasks and
//! graphs that come up, signals and approvals, compensations, joins that cancel the rest, exclusive branches.
//!
//! The pieces follow one another; where one fails on purpose, the next may go on all the same.

use goalpost_checker::check;
use goalpost_model::Blueprint;
use serde_json::{Value, json};

use crate::behaviour::{Behaviour, CAPABILITIES, MAKES_GRAPHS, Making};
use crate::random::Random;
use crate::workload::catalog::{REHEARSAL, capabilities};

/// How long anything waits for a hand that does not come.
const GIVE_UP_MS: u64 = 25_000;

/// A blueprint, and what has to be done for it to go on.
#[derive(Clone, Debug)]
pub(crate) struct Assembled {
    /// The blueprint.
    pub(crate) blueprint: Blueprint,
    /// What somebody outside has to do.
    pub(crate) hands: Vec<Hand>,
}

/// Something that somebody outside does to a goal.
#[derive(Clone, Debug)]
pub(crate) enum Hand {
    /// Sends this signal.
    Signal(String),
    /// Approves what this task asks, or rejects it.
    Decide(String, bool),
    /// Brings this task its graph.
    Extend(String),
    /// Adds this part, a blueprint, to what the goal runs.
    Add(Value),
}

/// Draws a blueprint that the checker accepts.
pub(crate) fn assemble(random: &mut Random) -> Assembled {
    let capabilities = capabilities();
    loop {
        let assembled = Assembly::new(random).finish();
        if check(&assembled.blueprint, &capabilities).blueprint.is_some() {
            return assembled;
        }
    }
}

/// The graph that somebody brings, or a task makes.
pub(crate) fn small(value: i64) -> Value {
    let task = |name| {
        json!({"name": name, "capability": CAPABILITIES[0], "input": Behaviour { ms: 20, fail_first: 0, value, key: None },
                             "retry": {"max_attempts": 4, "initial_backoff_ms": 50}})
    };
    json!({"name": "small", "tasks": [task("a"), task("b")], "edges": [{"from": "a", "to": "b"}]})
}

/// What somebody adds to a goal that runs, after one of its tasks.
fn part(number: u64, after: &Value) -> Value {
    let mut part = small(5);
    let name = |task: &str| json!(format!("added{number}{task}"));
    for (place, task) in ["a", "b"].into_iter().enumerate() {
        part["tasks"][place]["name"] = name(task);
    }
    part["edges"] =
        json!([{"from": name("a"), "to": name("b")}, {"from": after, "to": name("a"), "on": "always"}]);
    part
}

struct Assembly<'a> {
    random: &'a mut Random,
    tasks: Vec<Value>,
    edges: Vec<Value>,
    hands: Vec<Hand>,
}

impl<'a> Assembly<'a> {
    fn new(random: &'a mut Random) -> Self {
        Self { random, tasks: Vec::new(), edges: Vec::new(), hands: Vec::new() }
    }

    fn finish(mut self) -> Assembled {
        let pieces = 1 + self.random.below(5);
        let mut before: Option<String> = None;
        for place in 0..pieces {
            let (first, last) = self.piece(&format!("p{place}"));
            if let Some(before) = before {
                let on = self.random.weighted(&[(8, "success"), (2, "always")]);
                self.edges.push(json!({"from": before, "to": first, "on": on}));
            }
            before = Some(last);
        }
        for number in 0..self.random.weighted(&[(6, 0), (3, 1), (1, 3)]) {
            let after = self.random.below(self.tasks.len() as u64) as usize;
            self.hands.push(Hand::Add(part(number, &self.tasks[after]["name"])));
        }
        let deadline_ms = if self.random.chance(5) { 2_000 + self.random.below(10_000) } else { 0 };
        let blueprint =
            json!({"name": "pieces", "tasks": self.tasks, "edges": self.edges, "deadline_ms": deadline_ms});
        let blueprint =
            serde_json::from_value(blueprint).expect("a blueprint in the form of blueprint files");
        Assembled { blueprint, hands: self.hands }
    }

    /// One piece: its first and its last task.
    fn piece(&mut self, name: &str) -> (String, String) {
        let draw: fn(&mut Self, &str) -> (String, String) = self.random.weighted(&[
            (4, Self::compensated as fn(&mut Self, &str) -> (String, String)),
            (3, Self::list),
            (2, Self::loops),
            (1, Self::nested),
            (2, Self::signal),
            (2, Self::approval),
            (1, Self::extension),
            (2, Self::makes_graph),
            (1, Self::sub_goal),
            (2, Self::some_of),
            (2, Self::branch),
            (1, Self::transform),
            (2, Self::fails_at_first),
        ]);
        draw(self, name)
    }

    fn add(&mut self, name: &str, task: Value) -> (String, String) {
        let mut task = task;
        task["name"] = json!(name);
        self.tasks.push(task);
        (name.to_owned(), name.to_owned())
    }

    /// What undoes a task, which needs no key.
    fn undoing(&mut self) -> Value {
        let mut step = self.step();
        step.as_object_mut().map(|fields| fields.remove("concurrency_key"));
        step["input"].as_object_mut().map(|fields| fields.remove("key"));
        step
    }

    /// A task for a worker, which does not fail on purpose more often than it may.
    fn step(&mut self) -> Value {
        let random = &mut *self.random;
        let ms = if random.chance(30) { 100 + random.below(600) } else { random.below(30) };
        let fail_first = u32::from(random.chance(15));
        let value = i64::try_from(random.below(100)).unwrap_or_default();
        let key = random.chance(15).then(|| (*random.pick(&["k1", "k3"])).to_owned());
        let mut step = json!({"capability": random.pick(&CAPABILITIES), "retry": {"max_attempts": 4, "initial_backoff_ms": 50}});
        if let Some(key) = &key {
            let limit: u32 = key.trim_start_matches('k').parse().unwrap_or(1);
            step["concurrency_key"] = json!({"key": format!("'{key}'"), "limit": limit});
        }
        step["input"] = json!(Behaviour { ms, fail_first, value, key });
        step
    }

    fn compensated(&mut self, name: &str) -> (String, String) {
        let mut task = self.step();
        let mut undo = self.undoing();
        if self.random.chance(10) {
            undo["retry"] = json!({"max_attempts": 1});
        }
        task["compensate_with"] = undo;
        self.add(name, task)
    }

    /// Ends its goal badly; tried once more, it succeeds.
    fn fails_at_first(&mut self, name: &str) -> (String, String) {
        let mut task = self.step();
        (task["input"]["fail_first"], task["retry"]) = (json!(1), json!({"max_attempts": 1}));
        self.add(name, task)
    }

    fn list(&mut self, name: &str) -> (String, String) {
        let count = self.random.below(14);
        let failing = self.random.chance(30);
        let items: Vec<Value> = (0..count)
            .map(|_| json!({"value": self.random.below(50), "fail": if failing && self.random.chance(30) { 1 } else { 0 }}))
            .collect();
        let failures = self.random.weighted(&[(1, 0), (1, 1), (1, 2)]);
        let failures = [json!("fail_fast"), json!("collect"), json!({"tolerate": 2})][failures].clone();
        let mut step = self.step();
        step["name"] = json!("do");
        step["retry"] = json!({"max_attempts": 1});
        step["data_flow"] = json!({"fail_first": "item.fail", "value": "item.value"});
        if self.random.chance(50) {
            step["compensate_with"] = self.undoing();
        }
        let mut tasks = vec![step];
        let mut edges = Vec::new();
        if self.random.chance(30) {
            let signal = format!("{name}-item");
            self.hands.extend((0..count).map(|_| Hand::Signal(signal.clone())));
            tasks.push(json!({"name": "hear", "capability": "goalpost.await_signal",
                              "input": {"name": signal, "timeout_ms": GIVE_UP_MS}}));
            edges.push(json!({"from": "do", "to": "hear"}));
        }
        let for_each = json!({"concurrency": self.random.below(4), "failures": failures, "body": {"tasks": tasks, "edges": edges}});
        self.add(name, json!({"input": {"items": items}, "for_each": for_each}))
    }

    fn loops(&mut self, name: &str) -> (String, String) {
        let (mut step, most) = (self.step(), 1 + self.random.below(4));
        step["name"] = json!("look");
        let pause = json!({"name": "pause", "capability": "goalpost.wait", "input": {"duration_ms": self.random.below(200)}});
        let condition = format!("iteration + 1 < {}", 1 + self.random.below(4));
        let body = json!({"tasks": [pause, step], "edges": [{"from": "pause", "to": "look"}]});
        self.add(name, json!({"loop": {"while": condition, "max_iterations": most, "body": body}}))
    }

    fn nested(&mut self, name: &str) -> (String, String) {
        let (mut outer, mut inner) = (self.step(), self.step());
        (outer["name"], inner["name"]) = (json!("before"), json!("deep"));
        inner["data_flow"] = json!({"value": "item"});
        let items: Vec<u64> = (0..self.random.below(5)).collect();
        let list = json!({"name": "all", "input": {"items": items}, "for_each": {"concurrency": 2, "body": {"tasks": [inner]}}});
        let body = json!({"tasks": [outer, list], "edges": [{"from": "before", "to": "all"}]});
        self.add(name, json!({"run": {"body": body}}))
    }

    fn signal(&mut self, name: &str) -> (String, String) {
        self.hands.push(Hand::Signal(name.to_owned()));
        let timeout_ms = if self.random.chance(10) { 500 } else { GIVE_UP_MS };
        let input = json!({"name": name, "timeout_ms": timeout_ms});
        self.add(name, json!({"capability": "goalpost.await_signal", "input": input}))
    }

    fn approval(&mut self, name: &str) -> (String, String) {
        let approved = self.random.chance(85);
        self.hands.push(Hand::Decide(name.to_owned(), approved));
        self.add(name, json!({"capability": "goalpost.approve", "input": {"timeout_ms": GIVE_UP_MS}}))
    }

    fn extension(&mut self, name: &str) -> (String, String) {
        self.hands.push(Hand::Extend(name.to_owned()));
        self.add(name, json!({"capability": "goalpost.extension", "input": {"timeout_ms": GIVE_UP_MS}}))
    }

    fn makes_graph(&mut self, name: &str) -> (String, String) {
        let blueprint = if self.random.chance(10) { json!({"name": "none", "tasks": []}) } else { small(7) };
        let behaviour = Behaviour { ms: self.random.below(100), fail_first: 0, value: 0, key: None };
        let retry = json!({"max_attempts": 4, "initial_backoff_ms": 50});
        self.add(name, json!({"capability": MAKES_GRAPHS, "extends": true, "input": Making { behaviour, blueprint }, "retry": retry}))
    }

    fn sub_goal(&mut self, name: &str) -> (String, String) {
        self.add(name, json!({"capability": "goalpost.sub_goal", "input": {"goal": REHEARSAL}}))
    }

    fn transform(&mut self, name: &str) -> (String, String) {
        let number = self.random.below(9);
        self.add(name, json!({"capability": "goalpost.transform", "input": {"n": number}}))
    }

    /// Two of three are enough; the third is cancelled, or ignored.
    fn some_of(&mut self, name: &str) -> (String, String) {
        let (first, last) = (format!("{name}_begin"), format!("{name}_end"));
        self.add(&first, json!({"capability": "goalpost.transform"}));
        for way in ["a", "b", "c"] {
            let (step, way) = (self.step(), format!("{name}_{way}"));
            self.add(&way, step);
            self.edges.push(json!({"from": first, "to": way}));
            self.edges.push(json!({"from": way, "to": last}));
        }
        let (mut step, rest) = (self.step(), self.random.weighted(&[(3, "cancel"), (1, "ignore")]));
        (step["join"], step["rest"]) = (json!({"n_of": 2}), json!(rest));
        self.add(&last, step);
        (first, last)
    }

    fn branch(&mut self, name: &str) -> (String, String) {
        let (first, last) = (format!("{name}_ask"), format!("{name}_end"));
        let mut ask = self.step();
        ask["branch"] = json!("exclusive");
        self.add(&first, ask);
        let read = format!("tasks.{first}.output.value");
        let ways = [
            json!({"condition": format!("{read} < 30")}),
            json!({"condition": format!("{read} < 60")}),
            json!({"otherwise": true}),
        ];
        for (place, mut edge) in ways.into_iter().enumerate() {
            let (step, way) = (self.step(), format!("{name}_{place}"));
            self.add(&way, step);
            (edge["from"], edge["to"]) = (json!(first), json!(way));
            self.edges.push(edge);
            self.edges.push(json!({"from": way, "to": last}));
        }
        let mut step = self.step();
        step["join"] = json!("any");
        self.add(&last, step);
        (first, last)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use goalpost_model::{Branch, Join, Rest, all_tasks};

    use super::*;

    #[test]
    fn every_piece_is_drawn() {
        let all: Vec<_> = (0..300).map(|number| assemble(&mut Random::of(1, "goals", number))).collect();
        let tasks = || all.iter().flat_map(|assembled| all_tasks(&assembled.blueprint.tasks));
        let performed: BTreeSet<&str> = tasks().map(|task| task.performs()).collect();
        for capability in
            ["for_each", "loop", "run", "await_signal", "approve", "extension", "sub_goal", "transform"]
        {
            assert!(performed.contains(format!("goalpost.{capability}").as_str()), "{capability}");
        }
        assert!(tasks().any(|task| task.extends) && tasks().any(|task| task.compensate_with.is_some()));
        assert!(tasks().any(|task| task.join == Join::NOf(2) && task.rest == Rest::Cancel));
        assert!(tasks().any(|task| task.branch == Branch::Exclusive));
    }
}
