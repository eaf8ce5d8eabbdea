//! Checks and compiles blueprints; CEL and JSON Schema live here. Pure.
//!
//! Two doors: [`check`] says everything that is wrong with a blueprint, for people and planners;
//! [`compile`] turns a self-contained blueprint into a [`CompiledBlueprint`], for the engine.
//! What `check` accepts, `compile` compiles.
//!
//! ```text
//! Blueprint -- check --> findings, Blueprint with its capabilities
//!                          Blueprint -- compile --> CompiledBlueprint -- condition_holds, input, check_output
//! ```
//!
//! The language of expressions is CEL over `goal.text`, `goal.input`, `tasks.NAME.state`,
//! `tasks.NAME.output` (only of a task that succeeded) and `tasks.NAME.error` (only of a task that
//! failed: `kind` and `message`). A name with dashes is written `tasks["a-b"]`. `has()` of a path is
//! false if any part of the path is absent. Whole numbers are ints, however JSON wrote them.
//! docs/cel.md has everything that it may contain, with examples.

mod budget;
mod build;
pub mod builtin;
mod check;
pub mod code;
mod compiled;
mod expression;
mod flow_path;
mod goal_condition;
mod names;
mod payload;
mod report;
mod schema;
mod secret;
mod source;
mod stack;
mod sure;
mod texts;
mod topology;
mod worst_case;

pub use check::{Checked, check};
pub use compiled::{
    BodyView, CompiledBlueprint, CompiledBody, CompiledEdge, CompiledGraph, CompiledKey, CompiledTask,
    Repetition, Scope, TaskView, compile, compile_stored,
};
pub use goal_condition::{GoalCondition, GoalView, PolicyCondition, PolicyView};
pub use source::CapabilitySource;
pub use texts::{UNKNOWN, texts};
