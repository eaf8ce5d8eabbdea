//! What endpoints refuse in a schema that answers are bound to.

use serde_json::Value;

/// The only keywords that every endpoint takes.
const KEYWORDS: [&str; 8] =
    ["type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "description"];

/// What an endpoint would refuse in a strict schema; none takes anything else in place of an object.
pub fn fault_of_schema(schema: &Value) -> Option<String> {
    if schema["type"] != "object" {
        return Some("the schema has to be an object".to_owned());
    }
    fault(schema)
}

fn fault(schema: &Value) -> Option<String> {
    let Value::Object(fields) = schema else { return Some(format!("{schema} is no schema")) };
    if let Some(name) = fields.keys().find(|name| !KEYWORDS.contains(&name.as_str())) {
        return Some(format!("'{name}' is not supported"));
    }
    if let Some(Value::Array(choices)) = fields.get("anyOf") {
        let is_empty = choices.is_empty().then(|| "'anyOf' is empty".to_owned());
        return is_empty.or_else(|| choices.iter().find_map(fault));
    }
    match schema["type"].as_str() {
        Some("object") => fault_of_object(schema),
        Some("array") => fault(&schema["items"]),
        Some("string" | "integer" | "number" | "boolean" | "null") => None,
        _ => Some(format!("{schema} has no type that is supported")),
    }
}

fn fault_of_object(schema: &Value) -> Option<String> {
    if schema["additionalProperties"] != false {
        return Some("'additionalProperties' has to be false".to_owned());
    }
    let Some(properties) = schema["properties"].as_object() else {
        return Some("'properties' is missing".to_owned());
    };
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(name) = properties.keys().find(|name| !required.contains(&name.as_str())) {
        return Some(format!("'required' lacks '{name}'"));
    }
    properties.values().find_map(fault)
}
