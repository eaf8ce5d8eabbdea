//! Graphs inside of tasks.

use goalpost_model::{Body, Compensation, Failures, ForEach, Loop, Run, Timeouts};

use crate::blueprint::{edge_from_model, flow, read_all, read_edge, read_task, task_from_model, word};
use crate::{Violations, map_from_struct, struct_from_map, timing, v1};

fn read_body(message: Option<v1::Body>, field: &str, violations: &mut Violations) -> Body {
    let v1::Body { tasks, edges, output } = message.unwrap_or_default();
    Body {
        tasks: read_all(tasks, &format!("{field}.tasks"), violations, read_task),
        edges: read_all(edges, &format!("{field}.edges"), violations, read_edge),
        output: output.into_iter().collect(),
    }
}

pub(crate) fn read_count(count: i32, field: String, violations: &mut Violations) -> u32 {
    u32::try_from(count).unwrap_or_else(|_| {
        violations.add(field, "must not be negative");
        0
    })
}

pub(crate) fn read_for_each(message: v1::ForEach, field: &str, violations: &mut Violations) -> ForEach {
    let v1::ForEach { concurrency, failures, tolerate, body } = message;
    let policy = word(failures, &format!("{field}.failures"), "is not a policy", violations);
    let count = read_count(tolerate, format!("{field}.tolerate"), violations);
    let failures = match policy {
        v1::FailurePolicy::Unspecified | v1::FailurePolicy::FailFast => Failures::FailFast,
        v1::FailurePolicy::Collect => Failures::Collect,
        v1::FailurePolicy::Tolerate => Failures::Tolerate(count),
    };
    if count != 0 && policy != v1::FailurePolicy::Tolerate {
        violations.add(format!("{field}.tolerate"), "is for FAILURE_POLICY_TOLERATE alone; leave it out");
    }
    ForEach {
        concurrency: read_count(concurrency, format!("{field}.concurrency"), violations),
        failures,
        body: read_body(body, &format!("{field}.body"), violations),
    }
}

pub(crate) fn read_loop(message: v1::Loop, field: &str, violations: &mut Violations) -> Loop {
    let v1::Loop { r#while, max_iterations, body } = message;
    Loop {
        condition: r#while,
        max_iterations: read_count(max_iterations, format!("{field}.max_iterations"), violations),
        body: read_body(body, &format!("{field}.body"), violations),
    }
}

pub(crate) fn read_run(message: v1::Run, field: &str, violations: &mut Violations) -> Run {
    let v1::Run { body, digest } = message;
    let body = body.map(|body| read_body(Some(body), &format!("{field}.body"), violations));
    let read = (!digest.is_empty()).then(|| digest.parse().ok());
    if read == Some(None) {
        violations.add(format!("{field}.digest"), "must be the 64 hexadecimal digits of a stored blueprint");
    }
    Run { body, digest: read.flatten() }
}

fn body_from_model(body: &Body) -> v1::Body {
    let Body { tasks, edges, output } = body;
    v1::Body {
        tasks: tasks.iter().map(task_from_model).collect(),
        edges: edges.iter().map(edge_from_model).collect(),
        output: flow(output),
    }
}

pub(crate) fn for_each_from_model(for_each: &ForEach) -> v1::ForEach {
    let ForEach { concurrency, failures, body } = for_each;
    let (failures, tolerate) = match *failures {
        Failures::FailFast => (v1::FailurePolicy::FailFast, 0),
        Failures::Collect => (v1::FailurePolicy::Collect, 0),
        Failures::Tolerate(count) => (v1::FailurePolicy::Tolerate, count),
    };
    v1::ForEach {
        concurrency: i32::try_from(*concurrency).unwrap_or(i32::MAX),
        failures: failures.into(),
        tolerate: i32::try_from(tolerate).unwrap_or(i32::MAX),
        body: Some(body_from_model(body)),
    }
}

pub(crate) fn loop_from_model(repeat: &Loop) -> v1::Loop {
    let Loop { condition, max_iterations, body } = repeat;
    v1::Loop {
        r#while: condition.clone(),
        max_iterations: i32::try_from(*max_iterations).unwrap_or(i32::MAX),
        body: Some(body_from_model(body)),
    }
}

pub(crate) fn run_from_model(run: &Run) -> v1::Run {
    let Run { body, digest } = run;
    v1::Run {
        body: body.as_ref().map(body_from_model),
        digest: digest.map(|digest| digest.to_string()).unwrap_or_default(),
    }
}

pub(crate) fn read_compensation(
    message: v1::Compensation,
    field: &str,
    violations: &mut Violations,
) -> Compensation {
    let v1::Compensation { capability, input, data_flow, retry, timeouts } = message;
    let input = map_from_struct(input.unwrap_or_default(), &format!("{field}.input"), violations);
    Compensation {
        capability,
        input: input.unwrap_or_default(),
        data_flow: data_flow.into_iter().collect(),
        retry: timing::read_retry(retry, &format!("{field}.retry"), violations),
        timeouts: timing::read_timeouts(timeouts, &format!("{field}.timeouts"), violations),
    }
}

pub(crate) fn compensation_from_model(compensation: &Compensation) -> v1::Compensation {
    let Compensation { capability, input, data_flow, retry, timeouts } = compensation;
    v1::Compensation {
        capability: capability.clone(),
        input: (!input.is_empty()).then(|| struct_from_map(input)),
        data_flow: flow(data_flow),
        retry: Some(timing::retry_from_model(retry)),
        timeouts: (*timeouts != Timeouts::default()).then(|| timing::timeouts_from_model(*timeouts)),
    }
}
