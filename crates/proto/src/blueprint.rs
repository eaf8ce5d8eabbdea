//! Blueprints, their parts, and capabilities.

use std::collections::HashMap;

use goalpost_model::limits::{MAX_EDGES, MAX_TASKS};
use goalpost_model::{
    Blueprint, Branch, Capability, ConcurrencyKey, Digest, Edge, EdgeOn, Effect, Join, Rest, Task, Timeouts,
};
use pbjson_types::Struct;
use serde_json::Value;

use crate::lane::{priority, read_priority};
use crate::{Violations, amount, body, map_from_struct, struct_from_map, timing, v1, whole};

/// The blueprint that a message says. Notes every field that cannot be read, under `field`.
/// Whether the blueprint makes sense is the checker's to say.
pub fn read_blueprint(message: v1::Blueprint, field: &str, violations: &mut Violations) -> Option<Blueprint> {
    let v1::Blueprint {
        name,
        tasks,
        edges,
        capabilities,
        deadline_ms,
        output,
        require_compensation,
        max_tasks,
        budget,
        parent,
        max_replans,
    } = message;
    if tasks.len() > MAX_TASKS {
        violations.add(format!("{field}.tasks"), format!("must have at most {MAX_TASKS} entries"));
    }
    if edges.len() > MAX_EDGES {
        violations.add(format!("{field}.edges"), format!("must have at most {MAX_EDGES} entries"));
    }
    if !violations.is_empty() {
        return None;
    }
    let blueprint = Blueprint {
        name,
        tasks: read_all(tasks, &format!("{field}.tasks"), violations, read_task),
        edges: read_all(edges, &format!("{field}.edges"), violations, read_edge),
        capabilities: read_all(capabilities, &format!("{field}.capabilities"), violations, read_capability),
        deadline_ms: whole::read(deadline_ms, &format!("{field}.deadline_ms"), violations),
        output: output.into_iter().collect(),
        require_compensation,
        max_tasks: body::read_count(max_tasks, format!("{field}.max_tasks"), violations),
        budget: amount::read_budget(budget, &format!("{field}.budget"), violations),
        parent: read_parent(&parent, field, violations),
        max_replans: body::read_count(max_replans, format!("{field}.max_replans"), violations),
    };
    violations.is_empty().then_some(blueprint)
}

fn read_parent(digest: &str, field: &str, violations: &mut Violations) -> Option<Digest> {
    if digest.is_empty() {
        return None;
    }
    let read = digest.parse();
    if read.is_err() {
        violations.add(format!("{field}.parent"), "must be a digest: 64 hexadecimal digits, or empty");
    }
    read.ok()
}

pub(crate) fn read_all<M, T>(
    messages: Vec<M>,
    field: &str,
    violations: &mut Violations,
    read: impl Fn(M, &str, &mut Violations) -> T,
) -> Vec<T> {
    messages
        .into_iter()
        .enumerate()
        .map(|(place, message)| read(message, &format!("{field}[{place}]"), violations))
        .collect()
}

pub(crate) fn read_task(message: v1::Task, field: &str, violations: &mut Violations) -> Task {
    let v1::Task {
        name,
        capability,
        input,
        data_flow,
        join,
        join_count,
        branch,
        retry,
        timeouts,
        rest,
        for_each,
        r#loop,
        run,
        compensate_with,
        extends,
        concurrency_key,
        priority: own_priority,
        withdrawn,
    } = message;
    let join = read_join(join, join_count, field, violations);
    let branch = match word(branch, &format!("{field}.branch"), "is not a way to branch", violations) {
        v1::Branch::Unspecified | v1::Branch::Inclusive => Branch::Inclusive,
        v1::Branch::Exclusive => Branch::Exclusive,
    };
    let what = "is nothing that can become of the rest";
    let rest = match word(rest, &format!("{field}.rest"), what, violations) {
        v1::Rest::Unspecified | v1::Rest::Ignore => Rest::Ignore,
        v1::Rest::Cancel => Rest::Cancel,
    };
    let retry = timing::read_retry(retry, &format!("{field}.retry"), violations);
    let timeouts = timing::read_timeouts(timeouts, &format!("{field}.timeouts"), violations);
    let input = map_from_struct(input.unwrap_or_default(), &format!("{field}.input"), violations);
    let data_flow = data_flow.into_iter().collect();
    Task {
        name,
        capability,
        input: input.unwrap_or_default(),
        data_flow,
        join,
        rest,
        branch,
        retry,
        timeouts,
        for_each: for_each
            .map(|for_each| body::read_for_each(for_each, &format!("{field}.for_each"), violations)),
        repeat: r#loop.map(|repeat| body::read_loop(repeat, &format!("{field}.loop"), violations)),
        extends,
        concurrency_key: concurrency_key
            .map(|key| read_key(key, &format!("{field}.concurrency_key"), violations)),
        priority: (own_priority != 0)
            .then(|| read_priority(own_priority, &format!("{field}.priority"), violations)),
        compensate_with: compensate_with
            .map(|undo| body::read_compensation(undo, &format!("{field}.compensate_with"), violations)),
        run: run.map(|run| body::read_run(run, &format!("{field}.run"), violations)),
        withdrawn,
    }
}

fn read_key(message: v1::ConcurrencyKey, field: &str, violations: &mut Violations) -> ConcurrencyKey {
    let v1::ConcurrencyKey { key, limit } = message;
    let limit = whole::read(limit.into(), &format!("{field}.limit"), violations);
    ConcurrencyKey { key, limit: u32::try_from(limit).unwrap_or(u32::MAX).max(1) }
}

/// The word of this number; if there is none, that is noted, and nothing was said.
pub(crate) fn word<T: TryFrom<i32> + Default>(
    number: i32,
    field: &str,
    wrong: &str,
    violations: &mut Violations,
) -> T {
    T::try_from(number).unwrap_or_else(|_| {
        violations.add(field, wrong);
        T::default()
    })
}

fn read_join(join: i32, count: i32, field: &str, violations: &mut Violations) -> Join {
    let join = match v1::Join::try_from(join) {
        Ok(v1::Join::Unspecified | v1::Join::All) => Join::All,
        Ok(v1::Join::Any) => Join::Any,
        // How many edges there are is the checker's to see.
        Ok(v1::Join::NOf) => match u32::try_from(count) {
            Ok(count) => return Join::NOf(count),
            Err(_) => {
                violations.add(format!("{field}.join_count"), "must not be negative");
                return Join::All;
            }
        },
        Err(_) => {
            violations.add(format!("{field}.join"), "is not a join");
            return Join::All;
        }
    };
    if count != 0 {
        violations.add(format!("{field}.join_count"), "is for JOIN_N_OF alone; leave it out");
    }
    join
}

pub(crate) fn read_edge(message: v1::Edge, field: &str, violations: &mut Violations) -> Edge {
    let v1::Edge { source, target, on, condition, data_flow, otherwise } = message;
    let on = match word(on, &format!("{field}.on"), "is not an end of a task", violations) {
        v1::EdgeOn::Unspecified | v1::EdgeOn::Success => EdgeOn::Success,
        v1::EdgeOn::Failure => EdgeOn::Failure,
        v1::EdgeOn::Always => EdgeOn::Always,
    };
    Edge { source, target, on, condition, otherwise, data_flow: data_flow.into_iter().collect() }
}

/// Reads a capability, noting every violation.
pub fn read_capability(message: v1::Capability, field: &str, violations: &mut Violations) -> Capability {
    let v1::Capability { name, description, input_schema, output_schema, effect, cost } = message;
    let effect = match word(effect, &format!("{field}.effect"), "is not an effect", violations) {
        v1::CapabilityEffect::Read => Effect::Read,
        v1::CapabilityEffect::Unspecified | v1::CapabilityEffect::Write => Effect::Write,
    };
    let mut schema = |schema: Option<Struct>, part: &str| {
        schema
            .and_then(|schema| map_from_struct(schema, &format!("{field}.{part}"), violations))
            .map(Value::Object)
    };
    let input_schema = schema(input_schema, "input_schema");
    let output_schema = schema(output_schema, "output_schema");
    let cost = cost.map(|cost| amount::read_cost(cost, &format!("{field}.cost"), violations));
    Capability { name, description, input_schema, output_schema, effect, cost }
}

/// A blueprint as a message.
pub fn blueprint_from_model(blueprint: &Blueprint) -> v1::Blueprint {
    let Blueprint {
        name,
        tasks,
        edges,
        capabilities,
        deadline_ms,
        output,
        require_compensation,
        max_tasks,
        budget,
        parent,
        max_replans,
    } = blueprint;
    v1::Blueprint {
        name: name.clone(),
        tasks: tasks.iter().map(task_from_model).collect(),
        edges: edges.iter().map(edge_from_model).collect(),
        capabilities: capabilities.iter().map(capability_from_model).collect(),
        deadline_ms: whole::message_of(*deadline_ms),
        output: flow(output),
        require_compensation: *require_compensation,
        max_tasks: i32::try_from(*max_tasks).unwrap_or(i32::MAX),
        budget: amount::budget_from_model(*budget),
        parent: parent.map(|digest| digest.to_string()).unwrap_or_default(),
        max_replans: i32::try_from(*max_replans).unwrap_or(i32::MAX),
    }
}

pub(crate) fn task_from_model(task: &Task) -> v1::Task {
    let Task {
        name,
        capability,
        input,
        data_flow,
        join,
        rest,
        branch,
        retry,
        timeouts,
        for_each,
        repeat,
        run,
        compensate_with,
        extends,
        concurrency_key,
        priority: own_priority,
        withdrawn,
    } = task;
    let (join, join_count) = match *join {
        Join::All => (v1::Join::All, 0),
        Join::Any => (v1::Join::Any, 0),
        Join::NOf(count) => (v1::Join::NOf, i32::try_from(count).unwrap_or(i32::MAX)),
    };
    let rest = match rest {
        Rest::Ignore => v1::Rest::Ignore,
        Rest::Cancel => v1::Rest::Cancel,
    };
    let branch = match branch {
        Branch::Inclusive => v1::Branch::Inclusive,
        Branch::Exclusive => v1::Branch::Exclusive,
    };
    v1::Task {
        name: name.clone(),
        capability: capability.clone(),
        input: (!input.is_empty()).then(|| struct_from_map(input)),
        data_flow: flow(data_flow),
        join: join.into(),
        join_count,
        rest: rest.into(),
        branch: branch.into(),
        retry: Some(timing::retry_from_model(retry)),
        timeouts: (*timeouts != Timeouts::default()).then(|| timing::timeouts_from_model(*timeouts)),
        for_each: for_each.as_ref().map(body::for_each_from_model),
        r#loop: repeat.as_ref().map(body::loop_from_model),
        run: run.as_ref().map(body::run_from_model),
        extends: *extends,
        concurrency_key: concurrency_key.as_ref().map(key_from_model),
        priority: own_priority.map_or(v1::Priority::Unspecified, priority).into(),
        compensate_with: compensate_with.as_ref().map(body::compensation_from_model),
        withdrawn: *withdrawn,
    }
}

fn key_from_model(key: &ConcurrencyKey) -> v1::ConcurrencyKey {
    let ConcurrencyKey { key, limit } = key;
    v1::ConcurrencyKey { key: key.clone(), limit: i32::try_from(*limit).unwrap_or(i32::MAX) }
}

pub(crate) fn edge_from_model(edge: &Edge) -> v1::Edge {
    let Edge { source, target, on, condition, otherwise, data_flow } = edge;
    let on = match on {
        EdgeOn::Success => v1::EdgeOn::Success,
        EdgeOn::Failure => v1::EdgeOn::Failure,
        EdgeOn::Always => v1::EdgeOn::Always,
    };
    v1::Edge {
        source: source.clone(),
        target: target.clone(),
        on: on.into(),
        condition: condition.clone(),
        otherwise: *otherwise,
        data_flow: flow(data_flow),
    }
}

pub(crate) fn flow(data_flow: &std::collections::BTreeMap<String, String>) -> HashMap<String, String> {
    data_flow.iter().map(|(path, expression)| (path.clone(), expression.clone())).collect()
}

/// A capability as a message.
pub fn capability_from_model(capability: &Capability) -> v1::Capability {
    let Capability { name, description, input_schema, output_schema, effect, cost } = capability;
    let schema = |schema: &Option<Value>| schema.as_ref().and_then(Value::as_object).map(struct_from_map);
    let effect = match effect {
        Effect::Read => v1::CapabilityEffect::Read,
        Effect::Write => v1::CapabilityEffect::Write,
    };
    v1::Capability {
        name: name.clone(),
        description: description.clone(),
        input_schema: schema(input_schema),
        output_schema: schema(output_schema),
        effect: effect.into(),
        cost: cost.map(amount::cost_from_model),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn blueprint() -> Blueprint {
        serde_json::from_value(json!({
            "name": "two",
            "tasks": [
                {"name": "a", "capability": "c", "input": {"n": 1, "x": [1.5, null]}, "retry": {"max_attempts": 3, "jitter": 0.0},
                 "timeouts": {"heartbeat_ms": 9}},
                {"name": "b", "capability": "c", "join": "any", "branch": "exclusive", "data_flow": {"v": "tasks.a.output"}},
                {"name": "d", "capability": "c", "join": {"n_of": 2}, "rest": "cancel"},
                {"name": "e", "for_each": {"concurrency": 2, "failures": {"tolerate": 3}, "body": {"tasks": [
                    {"name": "f", "loop": {"while": "true", "max_iterations": 4, "body": {
                        "tasks": [{"name": "g", "capability": "c"}, {"name": "h", "capability": "c"}],
                        "edges": [{"from": "g", "to": "h"}], "output": {"x": "iteration"}}}}]}}},
                {"name": "l", "capability": "c", "extends": true, "compensate_with": {"capability": "c", "input": {"x": 1}, "data_flow": {"y": "1"},
                    "retry": {"max_attempts": 2}, "timeouts": {"heartbeat_ms": 1}}},
                {"name": "m", "capability": "c", "concurrency_key": {"key": "'x'", "limit": 3}, "priority": "low"},
                {"name": "i", "run": {"body": {"tasks": [{"name": "j", "capability": "c"}]}}},
                {"name": "k", "run": {"digest": "11".repeat(32)}, "withdrawn": true},
            ],
            "edges": [{"from": "a", "to": "b", "on": "always", "condition": "true", "data_flow": {"w": "1"}},
                      {"from": "b", "to": "d", "otherwise": true}],
            "deadline_ms": 7,
            "require_compensation": true,
            "parent": "5".repeat(64),
            "max_tasks": 9,
            "max_replans": 2,
            "budget": {"money_micros": 1_000_000, "tokens": 5, "attempts": 3},
            "output": {"x.y": "tasks.a.state"},
            "capabilities": [{"name": "c", "effect": "read", "input_schema": {"type": "object"},
                              "cost": {"money_micros": 0, "latency_ms": 20}}],
        }))
        .unwrap()
    }

    #[test]
    fn a_blueprint_survives_the_way_through_a_message() {
        let mut violations = Violations::default();
        let back = read_blueprint(blueprint_from_model(&blueprint()), "blueprint", &mut violations).unwrap();
        assert_eq!(back, blueprint());
        assert_eq!(back.digest(), blueprint().digest());
    }

    #[test]
    fn every_field_that_cannot_be_read_is_named() {
        let mut message = blueprint_from_model(&blueprint());
        message.tasks[1].join = 99;
        message.tasks[1].branch = 9;
        message.tasks[2].join_count = -2;
        message.tasks[2].rest = 5;
        message.tasks[5].concurrency_key.as_mut().unwrap().limit = -1;
        message.tasks[5].priority = 9;
        message.tasks[0].join_count = 1;
        message.tasks[0].retry =
            Some(v1::RetryPolicy { max_attempts: -1, initial_backoff_ms: Some(-5), ..Default::default() });
        message.edges[0].on = 7;
        message.capabilities[0].effect = 9;
        message.capabilities[0].cost =
            Some(v1::Cost { money_micros: Some(-1), tokens: Some(-2), latency_ms: Some(-3) });
        message.budget = Some(v1::Budget { money_micros: -1, tokens: -2, attempts: -3 });
        let mut violations = Violations::default();
        assert!(read_blueprint(message, "blueprint", &mut violations).is_none());
        let fields: Vec<String> = violations.into_iter().map(|violation| violation.field).collect();
        assert_eq!(
            fields,
            [
                "blueprint.tasks[0].join_count",
                "blueprint.tasks[0].retry.max_attempts",
                "blueprint.tasks[0].retry.initial_backoff_ms",
                "blueprint.tasks[1].join",
                "blueprint.tasks[1].branch",
                "blueprint.tasks[2].join_count",
                "blueprint.tasks[2].rest",
                "blueprint.tasks[5].concurrency_key.limit",
                "blueprint.tasks[5].priority",
                "blueprint.edges[0].on",
                "blueprint.capabilities[0].effect",
                "blueprint.capabilities[0].cost.money_micros",
                "blueprint.capabilities[0].cost.tokens",
                "blueprint.capabilities[0].cost.latency_ms",
                "blueprint.budget.money_micros",
                "blueprint.budget.tokens",
                "blueprint.budget.attempts"
            ]
        );
    }
}
