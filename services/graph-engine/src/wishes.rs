//! What is asked of a workflow from outside, read from messages.

use goalpost_model::Failure;
use goalpost_model::limits::MAX_GOAL_BYTES;
use goalpost_proto::v1::act_on_workflow_request::Action;
use goalpost_proto::v1::{
    NoReplanAction, PauseAction, ResolveAction, RetryAction, SetBudgetAction, SignalAction, SkipAction,
};
use goalpost_proto::{Violations, read_budget_change, read_value};
use serde_json::{Value, json};

use crate::engine::Wish;

/// The wish that a message says; notes what cannot be read.
pub(crate) fn read(action: Option<Action>, violations: &mut Violations) -> Option<Wish> {
    match action {
        None => {
            violations.add("action", "must say what shall be done");
            None
        }
        // Its blueprint has to be read first.
        Some(Action::Expand(_) | Action::Extend(_)) => None,
        Some(Action::Pause(PauseAction { reason })) => Some(Wish::Pause { reason }),
        Some(Action::Resume(_)) => Some(Wish::Resume),
        Some(Action::SetBudget(SetBudgetAction { budget })) => {
            Some(Wish::Fund { change: read_budget_change(budget, "set_budget.budget", violations) })
        }
        Some(Action::Retry(RetryAction { all })) => Some(Wish::Retry { all }),
        Some(Action::Signal(SignalAction { signal_id, name, payload })) => {
            let payload = read_value(payload, "signal.payload", violations)?.unwrap_or(Value::Null);
            Some(Wish::Signal { id: signal_id, name, payload })
        }
        Some(Action::Resolve(ResolveAction { task, approved, by, reason })) => {
            let verdict = if approved {
                Ok(json!({"by": by, "reason": reason}))
            } else {
                let who = if by.is_empty() { "somebody" } else { &by };
                Err(Failure::new(Failure::REJECTED, format!("{who} rejected it: {reason}")))
            };
            Some(Wish::Decide { task, verdict })
        }
        Some(Action::NoReplan(NoReplanAction { number, reason })) => {
            let read = u32::try_from(number).ok();
            if read.is_none() {
                violations.add("no_replan.number", "must say how often the workflow has waited");
            }
            if reason.len() > MAX_GOAL_BYTES || reason.contains('\0') {
                let most = format!("must have at most {MAX_GOAL_BYTES} bytes, none of them NUL");
                violations.add("no_replan.reason", most);
            }
            Some(Wish::NoReplan { number: read?, reason })
        }
        Some(Action::Skip(SkipAction { task, reason, output })) => {
            let output = read_value(output, "skip.output", violations)?;
            Some(Wish::Skip { task, output, reason })
        }
    }
}
