//! Timers: what a workflow waits for that nobody sends.

use std::fmt;
use std::str::FromStr;

use crate::{TimerKind, WorkflowId};

/// One timer: what a delivery list carries when it has fired.
///
/// Its text form is `<workflow>:<ordinal>:<attempt>:<kind>`, or `<workflow>:-1:0:deadline` and
/// `<workflow>:-3:0:wall_time`.
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

impl TimerRef {
    /// Its place among the timers of its workflow: the task's ordinal; before them, the workflow's own.
    pub fn place(&self) -> i64 {
        self.task.map_or_else(|| self.kind.place_of_workflows(), i64::from)
    }
}

impl TimerKind {
    /// Whether it is the workflow's own, and no task's.
    pub const fn is_workflows(self) -> bool {
        matches!(self, Self::Deadline | Self::WallTime)
    }

    /// The place of the workflow's own timer of this kind.
    pub const fn place_of_workflows(self) -> i64 {
        match self {
            // -2 is that of the approvals of a goal, which no workflow waits for.
            Self::WallTime => -3,
            _ => -1,
        }
    }
}

impl fmt::Display for TimerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workflow, task: _, attempt, kind } = self;
        write!(f, "{workflow}:{}:{attempt}:{kind}", self.place())
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
            let place: i64 = parts.next()?.parse().ok()?;
            let (attempt, kind) = (parts.next()?.parse().ok()?, parts.next()?.parse::<TimerKind>().ok()?);
            let task = if kind.is_workflows() { None } else { Some(u32::try_from(place).ok()?) };
            let timer = Self { workflow, task, attempt, kind };
            (timer.place() == place).then_some(timer)
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
            let task = (!kind.is_workflows()).then_some(3);
            let timer = TimerRef { workflow, task, attempt: 2, kind: *kind };
            assert_eq!(timer.to_string().parse::<TimerRef>().unwrap(), timer);
        }
        assert!("x:1:1:wait".parse::<TimerRef>().is_err());
        for wrong in
            ["", ":-1:0:wait", ":0:0:deadline", ":-3:0:deadline", ":-2:0:wall_time", ":3:0:wall_time"]
        {
            assert!(format!("{workflow}{wrong}").parse::<TimerRef>().is_err(), "{wrong}");
        }
    }
}
