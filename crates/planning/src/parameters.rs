//! What the input of a goal has to be for a method or a template.

use goalpost_checker::{check, code};
use goalpost_model::{Blueprint, Capability, Effect, Severity, Task};
use serde_json::{Map, Value};

/// A JSON Schema of the goal's input, captures included.
#[derive(Debug)]
pub(crate) struct Parameters {
    /// Has the schema as that of its input.
    sample: Capability,
}

impl Parameters {
    /// Takes a schema. The error says what is wrong with it.
    pub(crate) fn parse(schema: Value) -> Result<Self, String> {
        if !schema.is_object() {
            return Err("has to be a mapping (absent: anything)".into());
        }
        let name = "parameters".to_owned();
        let (description, output_schema, cost) = (String::new(), None, None);
        let sample = Capability {
            name,
            description,
            input_schema: Some(schema),
            output_schema,
            effect: Effect::Read,
            cost,
        };
        let parameters = Self { sample };
        let invalid = parameters.faults(Map::new(), code::INVALID_SCHEMA);
        if invalid.is_empty() { Ok(parameters) } else { Err(format!("is invalid: {}", invalid.join("; "))) }
    }

    /// What properties are when the goal has none of them.
    pub(crate) fn defaults(&self) -> impl Iterator<Item = (&String, &Value)> {
        let schema = self.sample.input_schema.as_ref();
        let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
        properties.into_iter().flatten().filter_map(|(name, property)| Some((name, property.get("default")?)))
    }

    /// Whether an input is fine. The error says why not, as a sentence's end.
    pub(crate) fn check(&self, input: &Map<String, Value>) -> Result<(), String> {
        let faults = self.faults(input.clone(), code::INPUT_BREAKS_SCHEMA);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(format!("its parameters do not fit: {}", faults.join("; ")))
        }
    }

    /// What the checker finds with this code in a task that has this input.
    fn faults(&self, input: Map<String, Value>, wanted: &str) -> Vec<String> {
        let capability = self.sample.name.clone();
        let task = Task { name: "sample".to_owned(), capability, input, ..Task::default() };
        let blueprint = Blueprint { name: "sample".to_owned(), tasks: vec![task], ..Blueprint::default() };
        let findings = check(&blueprint, &vec![self.sample.clone()]).findings.into_iter();
        let wanted = findings.filter(|finding| finding.severity == Severity::Error && finding.code == wanted);
        wanted.map(|finding| finding.message).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_input_is_held_against_the_schema() {
        let schema = json!({"properties": {"days": {"type": "integer", "default": 3}, "city": {}}, "required": ["city"]});
        let parameters = Parameters::parse(schema).unwrap();
        let checked = |input: Value| parameters.check(input.as_object().unwrap());
        assert_eq!(checked(json!({"city": "Oslo", "days": 2})), Ok(()));
        let message = checked(json!({"days": "two"})).unwrap_err();
        assert!(message.contains("integer") && message.contains("city"), "{message}");
        assert_eq!(parameters.defaults().collect::<Vec<_>>(), [(&"days".to_owned(), &json!(3))]);
    }

    #[test]
    fn a_schema_that_is_none_is_refused() {
        assert!(Parameters::parse(json!(true)).is_err());
        let message = Parameters::parse(json!({"type": "objct"})).unwrap_err();
        assert!(message.contains("is invalid"), "{message}");
    }
}
