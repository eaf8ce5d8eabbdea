//! The codes of the findings. A code never changes its meaning.
//!
//! | code | meaning |
//! |---|---|
//! | `GP001` | the blueprint has no task |
//! | `GP002` | too many tasks |
//! | `GP003` | too many edges |
//! | `GP004` | the blueprint, or a task's constant input, is too big or too deep |
//! | `GP005` | a name is missing, too long or badly formed |
//! | `GP006` | two tasks have one name |
//! | `GP007` | `max_attempts` is out of its range |
//! | `GP008` | two edges are the same |
//! | `GP009` | an edge names a task that does not exist |
//! | `GP010` | the catalog has no such capability |
//! | `GP011` | a JSON Schema of a capability is invalid |
//! | `GP012` | a retry policy, a timeout or a deadline is out of its range, or does not apply |
//! | `GP020` | a cycle |
//! | `GP021` | an edge leads from a task to itself |
//! | `GP022` | a task can never start: it is behind a cycle, or no edge to it can be taken |
//! | `GP023` | a join that can never be met |
//! | `GP030` | an expression does not parse |
//! | `GP031` | an expression is too long, too deep or too complex |
//! | `GP032` | an expression names an unknown variable |
//! | `GP033` | an expression names an unknown task |
//! | `GP034` | an expression names an unknown field of a task or of the goal |
//! | `GP035` | an expression uses `tasks` or `goal` as a whole, or with a computed name |
//! | `GP036` | an expression calls an unknown function |
//! | `GP037` | a condition is not a boolean |
//! | `GP038` | a variable of a comprehension hides `goal` or `tasks` |
//! | `GP040` | a path of a data flow is badly formed, or leads through something that is no object |
//! | `GP041` | two paths of a data flow overlap |
//! | `GP042` | several edges of one `all` join write to the same path (warning) |
//! | `GP050` | the constant input breaks the capability's input schema |
//! | `GP051` | a data flow writes a field that the input schema does not allow |
//! | `GP052` | a required field of the input comes from nowhere |
//! | `GP053` | a required field of the input comes only over some of the edges (warning) |
//! | `GP060` | the output of a task is read where the task may not have succeeded |
//! | `GP061` | the error of a task is read where the task may not have failed |
//! | `GP062` | an output schema has no such field |
//! | `GP099` | there are more findings than are shown |

/// The blueprint has no task.
pub const EMPTY: &str = "GP001";
/// Too many tasks.
pub const TOO_MANY_TASKS: &str = "GP002";
/// Too many edges.
pub const TOO_MANY_EDGES: &str = "GP003";
/// The blueprint, or a task's constant input, is too big or too deep.
pub const TOO_BIG: &str = "GP004";
/// A name is missing, too long or badly formed.
pub const BAD_NAME: &str = "GP005";
/// Two tasks have one name.
pub const DUPLICATE_TASK: &str = "GP006";
/// `max_attempts` is out of its range.
pub const MAX_ATTEMPTS: &str = "GP007";
/// Two edges are the same.
pub const DUPLICATE_EDGE: &str = "GP008";
/// An edge names a task that does not exist.
pub const UNKNOWN_TASK: &str = "GP009";
/// The catalog has no such capability.
pub const UNKNOWN_CAPABILITY: &str = "GP010";
/// A JSON Schema of a capability is invalid.
pub const INVALID_SCHEMA: &str = "GP011";
/// A retry policy, a timeout or a deadline is out of its range, or does not apply.
pub const TIMING: &str = "GP012";
/// A cycle.
pub const CYCLE: &str = "GP020";
/// An edge leads from a task to itself.
pub const SELF_EDGE: &str = "GP021";
/// A task can never start.
pub const UNREACHABLE: &str = "GP022";
/// A join that can never be met.
pub const JOIN_NEVER_MET: &str = "GP023";
/// An expression does not parse.
pub const SYNTAX: &str = "GP030";
/// An expression is too long, too deep or too complex.
pub const TOO_COMPLEX: &str = "GP031";
/// An expression names an unknown variable.
pub const UNKNOWN_VARIABLE: &str = "GP032";
/// An expression names an unknown task.
pub const UNKNOWN_TASK_IN_EXPRESSION: &str = "GP033";
/// An expression names an unknown field of a task or of the goal.
pub const UNKNOWN_FIELD: &str = "GP034";
/// An expression uses `tasks` or `goal` as a whole, or with a computed name.
pub const DYNAMIC_NAME: &str = "GP035";
/// An expression calls an unknown function.
pub const UNKNOWN_FUNCTION: &str = "GP036";
/// A condition is not a boolean.
pub const NOT_BOOLEAN: &str = "GP037";
/// A variable of a comprehension hides `goal` or `tasks`.
pub const HIDDEN_VARIABLE: &str = "GP038";
/// A path of a data flow is badly formed, or leads through something that is no object.
pub const BAD_PATH: &str = "GP040";
/// Two paths of a data flow overlap.
pub const OVERLAPPING_PATHS: &str = "GP041";
/// Several edges of one `all` join write to the same path.
pub const PATH_WRITTEN_TWICE: &str = "GP042";
/// The constant input breaks the capability's input schema.
pub const INPUT_BREAKS_SCHEMA: &str = "GP050";
/// A data flow writes a field that the input schema does not allow.
pub const UNKNOWN_INPUT_FIELD: &str = "GP051";
/// A required field of the input comes from nowhere.
pub const MISSING_INPUT: &str = "GP052";
/// A required field of the input comes only over some of the edges.
pub const INPUT_MAY_MISS: &str = "GP053";
/// The output of a task is read where the task may not have succeeded.
pub const UNGUARDED_OUTPUT: &str = "GP060";
/// The error of a task is read where the task may not have failed.
pub const UNGUARDED_ERROR: &str = "GP061";
/// An output schema has no such field.
pub const UNKNOWN_OUTPUT_FIELD: &str = "GP062";
/// There are more findings than are shown.
pub const MORE: &str = "GP099";
