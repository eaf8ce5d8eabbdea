//! Recorded workflow runs in WfFormat, read and turned into blueprints that replay them. Pure.
//!
//! [WfFormat](https://github.com/wfcommons/WfFormat) is the JSON in which WfCommons publishes runs of
//! real workflows, of Pegasus, Nextflow and others. A replay has a task a node and an edge a parent-child
//! pair; each task sleeps its recorded time, divided by a [`TimeScale`], in a worker that offers
//! [`CAPABILITY`]. With workers enough it cannot end before the longest path of the recorded times does:
//! what it takes beyond that, the engine has added.
//!
//! ```text
//! text -- Trace::parse --> Trace -- Trace::blueprint(scale) --> Blueprint
//! ```

mod blueprint;
mod document;
mod mistake;
mod names;
mod order;
mod parse;
mod scale;
mod sleep;
mod trace;

pub use mistake::{Mistake, Mistakes};
pub use scale::{InvalidTimeScale, TimeScale};
pub use sleep::{CAPABILITY, Sleep, Slept, capability};
pub use trace::{Trace, TracedTask};
