//! `google.protobuf.Struct` and `Value` to JSON and back.
//!
//! A protobuf number is a double: 1 comes as 1.0. A double that is a whole number below 2^53
//! becomes a JSON integer, so that schemas and expressions see what the caller meant.

use goalpost_model::limits::MAX_PAYLOAD_DEPTH;
use goalpost_model::{Oversize, PayloadLimit};
use pbjson_types::value::Kind;
use pbjson_types::{ListValue, Struct, Value};
use serde_json::{Map, Number, Value as Json};

use crate::Violations;

/// Below this a double holds every whole number exactly.
const EXACT_INTEGERS: f64 = 9_007_199_254_740_992.0;

/// Why a value is no JSON payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonProblem {
    /// A number that JSON does not have.
    #[error("must not contain NaN or an infinite number")]
    NotFinite,
    /// Too many levels.
    #[error("must not be nested deeper than {MAX_PAYLOAD_DEPTH} levels")]
    TooDeep,
    /// Too many bytes.
    #[error("{0}; store what is large (WritePayload), and pass its reference")]
    TooLarge(Oversize),
}

/// The JSON that a message's value says, within the limits of a payload.
pub fn json_from_value(value: Value, limit: PayloadLimit) -> Result<Json, JsonProblem> {
    let json = convert(value, MAX_PAYLOAD_DEPTH)?;
    limit.check(&json).map_err(JsonProblem::TooLarge)?;
    Ok(json)
}

/// The fields of a message's struct. Notes a violation of `field` and gives nothing if they
/// are beyond the limits of a payload.
pub fn map_from_struct(
    fields: Struct,
    field: &str,
    violations: &mut Violations,
) -> Option<Map<String, Json>> {
    let converted = convert_fields(fields, MAX_PAYLOAD_DEPTH).and_then(|map| {
        violations.limit().check_fields(&map).map_err(JsonProblem::TooLarge)?;
        Ok(map)
    });
    match converted {
        Ok(map) => Some(map),
        Err(problem) => {
            violations.add(field, problem.to_string());
            None
        }
    }
}

/// A JSON object as a message.
pub fn struct_from_map(map: &Map<String, Json>) -> Struct {
    Struct { fields: map.iter().map(|(key, value)| (key.clone(), value_from_json(value.clone()))).collect() }
}

/// The value of a field that may be absent; `None` if it cannot be read, which is noted.
pub fn read_value(value: Option<Value>, field: &str, violations: &mut Violations) -> Option<Option<Json>> {
    match value.map(|value| json_from_value(value, violations.limit())).transpose() {
        Ok(value) => Some(value),
        Err(problem) => {
            violations.add(field, problem.to_string());
            None
        }
    }
}

/// A JSON value as a message.
pub fn value_from_json(json: Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(flag) => Kind::BoolValue(flag),
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(items) => {
            Kind::ListValue(ListValue { values: items.into_iter().map(value_from_json).collect() })
        }
        Json::Object(fields) => Kind::StructValue(Struct {
            fields: fields.into_iter().map(|(key, value)| (key, value_from_json(value))).collect(),
        }),
    };
    Value { kind: Some(kind) }
}

fn convert(value: Value, depth: usize) -> Result<Json, JsonProblem> {
    Ok(match value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(flag)) => Json::Bool(flag),
        Some(Kind::NumberValue(number)) => Json::Number(convert_number(number)?),
        Some(Kind::StringValue(text)) => Json::String(text),
        Some(Kind::ListValue(ListValue { values })) => {
            let depth = depth.checked_sub(1).ok_or(JsonProblem::TooDeep)?;
            Json::Array(values.into_iter().map(|value| convert(value, depth)).collect::<Result<_, _>>()?)
        }
        Some(Kind::StructValue(fields)) => Json::Object(convert_fields(fields, depth)?),
    })
}

fn convert_fields(fields: Struct, depth: usize) -> Result<Map<String, Json>, JsonProblem> {
    let depth = depth.checked_sub(1).ok_or(JsonProblem::TooDeep)?;
    fields.fields.into_iter().map(|(key, value)| Ok((key, convert(value, depth)?))).collect()
}

fn convert_number(number: f64) -> Result<Number, JsonProblem> {
    if number.fract() == 0.0 && number.abs() < EXACT_INTEGERS {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number within 53 bits")]
        return Ok(Number::from(number as i64));
    }
    Number::from_f64(number).ok_or(JsonProblem::NotFinite)
}

#[cfg(test)]
mod tests {
    use goalpost_model::limits::DEFAULT_PAYLOAD_BYTES;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Json, JsonProblem> {
        json_from_value(value, PayloadLimit::default())
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            (-1_000_000_i64..1_000_000).prop_map(Json::from),
            (-1e6_f64..1e6).prop_map(|number| json!(number.trunc() + 0.5)),
            ".*".prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::hash_map(".*", inner, 0..5)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_survives_the_way_through_a_message(json in any_json()) {
            prop_assert_eq!(read(value_from_json(json.clone())).unwrap(), json);
        }
    }

    #[test]
    fn a_whole_double_is_an_integer() {
        let value = Value { kind: Some(Kind::NumberValue(3.0)) };
        assert_eq!(read(value).unwrap().to_string(), "3");
    }

    #[test]
    fn what_is_beyond_the_limits_is_refused() {
        let nan = Value { kind: Some(Kind::NumberValue(f64::NAN)) };
        assert_eq!(read(nan), Err(JsonProblem::NotFinite));
        let deep = (0..=MAX_PAYLOAD_DEPTH).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(read(value_from_json(deep)), Err(JsonProblem::TooDeep));
        let mut violations = Violations::default();
        let large = json!({"text": "x".repeat(DEFAULT_PAYLOAD_BYTES)});
        assert!(
            map_from_struct(struct_from_map(large.as_object().unwrap()), "input", &mut violations).is_none()
        );
        let violation = violations.iter().next().unwrap();
        assert_eq!(violation.field, "input");
        let says = "has 1048587 bytes as JSON, and 1048576 are allowed; store what is large (WritePayload)";
        assert!(violation.description.starts_with(says), "{}", violation.description);
    }
}
