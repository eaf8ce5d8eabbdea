//! The functions that an expression may call: those of standard CEL, without optionals.

/// Called as `f(x)`.
const GLOBAL: [&str; 13] = [
    "bool",
    "bytes",
    "double",
    "duration",
    "dyn",
    "has",
    "int",
    "matches",
    "size",
    "string",
    "timestamp",
    "type",
    "uint",
];
/// Called as `x.f(y)`.
const MEMBER: [&str; 21] = [
    "all",
    "contains",
    "endsWith",
    "exists",
    "existsOne",
    "exists_one",
    "filter",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "map",
    "matches",
    "size",
    "startsWith",
];
/// Names that stand for types, as in `type(x) == string`.
const TYPES: [&str; 10] =
    ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/// Whether `name` is a function that is called that way.
pub(super) fn is_known(name: &str, member: bool) -> bool {
    if member { MEMBER.contains(&name) } else { GLOBAL.contains(&name) }
}

/// Whether `name` stands for a type.
pub(super) fn is_type(name: &str) -> bool {
    TYPES.contains(&name)
}

/// What to do about a function that is unknown, or known and called wrongly.
pub(super) fn advice(name: &str, member: bool) -> String {
    if is_known(name, !member) {
        return if member { format!("write {name}(x)") } else { format!("write x.{name}(y)") };
    }
    if is_known(name, member) {
        return format!("'{name}' takes other arguments: see the CEL language definition");
    }
    match crate::names::nearest(name, GLOBAL.into_iter().chain(MEMBER)) {
        Some(nearest) => format!("did you mean '{nearest}'?"),
        None => "use a function of standard CEL, or let a task compute it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use cel::{Context, ExecutionError, Program};

    use super::*;

    #[test]
    fn every_function_and_type_is_one_of_cel() {
        let macros = ["has", "all", "exists", "existsOne", "exists_one", "filter", "map"];
        let calls = GLOBAL
            .map(|name| format!("{name}(null)"))
            .into_iter()
            .chain(MEMBER.map(|name| format!("null.{name}(null)")));
        let context = Context::default();
        for call in calls.filter(|call| !macros.iter().any(|name| call.contains(name))) {
            let result = Program::compile(&call).unwrap().execute(&context);
            assert!(!matches!(result, Err(ExecutionError::UndeclaredReference(_))), "{call}: {result:?}");
        }
        for name in TYPES {
            assert!(Program::compile(name).unwrap().execute(&context).is_ok(), "{name}");
        }
    }
}
