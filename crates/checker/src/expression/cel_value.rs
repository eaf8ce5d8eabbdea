//! JSON to CEL and back.

use std::collections::HashMap;
use std::sync::Arc;

use cel::Value as Cel;
use cel::objects::{Key, Map as CelMap};
use serde_json::{Map, Number, Value};

/// A value as CEL sees it. Whole numbers are ints, as `google.protobuf.Struct` has only doubles.
pub(super) fn to_cel(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::Number(number) => of_number(number),
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Object(fields) => {
            let entries =
                fields.iter().map(|(name, value)| (Key::String(Arc::new(name.clone())), to_cel(value)));
            Cel::Map(CelMap { map: Arc::new(entries.collect::<HashMap<_, _>>()) })
        }
    }
}

fn of_number(number: &Number) -> Cel {
    if let Some(whole) = number.as_i64() {
        return Cel::Int(whole);
    }
    let double = number.as_f64().unwrap_or_default();
    exact_integer(double).map_or(Cel::Float(double), Cel::Int)
}

/// A double as the whole number that it is, where doubles hold every whole number exactly.
fn exact_integer(double: f64) -> Option<i64> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
    let whole = double as i64;
    (double.fract() == 0.0 && double.abs() <= LIMIT).then_some(whole)
}

/// A result as JSON: whole numbers as integers, timestamps as RFC 3339 text, durations in
/// seconds as text (`90s`). The error says what cannot be JSON.
pub(super) fn from_cel(value: &Cel) -> Result<Value, String> {
    match value {
        Cel::Null => Ok(Value::Null),
        Cel::Bool(flag) => Ok(Value::from(*flag)),
        Cel::Int(whole) => Ok(Value::from(*whole)),
        Cel::UInt(whole) => Ok(Value::from(*whole)),
        Cel::Float(double) => of_double(*double),
        Cel::String(text) => Ok(Value::from(text.as_str())),
        Cel::List(items) => items.iter().map(from_cel).collect::<Result<Vec<_>, _>>().map(Value::Array),
        Cel::Map(map) => map
            .map
            .iter()
            .map(|(key, value)| match key {
                Key::String(name) => Ok((name.to_string(), from_cel(value)?)),
                _ => Err("a map has a key that is no text".to_owned()),
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        Cel::Timestamp(at) => Ok(Value::from(at.to_rfc3339())),
        Cel::Duration(length) => Ok(Value::from(format!("{}s", length.as_seconds_f64()))),
        other => Err(format!("a value of type {} has no JSON form", other.type_of())),
    }
}

fn of_double(double: f64) -> Result<Value, String> {
    if let Some(whole) = exact_integer(double) {
        return Ok(Value::from(whole));
    }
    Number::from_f64(double)
        .map(Value::Number)
        .ok_or_else(|| "the number is infinite or undefined".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_are_ints_however_json_wrote_them() {
        assert_eq!(to_cel(&json!(1.0)), Cel::Int(1));
        assert_eq!(to_cel(&json!(1.5)), Cel::Float(1.5));
        assert_eq!(from_cel(&Cel::Float(2.0)).unwrap().to_string(), "2");
        assert!(from_cel(&Cel::Float(f64::NAN)).is_err());
    }

    proptest! {
        #[test]
        fn json_survives_cel(text in ".*", whole in -1_000_000_i64..1_000_000, flag: bool) {
            let value = json!({"t": text, "l": [whole, flag, null, 0.5], "o": {"x": {}}});
            prop_assert_eq!(from_cel(&to_cel(&value)).unwrap(), value);
        }
    }
}
