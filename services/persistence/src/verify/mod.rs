//! Looking for what breaks a promise, and mending what can be mended safely.

mod deliveries;

use goalpost_model::WorkflowId;
use goalpost_store::history::{self, Verified, Violation};
use goalpost_store::keys;

use crate::Context;
use crate::active::Error;
use deliveries::Deliveries;

/// Violations that are told at most.
const LIMIT: usize = 1_000;

/// Looks at the state in one snapshot, and twice at the deliveries: what moves between two looks is not
/// lost. `None` if there is no such workflow.
pub(crate) async fn verify(
    context: &Context,
    only: Option<WorkflowId>,
    repair: bool,
) -> Result<Option<Verified>, Error> {
    let Some(mut verified) = history::verify(&context.store, only).await? else { return Ok(None) };
    let first = Deliveries::look(context, only).await?;
    let mut wrong = if first.is_empty() { first } else { first.both(Deliveries::look(context, only).await?) };
    if repair {
        mend_state(context, only, &mut verified.violations).await?;
        wrong.mend(context).await?;
    } else {
        wrong.pass_over_stale();
    }
    verified.violations.extend(wrong.violations(repair));
    verified.violations.truncate(LIMIT);
    Ok(Some(verified))
}

async fn mend_state(
    context: &Context,
    only: Option<WorkflowId>,
    violations: &mut [Violation],
) -> Result<(), Error> {
    if mark(violations, "TIMER_MISSING", "armed, due at once") {
        history::arm_missing_timers(&context.store, only).await?;
    }
    if mark(violations, "ORPHANED_TIMER", "removed") {
        history::remove_orphaned_timers(&context.store, only).await?;
    }
    let orphaned = mark(violations, "ORPHANED_KEY", "taken back");
    if mark(violations, "IDLE_KEY", "handed on") || orphaned {
        keys::hand_on(&context.store, only).await?;
    }
    Ok(())
}

/// Notes what is done about violations of this kind. False if there are none.
fn mark(violations: &mut [Violation], kind: &str, done: &'static str) -> bool {
    let mut found = false;
    for violation in violations.iter_mut().filter(|violation| violation.kind == kind) {
        violation.repaired = Some(done);
        found = true;
    }
    found
}
