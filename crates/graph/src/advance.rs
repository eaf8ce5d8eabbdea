//! The transition function.

use std::sync::Arc;

use goalpost_checker::CompiledBlueprint;
use goalpost_model::{Amount, Failure};

use crate::admit::admit;
use crate::step::Step;
use crate::{Effect, Event, IllegalTransition, Workflow};

/// Lets one event happen to a workflow. The effects say what changed, in order.
///
/// `blueprint` is the one that the workflow was made with. The cost grows with the outgoing edges of
/// what ends, and with the inputs of what becomes ready; all tasks are looked at only when the workflow ends.
///
/// # Errors
/// The event does not fit the state; the workflow is untouched.
pub fn advance(
    blueprint: &CompiledBlueprint,
    workflow: &mut Workflow,
    event: Event,
) -> Result<Vec<Effect>, IllegalTransition> {
    admit(blueprint, workflow, &event)?;
    let limit = workflow.payload_limit;
    let mut step = Step::new(blueprint, workflow);
    match event {
        Event::Start => step.start(),
        Event::AttemptStarted { task, .. } => step.attempt_started(task),
        Event::AttemptSucceeded { task, output, usage, .. } => {
            step.spend(task, usage.or(step.compiled(task).cost));
            match step.compiled(task).check_output(&output, limit) {
                Ok(()) if step.compiled(task).extends => step.await_plan(task, Arc::new(output)),
                Ok(()) => step.succeeded(task, Arc::new(output)),
                Err(failure) => step.attempt_failed(task, failure),
            }
        }
        Event::AttemptFailed { task, failure, usage, .. } => {
            step.spend(task, usage.or(step.compiled(task).cost));
            step.attempt_failed(task, failure);
        }
        Event::AttemptUndelivered { task, .. } => {
            step.spend(task, Amount::default());
            let message = "the attempt never reached its worker; another one is given out";
            step.again(task, Failure::new(Failure::NOT_DELIVERED, message));
        }
        Event::TimerFired { task, kind, .. } => step.timer_fired(task, kind),
        Event::KeyGranted { task, .. } => step.key_granted(task),
        Event::DeadlineExceeded => step.deadline_exceeded(),
        Event::WallTimeExceeded => step.wall_time_exceeded(),
        Event::SetBudget { budget } => step.set_budget(budget),
        Event::Cancel { failure } => step.end_early(failure),
        Event::Retry { all } => step.retry(all),
        Event::Pause { failure } => step.pause(failure),
        Event::Resume => step.resume(),
        Event::Signal { id, name, payload } => step.signal(id, name, payload),
        Event::Decide { task, verdict } => step.decide(task, verdict),
        Event::Expand { task, outcome, spent, .. } => {
            step.change(task, |task| task.spent = task.spent.plus(spent));
            step.expand(task, outcome);
        }
        Event::NoReplan { reason, .. } => step.end_without_replan(&reason),
        Event::Skip { task, output, reason } => step.skip(task, output, reason),
    }
    step.balance();
    Ok(step.into_effects())
}
