//! What operators and functions take, and what they give.

use cel::common::ast::operators;

use super::kinds::Kinds;

/// One way to apply an operator or a function. The value before the dot is the first of what it takes.
struct Overload {
    name: &'static str,
    takes: &'static [Kinds],
    gives: Kinds,
}

const fn way(name: &'static str, takes: &'static [Kinds], gives: Kinds) -> Overload {
    Overload { name, takes, gives }
}

const BOOL: Kinds = Kinds::BOOL;
const NUMBER: Kinds = Kinds::NUMBER;
const TEXT: Kinds = Kinds::TEXT;
const BYTES: Kinds = Kinds::BYTES;
const LIST: Kinds = Kinds::LIST;
const OBJECT: Kinds = Kinds::OBJECT;
const TIME: Kinds = Kinds::TIMESTAMP;
const SPAN: Kinds = Kinds::DURATION;
const TYPE: Kinds = Kinds::TYPE;
const ANY: Kinds = Kinds::ANY;
/// What reads the clock of a time, and of a span of it.
const CLOCK: Kinds = TIME.or(SPAN);

static OVERLOADS: [Overload; 49] = [
    way(operators::LOGICAL_NOT, &[BOOL], BOOL),
    way(operators::NEGATE, &[NUMBER], NUMBER),
    way(operators::NEGATE, &[SPAN], SPAN),
    way(operators::ADD, &[NUMBER, NUMBER], NUMBER),
    way(operators::ADD, &[TEXT, TEXT], TEXT),
    way(operators::ADD, &[BYTES, BYTES], BYTES),
    way(operators::ADD, &[LIST, LIST.or(OBJECT)], LIST),
    way(operators::ADD, &[TIME, SPAN], TIME),
    way(operators::ADD, &[SPAN, TIME], TIME),
    way(operators::ADD, &[SPAN, SPAN], SPAN),
    way(operators::SUBSTRACT, &[NUMBER, NUMBER], NUMBER),
    way(operators::SUBSTRACT, &[TIME, TIME], SPAN),
    way(operators::SUBSTRACT, &[TIME, SPAN], TIME),
    way(operators::SUBSTRACT, &[SPAN, SPAN], SPAN),
    way(operators::MULTIPLY, &[NUMBER, NUMBER], NUMBER),
    way(operators::DIVIDE, &[NUMBER, NUMBER], NUMBER),
    way(operators::MODULO, &[NUMBER, NUMBER], NUMBER),
    way("<", &[NUMBER, NUMBER], BOOL),
    way("<", &[TEXT, TEXT], BOOL),
    way("<", &[BOOL, BOOL], BOOL),
    way("<", &[BYTES, BYTES], BOOL),
    way("<", &[TIME, TIME], BOOL),
    way("<", &[SPAN, SPAN], BOOL),
    way(operators::IN, &[ANY, LIST.or(OBJECT)], BOOL),
    way(operators::INDEX, &[LIST, NUMBER], ANY),
    way(operators::INDEX, &[OBJECT, BOOL.or(NUMBER).or(TEXT)], ANY),
    way("bool", &[BOOL.or(TEXT)], BOOL),
    way("bytes", &[BYTES.or(TEXT)], BYTES),
    way("contains", &[TEXT, TEXT], BOOL),
    way("double", &[NUMBER.or(TEXT)], NUMBER),
    way("duration", &[SPAN.or(TEXT).or(NUMBER)], SPAN),
    way("endsWith", &[TEXT, TEXT], BOOL),
    way("getDate", &[TIME, TEXT], NUMBER),
    way("getDayOfMonth", &[TIME, TEXT], NUMBER),
    way("getDayOfWeek", &[TIME, TEXT], NUMBER),
    way("getDayOfYear", &[TIME, TEXT], NUMBER),
    way("getFullYear", &[TIME, TEXT], NUMBER),
    way("getHours", &[CLOCK, TEXT], NUMBER),
    way("getMilliseconds", &[CLOCK, TEXT], NUMBER),
    way("getMinutes", &[CLOCK, TEXT], NUMBER),
    way("getMonth", &[TIME, TEXT], NUMBER),
    way("getSeconds", &[CLOCK, TEXT], NUMBER),
    way("int", &[NUMBER.or(TEXT).or(CLOCK)], NUMBER),
    way("matches", &[TEXT, TEXT], BOOL),
    way("size", &[TEXT.or(BYTES).or(LIST).or(OBJECT)], NUMBER),
    way("startsWith", &[TEXT, TEXT], BOOL),
    way("string", &[BOOL.or(NUMBER).or(TEXT).or(BYTES).or(CLOCK)], TEXT),
    way("timestamp", &[TIME.or(TEXT).or(NUMBER)], TIME),
    way("uint", &[NUMBER.or(TEXT)], NUMBER),
];

/// What the value may be when an operator or a function is applied to such values; `None`: it surely
/// cannot be. One that is not known here may give anything.
pub(super) fn apply(name: &str, to: &[Kinds]) -> Option<Kinds> {
    if matches!(name, "type") {
        return Some(TYPE);
    }
    let mut ways = OVERLOADS.iter().filter(|way| way.name == table_name(name)).peekable();
    if ways.peek().is_none() {
        return Some(ANY);
    }
    let fits = |way: &&Overload| way.takes.iter().zip(to).all(|(takes, given)| takes.meets(*given));
    let given = ways.filter(fits).fold(Kinds::NONE, |all, way| all.or(way.gives));
    (given != Kinds::NONE).then_some(given)
}

/// All comparisons take the same.
fn table_name(name: &str) -> &str {
    match name {
        operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS => "<",
        other => other,
    }
}

/// An operator or a function as people write it.
pub(super) fn spelled(name: &str) -> &str {
    if name == operators::INDEX {
        return "[]";
    }
    let operator = name.trim_matches('_').trim_start_matches('@');
    if operator.is_empty() { name } else { operator }
}

#[cfg(test)]
mod tests {
    use cel::{Context, Program};

    use super::*;

    /// Values of each kind, and the kind.
    const VALUES: [(&str, Kinds); 22] = [
        ("null", Kinds::NULL),
        ("true", BOOL),
        ("false", BOOL),
        ("1", NUMBER),
        ("0", NUMBER),
        ("2u", NUMBER),
        ("1.5", NUMBER),
        ("'a'", TEXT),
        ("'1'", TEXT),
        ("'true'", TEXT),
        ("'UTC'", TEXT),
        ("'1s'", TEXT),
        ("'2026-01-31T12:00:00Z'", TEXT),
        ("b'1'", BYTES),
        ("[]", LIST),
        ("[1, 'a']", LIST),
        ("{}", OBJECT),
        ("{'a': 1}", OBJECT),
        ("{1: 1, true: 2}", OBJECT),
        ("timestamp('2026-01-31T12:00:00Z')", TIME),
        ("duration('1s')", SPAN),
        ("int", TYPE),
    ];
    const BINARY: [(&str, &str); 10] = [
        ("+", operators::ADD),
        ("-", operators::SUBSTRACT),
        ("*", operators::MULTIPLY),
        ("/", operators::DIVIDE),
        ("%", operators::MODULO),
        ("<", operators::LESS),
        ("<=", operators::LESS_EQUALS),
        (">", operators::GREATER),
        (">=", operators::GREATER_EQUALS),
        ("in", operators::IN),
    ];

    thread_local! {
        static CONTEXT: Context<'static, 'static> = Context::default();
    }

    fn kind_of(value: &cel::Value) -> Kinds {
        match value {
            cel::Value::Null => Kinds::NULL,
            cel::Value::Bool(_) => BOOL,
            cel::Value::Int(_) | cel::Value::UInt(_) | cel::Value::Float(_) => NUMBER,
            cel::Value::String(_) => TEXT,
            cel::Value::Bytes(_) => BYTES,
            cel::Value::List(_) => LIST,
            cel::Value::Map(_) => OBJECT,
            cel::Value::Timestamp(_) => TIME,
            cel::Value::Duration(_) => SPAN,
            _ => TYPE,
        }
    }

    /// What CEL does with it is what the table says that it may do.
    fn agrees(text: &str, name: &str, to: &[Kinds]) {
        let program = Program::compile(text).unwrap();
        let Ok(value) = CONTEXT.with(|context| program.execute(context)) else { return };
        // A type leaves CEL as its name.
        let kind = if name == "type" { TYPE } else { kind_of(&value) };
        let said = apply(name, to);
        assert!(said.is_some_and(|said| said.meets(kind)), "{text} is {value:?}, but {name} gives {said:?}");
    }

    #[test]
    fn whatever_an_operator_takes_in_cel_it_takes_here() {
        for (left, of_left) in VALUES {
            agrees(&format!("!{left}"), operators::LOGICAL_NOT, &[of_left]);
            agrees(&format!("-({left})"), operators::NEGATE, &[of_left]);
            for (right, of_right) in VALUES {
                let both = [of_left, of_right];
                for (operator, name) in BINARY {
                    agrees(&format!("{left} {operator} {right}"), name, &both);
                }
                agrees(&format!("{left}[{right}]"), operators::INDEX, &both);
            }
        }
    }

    #[test]
    fn whatever_a_function_takes_in_cel_it_takes_here() {
        let functions = OVERLOADS.iter().map(|way| way.name);
        for name in functions.chain(["type"]).filter(|name| name.starts_with(char::is_alphabetic)) {
            for (first, of_first) in VALUES {
                agrees(&format!("{name}({first})"), name, &[of_first]);
                agrees(&format!("{first}.{name}()"), name, &[of_first]);
                for (second, of_second) in VALUES {
                    agrees(&format!("{name}({first}, {second})"), name, &[of_first, of_second]);
                    agrees(&format!("{first}.{name}({second})"), name, &[of_first, of_second]);
                }
            }
        }
    }

    #[test]
    fn operators_are_spelled_as_people_write_them() {
        for (spelling, name) in
            [("+", operators::ADD), ("!", operators::LOGICAL_NOT), ("-", operators::NEGATE)]
        {
            assert_eq!(spelled(name), spelling);
        }
        assert_eq!(spelled(operators::IN), "in");
        assert_eq!(spelled(operators::INDEX), "[]");
        assert_eq!(spelled("size"), "size");
    }
}
