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
//! | `GP024` | the count of an `n_of` join is not between 1 and the number of edges to the task |
//! | `GP025` | an edge that is taken otherwise has a condition, or there is no condition to be otherwise |
//! | `GP026` | `rest: cancel` where there is no rest that could be cancelled |
//! | `GP027` | a task says nothing that it does, or two things, or runs a graph that is not there |
//! | `GP028` | a loop has no bound, graphs are nested too deep, there may be too many tasks or replans, or a key is for none of them |
//! | `GP030` | an expression does not parse |
//! | `GP031` | an expression is too long, too deep or too complex |
//! | `GP032` | an expression names an unknown variable |
//! | `GP033` | an expression names an unknown task |
//! | `GP034` | an expression names an unknown field of a task or of the goal |
//! | `GP035` | an expression uses `tasks` or `goal` as a whole, or with a computed name |
//! | `GP036` | an expression calls an unknown function |
//! | `GP037` | a condition is not a boolean |
//! | `GP038` | a variable of a comprehension hides `goal` or `tasks` |
//! | `GP039` | something is applied to a value that it surely cannot take |
//! | `GP040` | a path of a data flow is badly formed, or leads through something that is no object |
//! | `GP041` | two paths of a data flow overlap |
//! | `GP042` | several edges of one `all` join write to the same path (warning) |
//! | `GP045` | a value is compared with something that it can never be (warning) |
//! | `GP046` | an exclusive branch leaves a gap: some value takes none of its edges (warning) |
//! | `GP047` | an edge of an exclusive branch can never be taken (warning) |
//! | `GP050` | the constant input breaks the capability's input schema |
//! | `GP051` | a data flow writes a field that the input schema does not allow |
//! | `GP052` | a required field of the input comes from nowhere |
//! | `GP053` | a required field of the input comes only over some of the edges (warning) |
//! | `GP054` | a data flow writes a value that the input schema does not allow there |
//! | `GP055` | a text looks like a reference to a secret, and none is resolved there (warning) |
//! | `GP060` | the output of a task is read where the task may not have succeeded |
//! | `GP061` | the error of a task is read where the task may not have failed |
//! | `GP062` | an output schema has no such field |
//! | `GP070` | what changes something outside is not undone though the policy wants it, or by something that undoes nothing |
//! | `GP071` | a task is withdrawn where it cannot be, or read though it is withdrawn |
//! | `GP080` | the worst case is over the budget |
//! | `GP081` | a budget cannot be checked: nobody says what some capability costs (warning) |
//! | `GP082` | a number of a budget, or of a capability's cost, is out of its range |
//! | `GP099` | there are more findings than are shown |

/// Declares each code, and all of them, so that none is forgotten in [`ALL`].
macro_rules! codes {
    ($($(#[doc = $meaning:literal])* $name:ident = $code:literal;)*) => {
        $($(#[doc = $meaning])* pub const $name: &str = $code;)*

        /// Every code, in order.
        pub const ALL: &[&str] = &[$($name),*];

        /// What a code means, in one sentence.
        pub fn meaning(code: &str) -> Option<&'static str> {
            match code {
                $($name => Some(concat!($($meaning),*).trim_ascii()),)*
                _ => None,
            }
        }
    };
}

codes! {
    /// The blueprint has no task.
    EMPTY = "GP001";
    /// Too many tasks.
    TOO_MANY_TASKS = "GP002";
    /// Too many edges.
    TOO_MANY_EDGES = "GP003";
    /// The blueprint, or a task's constant input, is too big or too deep.
    TOO_BIG = "GP004";
    /// A name is missing, too long or badly formed.
    BAD_NAME = "GP005";
    /// Two tasks have one name.
    DUPLICATE_TASK = "GP006";
    /// `max_attempts` is out of its range.
    MAX_ATTEMPTS = "GP007";
    /// Two edges are the same.
    DUPLICATE_EDGE = "GP008";
    /// An edge names a task that does not exist.
    UNKNOWN_TASK = "GP009";
    /// The catalog has no such capability.
    UNKNOWN_CAPABILITY = "GP010";
    /// A JSON Schema of a capability is invalid.
    INVALID_SCHEMA = "GP011";
    /// A retry policy, a timeout or a deadline is out of its range, or does not apply.
    TIMING = "GP012";
    /// A cycle.
    CYCLE = "GP020";
    /// An edge leads from a task to itself.
    SELF_EDGE = "GP021";
    /// A task can never start.
    UNREACHABLE = "GP022";
    /// A join that can never be met.
    JOIN_NEVER_MET = "GP023";
    /// The count of an `n_of` join is not between 1 and the number of edges to the task.
    JOIN_COUNT = "GP024";
    /// An edge that is taken otherwise has a condition, or there is no condition to be otherwise.
    OTHERWISE = "GP025";
    /// `rest: cancel` where there is no rest that could be cancelled.
    NO_REST = "GP026";
    /// A task says nothing that it does, or two things, or runs a graph that is not there.
    BODY = "GP027";
    /// A loop has no bound, graphs are nested too deep, there may be too many tasks or replans, or a key is for none of them.
    BOUND = "GP028";
    /// An expression does not parse.
    SYNTAX = "GP030";
    /// An expression is too long, too deep or too complex.
    TOO_COMPLEX = "GP031";
    /// An expression names an unknown variable.
    UNKNOWN_VARIABLE = "GP032";
    /// An expression names an unknown task.
    UNKNOWN_TASK_IN_EXPRESSION = "GP033";
    /// An expression names an unknown field of a task or of the goal.
    UNKNOWN_FIELD = "GP034";
    /// An expression uses `tasks` or `goal` as a whole, or with a computed name.
    DYNAMIC_NAME = "GP035";
    /// An expression calls an unknown function.
    UNKNOWN_FUNCTION = "GP036";
    /// A condition is not a boolean.
    NOT_BOOLEAN = "GP037";
    /// A variable of a comprehension hides `goal` or `tasks`.
    HIDDEN_VARIABLE = "GP038";
    /// Something is applied to a value that it surely cannot take.
    WRONG_TYPE = "GP039";
    /// A path of a data flow is badly formed, or leads through something that is no object.
    BAD_PATH = "GP040";
    /// Two paths of a data flow overlap.
    OVERLAPPING_PATHS = "GP041";
    /// Several edges of one `all` join write to the same path.
    PATH_WRITTEN_TWICE = "GP042";
    /// A value is compared with something that it can never be.
    NEVER_EQUAL = "GP045";
    /// An exclusive branch leaves a gap: some value takes none of its edges.
    GAP = "GP046";
    /// An edge of an exclusive branch can never be taken.
    NEVER_TAKEN = "GP047";
    /// The constant input breaks the capability's input schema.
    INPUT_BREAKS_SCHEMA = "GP050";
    /// A data flow writes a field that the input schema does not allow.
    UNKNOWN_INPUT_FIELD = "GP051";
    /// A required field of the input comes from nowhere.
    MISSING_INPUT = "GP052";
    /// A required field of the input comes only over some of the edges.
    INPUT_MAY_MISS = "GP053";
    /// A data flow writes a value that the input schema does not allow there.
    WRONG_INPUT_TYPE = "GP054";
    /// A text looks like a reference to a secret, and none is resolved there.
    SECRET = "GP055";
    /// The output of a task is read where the task may not have succeeded.
    UNGUARDED_OUTPUT = "GP060";
    /// The error of a task is read where the task may not have failed.
    UNGUARDED_ERROR = "GP061";
    /// An output schema has no such field.
    UNKNOWN_OUTPUT_FIELD = "GP062";
    /// What changes something outside is not undone though the policy wants it, or by something that undoes nothing.
    UNDO = "GP070";
    /// A task is withdrawn where it cannot be, or read though it is withdrawn.
    WITHDRAWN = "GP071";
    /// The worst case is over the budget.
    OVER_BUDGET = "GP080";
    /// A budget cannot be checked: nobody says what some capability costs.
    UNKNOWN_COST = "GP081";
    /// A number of a budget, or of a capability's cost, is out of its range.
    AMOUNT = "GP082";
    /// There are more findings than are shown.
    MORE = "GP099";
}
