//! Timers: what a workflow waits for that nobody sends.

use std::fmt;
use std::str::FromStr;

use crate::{TimerKind, WorkflowId};

/// One timer: what a delivery list carries when it has fired.
///
/// Its text form is `<workflow>:<ordinal>:<attempt>:<kind>`, or `<workflow>:-1:0:deadline`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerRef {
    /// The workflow.
    pub workflow: WorkflowId,
    /// The task's place in its blueprint, from 0; `None` if it is the workflow's own.
    pub task: Option<u32>,
    /// The task's attempt when it was armed; 0 if there was none.
    pub attempt: u32,
    /// What it is for.
    pub kind: TimerKind,
}

impl fmt::Display for TimerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workflow, task, attempt, kind } = self;
        let task = task.map_or(-1, i64::from);
        write!(f, "{workflow}:{task}:{attempt}:{kind}")
    }
}

/// Text that names no timer.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not of the form <workflow>:<ordinal>:<attempt>:<kind>")]
pub struct InvalidTimerRef(String);

impl FromStr for TimerRef {
    type Err = InvalidTimerRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let mut parts = text.splitn(4, ':');
            let workflow = parts.next()?.parse().ok()?;
            let task = match parts.next()? {
                "-1" => None,
                ordinal => Some(ordinal.parse().ok()?),
            };
            let (attempt, kind) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            let is_whole = kind == TimerKind::Deadline;
            (is_whole == task.is_none()).then_some(Self { workflow, task, attempt, kind })
        };
        parse().ok_or_else(|| InvalidTimerRef(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_timer_survives_its_text_form() {
        let workflow = WorkflowId(Uuid::from_u128(7));
        for kind in TimerKind::ALL {
            let task = (*kind != TimerKind::Deadline).then_some(3);
            let timer = TimerRef { workflow, task, attempt: 2, kind: *kind };
            assert_eq!(timer.to_string().parse::<TimerRef>().unwrap(), timer);
        }
        for wrong in ["", "x:1:1:wait", &format!("{workflow}:-1:0:wait"), &format!("{workflow}:0:0:deadline")]
        {
            assert!(wrong.parse::<TimerRef>().is_err(), "{wrong}");
        }
    }
}
