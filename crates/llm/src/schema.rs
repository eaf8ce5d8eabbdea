//! JSON Schema in the strictest subset that endpoints take.
//!
//! What one endpoint takes another one refuses. All take this: objects that are closed and whose properties are
//! all required, lists of one kind of item, texts, numbers, booleans, null, `enum`, `anyOf` below the root; no
//! references, no recursion, and no bounds. What an optional property becomes is one that may be null. Bounds go into
//! the description, where the model reads them: whoever asked has to check the answer in any case.

use serde_json::{Map, Value, json};

/// How deep a schema may be nested; references do not count more than what they stand for.
const MAX_DEPTH: usize = 32;

/// Only for people and tools.
const ANNOTATIONS: [&str; 10] = [
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "default",
    "examples",
    "deprecated",
    "description",
];
/// They narrow what something may be, and can be left to the check of the answer.
const BOUNDS: [&str; 20] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "propertyNames",
    "not",
    "dependentRequired",
];
/// Of those the ones that are short enough to be told in a description.
const TOLD: usize = 12;

/// Why a schema cannot be said in the subset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} {why}")]
pub struct NotStrict {
    /// A JSON pointer to what is meant; `#` for the whole.
    pub place: String,
    /// Why not, as the end of a sentence about it.
    pub why: String,
}

/// The schema in the subset. What it accepts, with null where an optional property is left out, the schema
/// accepts too, except for the bounds.
pub fn lower(schema: &Value) -> Result<Value, NotStrict> {
    let mut lowering = Lowering { root: schema, at: vec!["#".to_owned()], open: Vec::new() };
    let lowered = lowering.any(schema)?;
    if lowered["type"] == "object" { Ok(lowered) } else { Err(lowering.fault("is no object")) }
}

struct Lowering<'a> {
    root: &'a Value,
    /// The way to where it is.
    at: Vec<String>,
    /// The references that are open around it.
    open: Vec<&'a str>,
}

impl<'a> Lowering<'a> {
    fn fault(&self, why: impl Into<String>) -> NotStrict {
        NotStrict { place: self.at.join("/"), why: why.into() }
    }

    fn below(&mut self, steps: &[&str], schema: &'a Value) -> Result<Value, NotStrict> {
        let length = self.at.len();
        self.at.extend(steps.iter().map(|step| (*step).to_owned()));
        if self.at.len() > 2 * MAX_DEPTH {
            return Err(self.fault("is nested too deep"));
        }
        let lowered = self.any(schema);
        if lowered.is_ok() {
            self.at.truncate(length);
        }
        lowered
    }

    fn any(&mut self, schema: &'a Value) -> Result<Value, NotStrict> {
        let Value::Object(fields) = schema else { return Err(self.fault("may be anything or nothing")) };
        if let Some(reference) = fields.get("$ref") {
            return self.referred(fields, reference);
        }
        self.known(fields)?;
        let mut lowered = self.kind(fields)?;
        if let Some(description) = description(fields) {
            lowered.insert("description".to_owned(), description.into());
        }
        Ok(lowered.into())
    }

    /// Refuses what is none of the keywords that are understood.
    fn known(&self, fields: &Map<String, Value>) -> Result<(), NotStrict> {
        const SHAPES: [&str; 9] = [
            "type",
            "enum",
            "const",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "anyOf",
            "oneOf",
        ];
        let is_known =
            |name: &str| [&SHAPES[..], &ANNOTATIONS, &BOUNDS].iter().any(|names| names.contains(&name));
        match fields.keys().find(|name| !is_known(name)) {
            Some(name) => Err(self.fault(format!("has '{name}', which not every endpoint takes"))),
            None => Ok(()),
        }
    }

    fn referred(&mut self, fields: &'a Map<String, Value>, reference: &'a Value) -> Result<Value, NotStrict> {
        let reference = reference.as_str().unwrap_or_default();
        let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        let Some(target) = target else {
            return Err(self.fault(format!("refers to '{reference}', which is not there")));
        };
        if self.open.contains(&reference) {
            return Err(self.fault(format!("refers to '{reference}' inside of itself")));
        }
        self.open.push(reference);
        let mut lowered = self.below(&[reference], target)?;
        self.open.pop();
        if let (Some(description), Some(lowered)) = (description(fields), lowered.as_object_mut()) {
            lowered.insert("description".to_owned(), description.into());
        }
        Ok(lowered)
    }

    fn kind(&mut self, fields: &'a Map<String, Value>) -> Result<Map<String, Value>, NotStrict> {
        if let Some(value) = fields.get("const") {
            return self.values(std::slice::from_ref(value));
        }
        if let Some(Value::Array(values)) = fields.get("enum") {
            return self.values(values);
        }
        if let Some((word, Value::Array(choices))) =
            ["anyOf", "oneOf"].iter().find_map(|word| fields.get_key_value(*word))
        {
            return self.choice(word, choices);
        }
        match fields.get("type") {
            Some(Value::String(kind)) => self.typed(kind, fields),
            Some(Value::Array(kinds)) => {
                let kinds = kinds
                    .iter()
                    .map(|kind| self.typed(kind.as_str().unwrap_or_default(), fields).map(Value::from));
                Ok(any_of(kinds.collect::<Result<_, _>>()?))
            }
            _ => Err(self.fault("says no type")),
        }
    }

    /// One of these values, all of one type.
    fn values(&self, values: &[Value]) -> Result<Map<String, Value>, NotStrict> {
        let kind = match values.first() {
            Some(Value::String(_)) => "string",
            Some(Value::Bool(_)) => "boolean",
            Some(Value::Number(number)) if !number.is_f64() => "integer",
            _ => return Err(self.fault("has values that are neither texts nor whole numbers nor booleans")),
        };
        let is_alike = |value: &Value| match kind {
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            _ => value.is_i64() || value.is_u64(),
        };
        if !values.iter().all(is_alike) {
            return Err(self.fault("has values of several types"));
        }
        Ok(Map::from_iter([("type".to_owned(), kind.into()), ("enum".to_owned(), values.into())]))
    }

    fn choice(&mut self, word: &str, choices: &'a [Value]) -> Result<Map<String, Value>, NotStrict> {
        if choices.is_empty() {
            return Err(self.fault("leaves no choice"));
        }
        let lowered = choices.iter().enumerate();
        let lowered = lowered.map(|(place, choice)| self.below(&[word, &place.to_string()], choice));
        Ok(any_of(lowered.collect::<Result<_, _>>()?))
    }

    fn typed(&mut self, kind: &str, fields: &'a Map<String, Value>) -> Result<Map<String, Value>, NotStrict> {
        let mut lowered = Map::from_iter([("type".to_owned(), kind.into())]);
        match kind {
            "object" => lowered.extend(self.object(fields)?),
            "array" => {
                let Some(items) = fields.get("items") else {
                    return Err(self.fault("does not say what its items are"));
                };
                lowered.insert("items".to_owned(), self.below(&["items"], items)?);
            }
            "string" | "number" | "integer" | "boolean" | "null" => {}
            _ => return Err(self.fault(format!("has the unknown type '{kind}'"))),
        }
        Ok(lowered)
    }

    fn object(&mut self, fields: &'a Map<String, Value>) -> Result<Map<String, Value>, NotStrict> {
        let is_closed = fields.get("additionalProperties").is_none_or(Value::is_boolean);
        let properties =
            fields.get("properties").and_then(Value::as_object).filter(|properties| !properties.is_empty());
        let (true, Some(properties)) = (is_closed, properties) else {
            return Err(self.fault("is an object with any names in it"));
        };
        let required = fields.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
        let mut lowered = Map::new();
        for (name, schema) in properties {
            let property = self.below(&["properties", name], schema)?;
            lowered.insert(name.clone(), if is_required(name) { property } else { nullable(property) });
        }
        let names: Vec<&String> = properties.keys().collect();
        Ok(Map::from_iter([
            ("required".to_owned(), json!(names)),
            ("properties".to_owned(), lowered.into()),
            ("additionalProperties".to_owned(), false.into()),
        ]))
    }
}

fn nullable(schema: Value) -> Value {
    any_of(vec![schema, json!({"type": "null"})]).into()
}

/// One of these; those that are choices themselves are taken apart.
fn any_of(choices: Vec<Value>) -> Map<String, Value> {
    let mut flat = Vec::new();
    for choice in choices {
        let inner = match choice.get("anyOf") {
            Some(Value::Array(inner)) => inner.clone(),
            _ => vec![choice],
        };
        for choice in inner {
            if !flat.contains(&choice) {
                flat.push(choice);
            }
        }
    }
    Map::from_iter([("anyOf".to_owned(), flat.into())])
}

/// What it is about, with the bounds that are not said otherwise.
fn description(fields: &Map<String, Value>) -> Option<String> {
    let bounds: Vec<String> = BOUNDS[..TOLD]
        .iter()
        .filter_map(|name| fields.get(*name).map(|bound| format!("{name} {bound}")))
        .collect();
    let about = fields.get("description").and_then(Value::as_str).unwrap_or_default();
    match (about.is_empty(), bounds.is_empty()) {
        (true, true) => None,
        (false, true) => Some(about.to_owned()),
        (true, false) => Some(bounds.join(", ")),
        (false, false) => Some(format!("{about} ({})", bounds.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use goalpost_testkit::llm::fault_of_schema;
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    /// Schemas with what is often in them, sound or not.
    fn schemas() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!({"type": "string", "minLength": 1})),
            Just(json!({"type": ["integer", "null"], "minimum": 0})),
            Just(json!({"enum": ["a", "b"]})),
            Just(json!({"const": true})),
            Just(json!({"$ref": "#/$defs/x"})),
            Just(json!({"$ref": "#"})),
            Just(json!({})),
            Just(json!(true)),
            Just(json!({"type": "object", "additionalProperties": {"type": "string"}})),
        ];
        leaf.prop_recursive(5, 40, 4, |inner| {
            let fields = btree_map("[a-d]", inner.clone(), 0..4);
            let required = proptest::collection::vec("[a-d]", 0..3);
            let object = (fields, required).prop_map(|(properties, required)| {
                json!({"type": "object", "properties": properties, "required": required})
            });
            prop_oneof![
                object,
                inner.clone().prop_map(|items| json!({"type": "array", "items": items, "maxItems": 3})),
                proptest::collection::vec(inner, 0..3).prop_map(|choices| json!({"oneOf": choices})),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_lowered_is_strict_and_lowering_it_again_changes_nothing(schema in schemas(), x in schemas()) {
            let mut whole = json!({"type": "object", "properties": {"a": schema}, "required": ["a"]});
            whole["$defs"] = json!({"x": x});
            if let Ok(lowered) = lower(&whole) {
                prop_assert_eq!(fault_of_schema(&lowered), None);
                prop_assert_eq!(lower(&lowered).unwrap(), lowered);
            }
        }
    }

    fn lowered(schema: &Value) -> Value {
        let lowered = lower(schema).unwrap();
        assert_eq!(fault_of_schema(&lowered), None, "{lowered}");
        lowered
    }

    fn refused(property: Value) -> NotStrict {
        let mut schema = json!({"type": "object", "properties": {"a": {}}, "$defs": {
            "tree": {"type": "object", "properties": {"below": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}},
        }});
        schema["properties"]["a"] = property;
        lower(&schema).unwrap_err()
    }

    #[test]
    fn objects_are_closed_and_all_their_properties_required() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A plan", "type": "object",
            "properties": {
                "name": {"type": "string", "description": "What it is called.", "minLength": 1, "maxLength": 9},
                "size": {"type": "integer", "minimum": 0},
                "kind": {"enum": ["a", "b"]},
                "one": {"const": 1},
                "tags": {"type": "array", "items": {"type": ["string", "null"]}, "uniqueItems": true},
                "inner": {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]},
            },
            "required": ["name", "kind", "one", "tags"],
        });
        let expected = json!({
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "What it is called. (minLength 1, maxLength 9)"},
                "size": {"anyOf": [{"type": "integer", "description": "minimum 0"}, {"type": "null"}]},
                "kind": {"type": "string", "enum": ["a", "b"]},
                "one": {"type": "integer", "enum": [1]},
                "tags": {
                    "type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "description": "uniqueItems true",
                },
                "inner": {"anyOf": [
                    {
                        "type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"],
                        "additionalProperties": false,
                    },
                    {"type": "null"},
                ]},
            },
            "required": ["inner", "kind", "name", "one", "size", "tags"],
            "additionalProperties": false,
        });
        assert_eq!(lowered(&schema), expected);
        assert_eq!(lowered(&expected), expected);
    }

    #[test]
    fn references_are_what_they_stand_for_and_choices_are_taken_apart() {
        let schema = json!({
            "type": "object", "$defs": {"id": {"type": "string", "description": "An id."}},
            "properties": {
                "a": {"$ref": "#/$defs/id"},
                "b": {"oneOf": [{"$ref": "#/$defs/id"}, {"anyOf": [{"type": "null"}, {"type": "number"}]}]},
                "c": {"$ref": "#/$defs/id", "description": "Its own."},
            },
            "required": ["a", "c"],
        });
        let properties = &lowered(&schema)["properties"];
        let id = json!({"type": "string", "description": "An id."});
        assert_eq!(properties["a"], id);
        assert_eq!(properties["b"], json!({"anyOf": [id, {"type": "null"}, {"type": "number"}]}));
        assert_eq!(properties["c"], json!({"type": "string", "description": "Its own."}));
    }

    #[test]
    fn what_cannot_be_said_is_named_with_its_place() {
        for (property, why) in [
            (json!(true), "may be anything or nothing"),
            (json!({}), "says no type"),
            (json!({"type": "object"}), "is an object with any names in it"),
            (
                json!({"type": "object", "properties": {"x": {"type": "null"}}, "additionalProperties": {"type": "string"}}),
                "is an object with any names in it",
            ),
            (json!({"type": "array"}), "does not say what its items are"),
            (json!({"type": "date"}), "has the unknown type 'date'"),
            (json!({"enum": ["a", 1]}), "has values of several types"),
            (json!({"anyOf": []}), "leaves no choice"),
            (json!({"enum": []}), "has values that are neither texts nor whole numbers nor booleans"),
            (json!({"allOf": []}), "has 'allOf', which not every endpoint takes"),
            (json!({"$ref": "#/$defs/none"}), "refers to '#/$defs/none', which is not there"),
            (json!({"$ref": "https://elsewhere"}), "refers to 'https://elsewhere', which is not there"),
        ] {
            let refused = refused(property);
            assert_eq!((refused.place.as_str(), refused.why.as_str()), ("#/properties/a", why));
        }
        let recursive = refused(json!({"$ref": "#/$defs/tree"}));
        assert_eq!(recursive.why, "refers to '#/$defs/tree' inside of itself");
        assert_eq!(lower(&json!({"type": "string"})).unwrap_err().to_string(), "# is no object");
        let deep =
            (0..200).fold(json!({"type": "null"}), |inner, _| json!({"type": "array", "items": inner}));
        assert_eq!(refused(deep).why, "is nested too deep");
    }
}
