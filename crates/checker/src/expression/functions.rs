//! The functions that an expression may call: those of standard CEL, without optionals.

use std::ops::RangeInclusive;

use super::path::{Chain, Key};
use crate::names::shown;

/// A function, and how many arguments it takes.
type Function = (&'static str, RangeInclusive<usize>);

/// Called as `f(x)`.
const GLOBAL: [Function; 12] = [
    ("bool", 1..=1),
    ("bytes", 1..=1),
    ("double", 1..=1),
    ("duration", 1..=1),
    ("dyn", 1..=1),
    ("int", 1..=1),
    ("matches", 2..=2),
    ("size", 1..=1),
    ("string", 1..=1),
    ("timestamp", 1..=1),
    ("type", 1..=1),
    ("uint", 1..=1),
];
/// Called as `x.f(y)`.
const MEMBER: [Function; 15] = [
    ("contains", 1..=1),
    ("endsWith", 1..=1),
    ("getDate", 0..=1),
    ("getDayOfMonth", 0..=1),
    ("getDayOfWeek", 0..=1),
    ("getDayOfYear", 0..=1),
    ("getFullYear", 0..=1),
    ("getHours", 0..=1),
    ("getMilliseconds", 0..=1),
    ("getMinutes", 0..=1),
    ("getMonth", 0..=1),
    ("getSeconds", 0..=1),
    ("matches", 1..=1),
    ("size", 0..=0),
    ("startsWith", 1..=1),
];
/// Macros. The parser replaces their calls; one that it leaves has the wrong arguments.
pub(super) const MACROS: [&str; 7] = ["all", "exists", "existsOne", "exists_one", "filter", "has", "map"];
/// Names that stand for types, as in `type(x) == string`.
pub(super) const TYPES: [&str; 10] =
    ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/// Types whose names have dots.
const LONG_TYPES: [[&str; 3]; 2] = [["google", "protobuf", "Duration"], ["google", "protobuf", "Timestamp"]];

/// Whether there is a function `name` that is called that way.
pub(super) fn is_known(name: &str, member: bool, arguments: usize) -> bool {
    table(member).iter().any(|(known, takes)| *known == name && takes.contains(&arguments))
}

fn table(member: bool) -> &'static [Function] {
    if member { &MEMBER } else { &GLOBAL }
}

/// All names, and whether they are called as `x.f(y)`.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (&'static str, bool)> {
    [false, true].into_iter().flat_map(|member| table(member).iter().map(move |(name, _)| (*name, member)))
}

/// Whether `name` stands for a type.
pub(super) fn is_type(name: &str) -> bool {
    TYPES.contains(&name)
}

/// Whether a chain of names stands for a type.
pub(crate) fn is_long_type(chain: &Chain<'_>) -> bool {
    LONG_TYPES.iter().any(|[first, rest @ ..]| {
        let rest = rest.iter().map(|name| Key::Field((*name).to_owned()));
        chain.variable == *first && rest.eq(chain.steps.iter().cloned())
    })
}

/// What is wrong with a call of a function that is not known that way, and what to do about it.
pub(super) fn fault(name: &str, member: bool, arguments: usize) -> (String, String) {
    let is_in = |member| table(member).iter().any(|(known, _)| *known == name);
    if is_in(member) || MACROS.contains(&name) {
        let plural = if arguments == 1 { "" } else { "s" };
        let how = if member { format!("x.{name}") } else { name.to_owned() };
        let message = format!("{how} does not take {arguments} argument{plural} like these");
        return (message, format!("see how '{name}' is called in the CEL language definition"));
    }
    let message = format!("there is no function '{}'", shown(name));
    if is_in(!member) {
        return (message, if member { format!("write {name}(x)") } else { format!("write x.{name}(y)") });
    }
    let known = GLOBAL.iter().chain(&MEMBER).map(|(known, _)| *known).chain(MACROS);
    let fix = match crate::names::nearest(name, known) {
        Some(nearest) => format!("did you mean '{nearest}'?"),
        None => "use a function of standard CEL, or let a task compute it".to_owned(),
    };
    (message, fix)
}

#[cfg(test)]
mod tests {
    use cel::{Context, ExecutionError, Program};

    use super::*;

    #[test]
    fn every_function_and_type_is_one_of_cel() {
        let calls = GLOBAL.iter().map(|(name, takes)| format!("{name}({})", nulls(*takes.start())));
        let calls =
            calls.chain(MEMBER.iter().map(|(name, takes)| format!("null.{name}({})", nulls(*takes.end()))));
        let context = Context::default();
        for call in calls {
            let result = Program::compile(&call).unwrap().execute(&context);
            assert!(!matches!(result, Err(ExecutionError::UndeclaredReference(_))), "{call}: {result:?}");
        }
        for name in TYPES {
            assert!(Program::compile(name).unwrap().execute(&context).is_ok(), "{name}");
        }
    }

    fn nulls(count: usize) -> String {
        vec!["null"; count].join(", ")
    }
}
