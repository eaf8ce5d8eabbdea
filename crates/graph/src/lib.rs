//! The pure transition function of a workflow: no IO, no clock, no random numbers.
//!
//! [`advance`] takes a compiled blueprint, a [`Workflow`] and one [`Event`]; it changes the workflow and
//! answers with [`Effect`]s, which are the events of the workflow's history in their order. The shell
//! stores the tasks that the effects name; [`Workflow::restore`] makes the same workflow of what was stored.
//!
//! ```text
//! Event -- admit --> advance -- a task ends --> settle: its edges, then the joins they lead to
//!            |                                    |  ^ a target fails or is skipped: it ended too
//!     IllegalTransition                           v
//!                                             nothing is open: the workflow ends
//! ```
//!
//! Rules of the graph:
//! - When a task ends, its outgoing edges are decided in their order, all of them before anything they
//!   lead to starts. An edge is taken if its `on` matches the end and its condition holds. Of an exclusive
//!   branch the first edge whose condition holds is taken and no later one; an edge that is taken
//!   otherwise is taken if no condition of its source holds.
//! - A condition that cannot be evaluated leaves its edge untaken, and the workflow will end as FAILED
//!   because of it; everything else runs on. So does a failed task none of whose edges was taken.
//! - A task starts once its join is met, and is skipped as soon as its join can no longer be met.
//! - A join that wants the rest to be cancelled, once it is met, has the tasks cancelled that lead to nothing
//!   else, and so on backwards. They decide no edge.
//! - A task whose input cannot be put together fails without an attempt. One that only computes succeeds
//!   with its input.
//! - A failed attempt is followed by another one while the retry policy has one left, after a pause.
//! - Whatever waits for a time says so by its state: [`Workflow::timer`]. The shell arms the timer and
//!   comes back with `TimerFired`.
//! - A task with a graph inside of it waits for the runs of that graph: one for each item, one iteration after
//!   the other, or one. Each run is a graph as the blueprint's is; it ends when none of its tasks is open.
//! - The blueprint may be [extended](extend) while it runs. What has happened stays as it is. An extension may do without
//!   tasks: they end, what they did is undone, one after the other, and what is added begins after that.
//! - A workflow that would fail because of a task waits for another plan, as often as its blueprint says.
//! - The workflow ends when no task is open, or when its deadline is over. One that fails or is cancelled
//!   first undoes, one after the other, what its tasks have done.
//! - What an attempt may take is reserved before it is given out. One for which the budget has no room waits; the
//!   workflow pauses if there will be none, whatever is given back by those that run.
//! - Nothing new is started while it is paused. After a bad end it may be retried: then what stopped it waits
//!   for its join again, under new attempts.

mod admit;
mod advance;
mod body;
mod branch;
mod budget;
mod effect;
mod event;
mod explain;
mod extend;
mod hand;
mod illegal;
mod invalid;
mod join;
mod places;
mod replace;
mod replan;
mod rest;
mod restore;
mod retry;
mod rows;
mod settle;
mod simulate;
mod step;
mod tasks;
mod timer;
mod undo;
mod workflow;

pub use advance::advance;
pub use effect::Effect;
pub use event::Event;
pub use explain::{EdgeExplanation, Explanation};
pub use extend::extend;
pub use illegal::IllegalTransition;
pub use invalid::InvalidState;
pub use places::Added;
pub use restore::Stored;
pub use simulate::{Outcome, Simulation, simulate};
pub use tasks::Tasks;
pub use timer::{Due, Timer, may_have_timer};
pub use workflow::{Planned, Reserved, Signal, Task, Workflow};
