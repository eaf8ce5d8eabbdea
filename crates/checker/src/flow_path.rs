//! Dotted paths of data flows: where in a task's input a value goes.

use serde_json::{Map, Value};

/// So many steps a path may have.
const MAX_STEPS: usize = 32;

/// A path in a task's input, for example `report.city`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FlowPath(Vec<String>);

impl FlowPath {
    /// Parses a dotted path. The error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let steps: Vec<String> = text.split('.').map(str::to_owned).collect();
        if steps.len() > MAX_STEPS {
            return Err(format!("the path has {} steps; {MAX_STEPS} are allowed", steps.len()));
        }
        if steps.iter().any(String::is_empty) {
            return Err("a step of the path is empty".to_owned());
        }
        let stray = |c: char| c.is_whitespace() || c.is_control() || "[](){}\"'`,:".contains(c);
        match text.chars().find(|c| stray(*c)) {
            Some(stray) => Err(format!("the path has the character {stray:?}")),
            None => Ok(Self(steps)),
        }
    }

    /// Whether one leads to the other, or both are the same.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(left, right)| left == right)
    }

    /// Puts a value there; objects on the way are made. The error says what stands in the way.
    pub(crate) fn put(&self, fields: &mut Map<String, Value>, value: Value) -> Result<(), String> {
        let Some((last, way)) = self.0.split_last() else { return Ok(()) };
        let mut at = fields;
        for (depth, step) in way.iter().enumerate() {
            let next = at.entry(step.as_str()).or_insert_with(|| Value::Object(Map::new()));
            at = next
                .as_object_mut()
                .ok_or_else(|| format!("'{}' of the input is not an object", self.0[..=depth].join(".")))?;
        }
        at.insert(last.clone(), value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_goes_where_the_path_leads() {
        let mut fields = Map::new();
        FlowPath::parse("a.b.c").unwrap().put(&mut fields, json!(1)).unwrap();
        FlowPath::parse("a.b.d").unwrap().put(&mut fields, json!(2)).unwrap();
        FlowPath::parse("e").unwrap().put(&mut fields, json!(3)).unwrap();
        assert_eq!(Value::Object(fields.clone()), json!({"a": {"b": {"c": 1, "d": 2}}, "e": 3}));
        let fault = FlowPath::parse("e.f").unwrap().put(&mut fields, json!(4)).unwrap_err();
        assert_eq!(fault, "'e' of the input is not an object");
    }

    #[test]
    fn badly_formed_paths_are_refused() {
        for bad in ["", ".", "a.", ".a", "a..b", "a b", "a[0]", "a.'b'", "a\n", &"a.".repeat(40)] {
            assert!(FlowPath::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_overlaps_what_it_leads_to() {
        let path = |text| FlowPath::parse(text).unwrap();
        assert!(path("a").overlaps(&path("a.b")));
        assert!(path("a.b").overlaps(&path("a.b")));
        assert!(!path("a.b").overlaps(&path("a.c")));
        assert!(!path("ab").overlaps(&path("a")));
    }
}
