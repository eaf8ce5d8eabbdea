//! JSON Schemas of capabilities.

use jsonschema::Validator;
use serde_json::{Map, Value};

/// Violations of a schema that are told at most.
const MAX_FAULTS: usize = 5;

/// Compiles a schema. The error says what is wrong with it.
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::draft202012::new(schema).map_err(|error| crate::names::shown(&error.to_string()))
}

/// Checks a value. The error says where it breaks the schema, and how.
pub(crate) fn validate(schema: &Validator, value: &Value) -> Result<(), String> {
    if schema.is_valid(value) {
        return Ok(());
    }
    let faults: Vec<String> = schema
        .iter_errors(value)
        .take(MAX_FAULTS)
        .map(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { "the whole".to_owned() } else { place };
            format!("{place}: {}", crate::names::shown(&error.to_string()))
        })
        .collect();
    Err(faults.join("; "))
}

/// What a schema of an object says of one field.
pub(crate) enum Field<'a> {
    /// It has this schema.
    Known(&'a Value),
    /// It is not allowed.
    Forbidden,
    /// It may be there and be anything.
    Open,
}

/// What the schema says of a field. Schemas that are put together from others are not looked
/// through: of them nothing is said.
pub(crate) fn field<'a>(schema: &'a Value, name: &str) -> Field<'a> {
    schema.as_object().map_or(Field::Open, |schema| field_of(schema, name))
}

/// The same of a schema that is no bare `true` or `false`.
pub(crate) fn field_of<'a>(schema: &'a Map<String, Value>, name: &str) -> Field<'a> {
    if schema.get("type").is_some_and(|types| !may_be_object(types)) {
        return Field::Forbidden;
    }
    if let Some(known) = schema.get("properties").and_then(|properties| properties.get(name)) {
        return Field::Known(known);
    }
    let is_composed = ["$ref", "allOf", "anyOf", "oneOf", "patternProperties", "if"]
        .iter()
        .any(|word| schema.contains_key(*word));
    if !is_composed && schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        return Field::Forbidden;
    }
    Field::Open
}

fn may_be_object(types: &Value) -> bool {
    match types {
        Value::String(word) => word == "object",
        Value::Array(words) => words.iter().any(|word| word == "object"),
        _ => true,
    }
}

/// The fields that the schema requires.
pub(crate) fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
