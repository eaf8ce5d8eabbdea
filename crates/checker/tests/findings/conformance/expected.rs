//! Values as the conformance tests write them: `{"int64Value": "1"}`.

use serde_json::{Value, json as object};

/// As JSON; `None` for what JSON has no form for: bytes, types, maps with other keys than text, numbers
/// that are infinite.
pub(super) fn json(value: &Value) -> Option<Value> {
    let (kind, value) = value.as_object()?.iter().next()?;
    match kind.as_str() {
        "int64Value" => Some(object!(value.as_str()?.parse::<i64>().ok()?)),
        "uint64Value" => Some(object!(value.as_str()?.parse::<u64>().ok()?)),
        "doubleValue" => value.as_f64().map(of_double),
        "boolValue" | "stringValue" | "nullValue" => Some(value.clone()),
        "listValue" => list(value, "values").iter().map(json).collect::<Option<Vec<_>>>().map(Value::Array),
        "mapValue" => {
            let entries = list(value, "entries");
            let field = |entry: &Value| {
                Some((entry["key"]["stringValue"].as_str()?.to_owned(), json(&entry["value"])?))
            };
            entries.iter().map(field).collect::<Option<_>>().map(Value::Object)
        }
        _ => None,
    }
}

/// Whole numbers are written as such here, up to 2^53.
fn of_double(double: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
    let whole = double as i64;
    let is_whole = double.fract() == 0.0 && double.abs() <= 9_007_199_254_740_992.0;
    if is_whole { object!(whole) } else { object!(double) }
}

/// As an expression.
pub(super) fn literal(value: &Value) -> String {
    let (kind, inner) = value.as_object().unwrap().iter().next().unwrap();
    let text = inner.as_str().unwrap_or_default();
    match kind.as_str() {
        "uint64Value" => format!("{text}u"),
        "bytesValue" => format!("b'{text}'"),
        "doubleValue" => match text {
            "Infinity" => "(1.0 / 0.0)".to_owned(),
            "-Infinity" => "(-1.0 / 0.0)".to_owned(),
            _ => format!("{:?}", inner.as_f64().unwrap()),
        },
        "int64Value" | "typeValue" => text.to_owned(),
        "stringValue" | "boolValue" | "nullValue" => inner.to_string(),
        "listValue" => format!("[{}]", joined(list(inner, "values").iter().map(literal))),
        "mapValue" => {
            let entry = |entry: &Value| format!("{}: {}", literal(&entry["key"]), literal(&entry["value"]));
            format!("{{{}}}", joined(list(inner, "entries").iter().map(entry)))
        }
        _ => panic!("no case expects a {kind}"),
    }
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
