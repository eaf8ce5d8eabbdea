//! From a draft to a blueprint.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_model as model;
use goalpost_model::{Blueprint, Body, Compensation, Finding, RetryPolicy};
use serde_json::{Map, Value};

use super::code::{ANSWER, INSIDE, error};
use super::draft::{Draft, Edge, Failures, Flow, Join, Repeat, Task};

/// What a plan is called that has no name.
const UNNAMED: &str = "plan";
/// How deep graphs may be nested here. The checker allows less; this is for the stack.
const MAX_DEPTH: usize = 32;

/// Builds the blueprint; notes what cannot be built. It brings no definitions of capabilities along.
pub(crate) fn blueprint(draft: Draft) -> Result<Blueprint, Vec<Finding>> {
    let Draft { impossible: _, name, tasks, edges, output } = draft;
    let mut build = Build::new(tasks, edges);
    let graph = build.graph("", output);
    build.misplaced();
    if !build.findings.is_empty() {
        return Err(build.findings);
    }
    let Body { tasks, edges, output } = graph;
    let name = if name.trim().is_empty() { UNNAMED.to_owned() } else { name };
    Ok(Blueprint { name, tasks, edges, output, ..Blueprint::default() })
}

/// What is still to be put into graphs, by the task that they are in.
struct Build {
    tasks: BTreeMap<String, Vec<Task>>,
    edges: BTreeMap<String, Vec<Edge>>,
    /// How many graphs are around the one that is built.
    depth: usize,
    findings: Vec<Finding>,
}

impl Build {
    fn new(tasks: Vec<Task>, edges: Vec<Edge>) -> Self {
        let mut build =
            Self { tasks: BTreeMap::new(), edges: BTreeMap::new(), depth: 0, findings: Vec::new() };
        let mut inside: BTreeMap<String, String> = BTreeMap::new();
        for task in &tasks {
            if inside.insert(task.name.clone(), task.inside.clone()).is_some() {
                let message = format!("two tasks are called '{}'", task.name);
                build.note(
                    INSIDE,
                    &task.name,
                    "name",
                    message,
                    "give each task a name of its own, also those in different graphs",
                );
            }
        }
        for edge in edges {
            let (of_source, of_target) = (inside.get(&edge.from), inside.get(&edge.to));
            if let (Some(of_source), Some(of_target)) = (of_source, of_target)
                && of_source != of_target
            {
                let node = format!("edge {} -> {}", edge.from, edge.to);
                let fix = "join tasks of one graph; what a graph needs flows into the task around it";
                build.findings.push(error(
                    INSIDE,
                    &node,
                    "",
                    "the edge joins tasks of different graphs",
                    fix,
                ));
            }
            // Of names that are not there the checker says so.
            let graph = of_source.or(of_target).cloned().unwrap_or_default();
            build.edges.entry(graph).or_default().push(edge);
        }
        for task in tasks {
            build.tasks.entry(task.inside.clone()).or_default().push(task);
        }
        build
    }

    fn note(&mut self, code: &str, task: &str, field: &str, message: impl Into<String>, fix: &str) {
        self.findings.push(error(code, &format!("task {task}"), field, message, fix));
    }

    /// The graph inside of the task of this name; the outermost one has none.
    fn graph(&mut self, around: &str, output: Vec<Flow>) -> Body {
        let tasks = self.tasks.remove(around).unwrap_or_default();
        self.depth += 1;
        let tasks = tasks.into_iter().map(|task| self.task(task)).collect();
        self.depth -= 1;
        let edges = self.edges.remove(around).unwrap_or_default();
        let edges = edges.into_iter().map(|edge| self.edge(edge)).collect();
        let output = self.flows(
            if around.is_empty() { String::new() } else { format!("task {around}") },
            "output",
            output,
        );
        Body { tasks, edges, output }
    }

    fn task(&mut self, task: Task) -> model::Task {
        let (name, node) = (task.name.clone(), format!("task {}", task.name));
        let mut built = model::Task {
            input: self.constant(&name, "input_json", &task.input_json),
            data_flow: self.flows(node.clone(), "data_flow", task.data_flow),
            join: match task.join {
                Join::All => model::Join::All,
                Join::Any => model::Join::Any,
                Join::NOf => model::Join::NOf(task.join_count),
            },
            branch: task.branch,
            retry: retry(task.max_attempts),
            capability: task.capability,
            ..model::Task::default()
        };
        match task.repeat {
            // Its graph, if it has one, is left over.
            Repeat::Once => {}
            Repeat::ForEach | Repeat::Loop if self.depth >= MAX_DEPTH => {
                let message = format!("graphs are nested deeper than {MAX_DEPTH}");
                self.note(INSIDE, &name, "inside", message, "nest less");
            }
            Repeat::ForEach => {
                let failures = match task.failures {
                    Failures::FailFast => model::Failures::FailFast,
                    Failures::Collect => model::Failures::Collect,
                };
                let body = self.graph(&name, task.output);
                built.for_each = Some(model::ForEach { concurrency: task.concurrency, failures, body });
            }
            Repeat::Loop => {
                let body = self.graph(&name, task.output);
                let (condition, max_iterations) = (task.condition, task.max_iterations);
                built.repeat = Some(model::Loop { condition, max_iterations, body });
            }
        }
        if !task.undo_capability.is_empty() {
            built.compensate_with = Some(Compensation {
                capability: task.undo_capability,
                input: self.constant(&name, "undo_input_json", &task.undo_input_json),
                data_flow: self.flows(node, "undo_data_flow", task.undo_data_flow),
                retry: RetryPolicy::default(),
                timeouts: model::Timeouts::default(),
            });
        }
        built.name = name;
        built
    }

    fn edge(&mut self, edge: Edge) -> model::Edge {
        let Edge { from, to, on, condition, otherwise, data_flow } = edge;
        let data_flow = self.flows(format!("edge {from} -> {to}"), "data_flow", data_flow);
        model::Edge { source: from, target: to, on, condition, otherwise, data_flow }
    }

    fn constant(&mut self, task: &str, field: &str, json: &str) -> Map<String, Value> {
        if json.trim().is_empty() {
            return Map::new();
        }
        serde_json::from_str(json).unwrap_or_else(|fault| {
            let message = format!("the text is no JSON object: {fault}");
            self.note(
                ANSWER,
                task,
                field,
                message,
                "write a JSON object as text, for example {\"city\": \"Oslo\"}",
            );
            Map::new()
        })
    }

    fn flows(&mut self, node: String, field: &str, flows: Vec<Flow>) -> BTreeMap<String, String> {
        let mut by_path = BTreeMap::new();
        for Flow { path, expression } in flows {
            if by_path.insert(path.clone(), expression).is_some() {
                let message = format!("'{path}' is written twice");
                self.findings.push(error(ANSWER, &node, field, message, "write each path once"));
            }
        }
        by_path
    }

    /// What no graph has taken.
    fn misplaced(&mut self) {
        let left = std::mem::take(&mut self.tasks);
        let names: BTreeSet<&String> = left.values().flatten().map(|task| &task.name).collect();
        for task in left.values().flatten() {
            // One whose surroundings are left over themselves is said of those.
            let around = &task.inside;
            let fix = "name a task whose repeat is for_each or loop, or leave it empty";
            let message = if names.contains(around) {
                format!("the task is inside of '{around}', which is in no graph that runs")
            } else {
                format!("the task is inside of '{around}', which is no task that runs a graph")
            };
            self.note(INSIDE, &task.name, "inside", message, fix);
        }
    }
}

fn retry(max_attempts: u32) -> RetryPolicy {
    RetryPolicy { max_attempts: max_attempts.max(RetryPolicy::MAX_ATTEMPTS), ..RetryPolicy::default() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn built(draft: Value) -> Result<Value, Vec<String>> {
        let built = blueprint(serde_json::from_value(draft).unwrap());
        built.map(|blueprint| serde_json::to_value(blueprint).unwrap()).map_err(|findings| {
            findings
                .iter()
                .map(|finding| format!("{} {}: {}", finding.code, finding.node, finding.message))
                .collect()
        })
    }

    #[test]
    fn graphs_are_put_where_their_tasks_say() {
        let draft = json!({
            "name": "outages",
            "tasks": [
                {"name": "probe", "inside": "each", "capability": "net.probe", "max_attempts": 3,
                 "data_flow": [{"path": "host", "expression": "item"}]},
                {"name": "each", "repeat": "for_each", "concurrency": 4, "failures": "collect",
                 "data_flow": [{"path": "items", "expression": "goal.input.hosts"}],
                 "output": [{"path": "up", "expression": "tasks.probe.output.up"}]},
                {"name": "wait", "repeat": "loop", "while": "tasks.look.output.open > 0", "max_iterations": 9},
                {"name": "look", "inside": "wait", "capability": "tickets.count", "input_json": "{\"queue\": \"a\"}"},
                {"name": "file", "capability": "tickets.file", "join": "n_of", "join_count": 1, "branch": "exclusive",
                 "undo_capability": "tickets.close", "undo_input_json": "{\"why\": \"undone\"}",
                 "undo_data_flow": [{"path": "id", "expression": "tasks.file.output.id"}]},
            ],
            "edges": [
                {"from": "each", "to": "wait", "on": "always"},
                {"from": "wait", "to": "file", "condition": "goal.input.file", "data_flow": [{"path": "n", "expression": "1"}]},
            ],
            "output": [{"path": "id", "expression": "tasks.file.output.id"}],
        });
        let expected = json!({
            "name": "outages",
            "tasks": [
                {"name": "each", "data_flow": {"items": "goal.input.hosts"}, "for_each": {
                    "concurrency": 4, "failures": "collect", "body": {
                        "tasks": [{"name": "probe", "capability": "net.probe", "data_flow": {"host": "item"}, "retry": {"max_attempts": 3}}],
                        "output": {"up": "tasks.probe.output.up"}}}},
                {"name": "wait", "loop": {"while": "tasks.look.output.open > 0", "max_iterations": 9, "body": {
                    "tasks": [{"name": "look", "capability": "tickets.count", "input": {"queue": "a"}}]}}},
                {"name": "file", "capability": "tickets.file", "join": {"n_of": 1}, "branch": "exclusive", "compensate_with":
                    {"capability": "tickets.close", "input": {"why": "undone"}, "data_flow": {"id": "tasks.file.output.id"}}},
            ],
            "edges": [
                {"from": "each", "to": "wait", "on": "always"},
                {"from": "wait", "to": "file", "condition": "goal.input.file", "data_flow": {"n": "1"}},
            ],
            "output": {"id": "tasks.file.output.id"},
        });
        assert_eq!(built(draft).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_built_is_told_all_at_once() {
        let draft = json!({
            "tasks": [
                {"name": "a", "capability": "x", "input_json": "[1]"},
                {"name": "a", "capability": "x"},
                {"name": "b", "capability": "x", "inside": "nowhere"},
                {"name": "c", "capability": "x", "inside": "a"},
                {"name": "d", "repeat": "loop", "inside": "e"},
                {"name": "e", "repeat": "loop", "inside": "d"},
                {"name": "f", "repeat": "for_each", "data_flow":
                    [{"path": "p", "expression": "1"}, {"path": "p", "expression": "2"}]},
                {"name": "g", "capability": "x", "inside": "f"},
            ],
            "edges": [{"from": "a", "to": "g"}],
        });
        let found = built(draft).unwrap_err();
        let expected = [
            "GP101 task a: two tasks are called 'a'",
            "GP101 edge a -> g: the edge joins tasks of different graphs",
            "GP100 task a: the text is no JSON object: invalid type: sequence, expected a map at line 1 column 0",
            "GP100 task f: 'p' is written twice",
            "GP101 task c: the task is inside of 'a', which is no task that runs a graph",
            "GP101 task e: the task is inside of 'd', which is in no graph that runs",
            "GP101 task d: the task is inside of 'e', which is in no graph that runs",
            "GP101 task b: the task is inside of 'nowhere', which is no task that runs a graph",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn no_nesting_is_too_deep_for_it() {
        let nested = |place: usize| json!({"name": format!("t{}", place + 1), "repeat": "loop", "inside": if place == 0 { String::new() } else { format!("t{place}") }});
        let found = built(json!({"tasks": (0..20_000).map(nested).collect::<Vec<_>>()})).unwrap_err();
        assert_eq!(found[0], "GP101 task t32: graphs are nested deeper than 32");
    }

    #[test]
    fn names_that_are_not_there_are_left_to_the_checker() {
        let draft = json!({
            "tasks": [{"name": "a", "capability": "x"}], "edges": [{"from": "nowhere", "to": "a"}, {"from": "p", "to": "q"}],
        });
        let built = built(draft).unwrap();
        assert_eq!(
            (built["name"].as_str(), built["edges"].as_array().map(Vec::len)),
            (Some("plan"), Some(2))
        );
    }
}
