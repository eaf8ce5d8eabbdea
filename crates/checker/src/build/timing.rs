//! Retry policies, timeouts and deadlines.

use goalpost_model::limits::{MAX_ATTEMPTS, MAX_DELAY_MS, MAX_FAILURE_KINDS, MAX_NAME_BYTES};
use goalpost_model::{RetryPolicy, Task, Timeouts};

use crate::builtin::Control;
use crate::code;
use crate::report::{Problem, Report, task_node};

use super::draft::Draft;

/// Checks every number that has to do with time.
pub(super) fn check(blueprint: Draft<'_>, report: &mut Report) {
    for task in blueprint.tasks {
        let node = task_node(task);
        let mut place = Place { node: &node, report };
        if Control::of(task.performs()).is_some() {
            place.needs_none(task);
        }
        place.retry(&task.retry);
        let Timeouts { schedule_to_start_ms, start_to_close_ms, heartbeat_ms } = task.timeouts;
        place.delay("timeouts.schedule_to_start_ms", schedule_to_start_ms);
        place.delay("timeouts.start_to_close_ms", start_to_close_ms);
        place.delay("timeouts.heartbeat_ms", heartbeat_ms);
    }
}

/// Checks how long the workflow may run.
pub(super) fn check_deadline(deadline_ms: u64, report: &mut Report) {
    Place { node: "", report }.delay("deadline_ms", deadline_ms);
}

struct Place<'a> {
    node: &'a str,
    report: &'a mut Report,
}

impl Place<'_> {
    fn retry(&mut self, retry: &RetryPolicy) {
        let attempts = retry.max_attempts;
        if !(1..=MAX_ATTEMPTS).contains(&attempts) {
            let message = format!("max_attempts is {attempts}; 1 to {MAX_ATTEMPTS} are allowed");
            let fix = "write how many attempts the task may have in all";
            self.report.error(
                self.node,
                "retry.max_attempts",
                Problem::new(code::MAX_ATTEMPTS, message, fix),
            );
        }
        self.delay("retry.initial_backoff_ms", retry.initial_backoff_ms);
        self.delay("retry.max_backoff_ms", retry.max_backoff_ms);
        if !(1.0..=100.0).contains(&retry.backoff_coefficient) {
            let message =
                format!("backoff_coefficient is {}; 1 to 100 are allowed", retry.backoff_coefficient);
            self.wrong(
                "retry.backoff_coefficient",
                message,
                "write by how much each pause is longer than the one before",
            );
        }
        if !(0.0..=1.0).contains(&retry.jitter) {
            let message = format!("jitter is {}; 0 to 1 are allowed", retry.jitter);
            self.wrong("retry.jitter", message, "write the share of a pause that is left to chance");
        }
        let kinds = &retry.non_retryable;
        let is_fine = |kind: &String| (1..=MAX_NAME_BYTES).contains(&kind.len()) && !kind.contains('\0');
        if kinds.len() > MAX_FAILURE_KINDS || !kinds.iter().all(is_fine) {
            let message =
                format!("at most {MAX_FAILURE_KINDS} kinds of 1 to {MAX_NAME_BYTES} bytes are allowed");
            self.wrong("retry.non_retryable", message, "name kinds of failures, for example INVALID_CITY");
        }
    }

    fn delay(&mut self, field: &str, ms: u64) {
        if ms > MAX_DELAY_MS {
            let message = format!("{field} is {ms}; at most {MAX_DELAY_MS} (ten years) are allowed");
            self.wrong(field, message, "write milliseconds");
        }
    }

    /// What the engine does itself has no attempts.
    fn needs_none(&mut self, task: &Task) {
        let has = [
            ("retry", task.retry != RetryPolicy::default()),
            ("timeouts", task.timeouts != Timeouts::default()),
            ("concurrency_key", task.concurrency_key.is_some()),
            ("priority", task.priority.is_some()),
        ];
        for (field, _) in has.iter().filter(|(_, has)| *has) {
            let message = format!("{} is done by the engine, which needs no {field}", task.performs());
            self.wrong(field, message, "remove it");
        }
    }

    fn wrong(&mut self, field: &str, message: String, fix: &'static str) {
        self.report.error(self.node, field, Problem::new(code::TIMING, message, fix));
    }
}
