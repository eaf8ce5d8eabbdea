//! All values of a path, divided into sorts between which comparisons with some constants tell no difference.

use std::fmt;

use serde_json::{Map, Value};

use crate::expression::types::{Kinds, Type};

/// A sort of values, by one that stands for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; also for all others between the same two constants.
    Number(f64),
    /// A text.
    Text(String),
    /// Each text that is compared with nothing.
    OtherText,
    /// A list or an object: no constant is one.
    Other,
}

/// Words of a schema that only describe, or that are heeded here.
const HEEDED: [&str; 15] = [
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
];

/// The sorts of values that a path of this type may lead to, and whether each of them surely exists there.
pub(crate) fn cells(of: &Type<'_>, constants: &[Cell]) -> (Vec<Cell>, bool) {
    if let Some(values) = of.constants() {
        return (values.into_iter().map(of_value).collect(), true);
    }
    let mut found = Vec::new();
    let single = [
        (Kinds::NULL, Cell::Null),
        (Kinds::BOOL, Cell::Bool(true)),
        (Kinds::BOOL, Cell::Bool(false)),
        (Kinds::TEXT, Cell::OtherText),
        (Kinds::LIST.or(Kinds::OBJECT), Cell::Other),
    ];
    found.extend(single.into_iter().filter(|(kind, _)| of.kinds.meets(*kind)).map(|(_, cell)| cell));
    if of.kinds.meets(Kinds::TEXT) {
        let mut words: Vec<&String> = constants.iter().filter_map(text).collect();
        words.sort_unstable();
        words.dedup();
        found.extend(words.into_iter().cloned().map(Cell::Text));
    }
    if of.kinds.meets(Kinds::NUMBER) {
        found.extend(numbers(of.schema(), constants).into_iter().map(Cell::Number));
    }
    let is_exact = of.schema().is_none_or(|schema| schema.keys().all(|word| HEEDED.contains(&word.as_str())));
    (found, is_exact)
}

/// Each number that is compared with, one between each two of them, and one beyond each end, as far as the
/// schema lets them be.
fn numbers(schema: Option<&Map<String, Value>>, constants: &[Cell]) -> Vec<f64> {
    let bound = |word: &str| schema.and_then(|schema| schema.get(word)).and_then(Value::as_f64);
    let ends = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].map(bound);
    let [minimum, maximum, above, below] = ends;
    let is_whole = schema.and_then(|schema| schema.get("type")).is_some_and(is_whole);
    let mut points: Vec<f64> =
        constants.iter().filter_map(number).chain(ends.into_iter().flatten()).collect();
    points.sort_unstable_by(f64::total_cmp);
    points.dedup();
    let mut found = match (points.first(), points.last()) {
        (Some(first), Some(last)) => vec![first.floor() - 1.0, last.ceil() + 1.0],
        _ => vec![0.0],
    };
    found.extend(points.windows(2).filter_map(|pair| between(pair[0], pair[1], is_whole)));
    found.extend(points);
    found.retain(|number| {
        minimum.is_none_or(|least| *number >= least)
            && maximum.is_none_or(|most| *number <= most)
            && above.is_none_or(|least| *number > least)
            && below.is_none_or(|most| *number < most)
            && (!is_whole || number.fract() == 0.0)
    });
    found
}

/// Whether the numbers of these types are whole.
fn is_whole(types: &Value) -> bool {
    let has = |word: &str| types == word || types.as_array().is_some_and(|of| of.iter().any(|of| of == word));
    has("integer") && !has("number")
}

/// A number between two, a whole one if there is one.
fn between(low: f64, high: f64, is_whole: bool) -> Option<f64> {
    let whole = low.floor() + 1.0;
    let number = if is_whole || whole < high { whole } else { f64::midpoint(low, high) };
    (low < number && number < high).then_some(number)
}

fn text(cell: &Cell) -> Option<&String> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Number(number) => Some(*number),
        _ => None,
    }
}

fn of_value(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Bool(*flag),
        Value::Number(number) => Cell::Number(number.as_f64().unwrap_or_default()),
        Value::String(text) => Cell::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => Cell::Other,
    }
}

impl Cell {
    /// The kinds that the sort is of.
    pub(crate) const fn kinds(&self) -> Kinds {
        match self {
            Self::Null => Kinds::NULL,
            Self::Bool(_) => Kinds::BOOL,
            Self::Number(_) => Kinds::NUMBER,
            Self::Text(_) | Self::OtherText => Kinds::TEXT,
            Self::Other => Kinds::LIST.or(Kinds::OBJECT),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "'{}'", crate::names::shown(text)),
            Self::OtherText => f.write_str("another text"),
            Self::Other => f.write_str("a list or an object"),
        }
    }
}
