//! Retry policies, timeouts and deadlines.

use goalpost_model::Blueprint;
use goalpost_model::limits::{MAX_DELAY_MS, MAX_FAILURE_KINDS};
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::{blueprint, codes};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[
    no_attempt,
    too_many_attempts,
    a_backoff_that_shrinks,
    more_jitter_than_there_is_pause,
    a_kind_of_failure_without_a_name,
    too_many_kinds_of_failure,
    a_timeout_of_more_than_ten_years,
    a_deadline_of_more_than_ten_years,
    attempts_of_what_the_engine_does,
];

#[test]
fn every_mistake_of_timing_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn with(field: &str, value: Value) -> Blueprint {
    blueprint(json!([{"name": "a", field: value}]), json!([]))
}

fn retrying(field: &str, value: Value) -> Blueprint {
    let mut retry = json!({"max_attempts": 1});
    retry[field] = value;
    with("retry", retry)
}

fn no_attempt() -> Example {
    Example {
        finding: "error[GP007] task a, retry.max_attempts: max_attempts is 0; 1 to 100 are allowed (fix: write how many attempts the task may have in all)",
        broken: retrying("max_attempts", json!(0)),
        mended: retrying("max_attempts", json!(1)),
    }
}

fn too_many_attempts() -> Example {
    Example {
        finding: "error[GP007] task a, retry.max_attempts: max_attempts is 101; 1 to 100 are allowed (fix: write how many attempts the task may have in all)",
        broken: retrying("max_attempts", json!(101)),
        mended: retrying("max_attempts", json!(100)),
    }
}

fn a_backoff_that_shrinks() -> Example {
    Example {
        finding: "error[GP012] task a, retry.backoff_coefficient: backoff_coefficient is 0.5; 1 to 100 are allowed (fix: write by how much each pause is longer than the one before)",
        broken: retrying("backoff_coefficient", json!(0.5)),
        mended: retrying("backoff_coefficient", json!(1.5)),
    }
}

fn more_jitter_than_there_is_pause() -> Example {
    Example {
        finding: "error[GP012] task a, retry.jitter: jitter is 1.5; 0 to 1 are allowed (fix: write the share of a pause that is left to chance)",
        broken: retrying("jitter", json!(1.5)),
        mended: retrying("jitter", json!(0.5)),
    }
}

fn a_kind_of_failure_without_a_name() -> Example {
    Example {
        finding: "error[GP012] task a, retry.non_retryable: at most 100 kinds of 1 to 128 bytes are allowed (fix: name kinds of failures, for example INVALID_CITY)",
        broken: retrying("non_retryable", json!([""])),
        mended: retrying("non_retryable", json!(["INVALID_CITY"])),
    }
}

fn too_many_kinds_of_failure() -> Example {
    Example {
        finding: "error[GP012] task a, retry.non_retryable: at most 100 kinds of 1 to 128 bytes are allowed (fix: name kinds of failures, for example INVALID_CITY)",
        broken: retrying("non_retryable", json!(vec!["KIND"; MAX_FAILURE_KINDS + 1])),
        mended: retrying("non_retryable", json!(vec!["KIND"; MAX_FAILURE_KINDS])),
    }
}

fn a_timeout_of_more_than_ten_years() -> Example {
    let of = |ms: u64| with("timeouts", json!({"start_to_close_ms": ms}));
    Example {
        finding: "error[GP012] task a, timeouts.start_to_close_ms: timeouts.start_to_close_ms is 316224000001; at most 316224000000 (ten years) are allowed (fix: write milliseconds)",
        broken: of(MAX_DELAY_MS + 1),
        mended: of(MAX_DELAY_MS),
    }
}

fn a_deadline_of_more_than_ten_years() -> Example {
    let of = |deadline_ms| Blueprint { deadline_ms, ..blueprint(json!(["a"]), json!([])) };
    Example {
        finding: "error[GP012], deadline_ms: deadline_ms is 316224000001; at most 316224000000 (ten years) are allowed (fix: write milliseconds)",
        broken: of(MAX_DELAY_MS + 1),
        mended: of(MAX_DELAY_MS),
    }
}

fn attempts_of_what_the_engine_does() -> Example {
    let wait = |attempts: u32| {
        let input = json!({"duration_ms": 1_000});
        let retry = json!({"max_attempts": attempts});
        blueprint(
            json!([{"name": "a", "capability": "goalpost.wait", "input": input, "retry": retry}]),
            json!([]),
        )
    };
    Example {
        finding: "error[GP012] task a, retry: goalpost.wait is done by the engine, which needs no retry (fix: remove it)",
        broken: wait(2),
        mended: wait(1),
    }
}

#[test]
fn every_number_out_of_its_range_is_told() {
    let retry = json!({
        "max_attempts": 0, "initial_backoff_ms": u64::MAX, "max_backoff_ms": u64::MAX,
        "backoff_coefficient": -1.0, "jitter": -1.0, "non_retryable": ["\0"]
    });
    let timeouts = json!({
        "schedule_to_start_ms": u64::MAX, "start_to_close_ms": u64::MAX, "heartbeat_ms": u64::MAX
    });
    let task = json!({"name": "a", "retry": retry, "timeouts": timeouts});
    let codes = codes(&blueprint(json!([task]), json!([])));
    assert_eq!(codes[0], "GP007");
    assert_eq!(codes[1..], ["GP012"; 8]);
}

#[test]
fn numbers_that_are_none_are_out_of_every_range() {
    let mut blueprint = blueprint(json!(["a"]), json!([]));
    blueprint.tasks[0].retry.backoff_coefficient = f64::NAN;
    blueprint.tasks[0].retry.jitter = f64::NAN;
    assert_eq!(codes(&blueprint), ["GP012", "GP012"]);
}
