//! From the core's timers to rows.

use std::hash::{BuildHasher as _, RandomState};

use goalpost_graph::{Due, Timer};
use goalpost_model::{TimerRef, WorkflowId};
use goalpost_store::workflows::{self, ArmedTimer};

/// The row of a timer of a task, or of the workflow.
pub(crate) fn armed(workflow: WorkflowId, task: Option<usize>, attempt: u32, timer: Timer) -> ArmedTimer {
    let task = task.map(|task| u32::try_from(task).unwrap_or(u32::MAX));
    let due = match timer.due {
        Due::At(at) => workflows::Due::At(at),
        Due::After { ms, jitter } => workflows::Due::AfterMs(shortened(ms, jitter)),
    };
    ArmedTimer { timer: TimerRef { workflow, task, attempt, kind: timer.kind }, due }
}

/// Chance takes up to the share `jitter` away.
fn shortened(ms: u64, jitter: f64) -> u64 {
    if jitter == 0.0 {
        return ms;
    }
    let chance = RandomState::new().hash_one(ms) as f64 / u64::MAX as f64;
    let taken = ms as f64 * jitter * chance;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and ms")]
    ms.saturating_sub(taken as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_shortens_a_pause_within_its_share() {
        assert_eq!(shortened(1_000, 0.0), 1_000);
        let pauses: Vec<u64> = (0..200).map(|_| shortened(1_000, 0.2)).collect();
        assert!(pauses.iter().all(|pause| (800..=1_000).contains(pause)));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
