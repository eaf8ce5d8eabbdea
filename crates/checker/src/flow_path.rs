//! Dotted paths of data flows: where in a task's input a value goes.

use std::collections::BTreeMap;

use goalpost_model::limits::MAX_PAYLOAD_DEPTH;
use serde_json::{Map, Value};

/// So many steps a path may have: each makes the input one level deeper.
const MAX_STEPS: usize = MAX_PAYLOAD_DEPTH;

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

    /// What stands in its way in these fields, if something that is no object does.
    pub(crate) fn obstacle(&self, fields: &Map<String, Value>) -> Option<String> {
        let (_, way) = self.0.split_last()?;
        let mut at = fields;
        for (depth, step) in way.iter().enumerate() {
            at = match at.get(step)? {
                Value::Object(next) => next,
                _ => return Some(self.0[..=depth].join(".")),
            };
        }
        None
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

/// Paths of which none overlaps another, each with its owner.
#[derive(Debug)]
pub(crate) struct DisjointPaths<T>(BTreeMap<FlowPath, T>);

impl<T> Default for DisjointPaths<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Copy> DisjointPaths<T> {
    /// Adds a path, unless it overlaps one that is there: then answers with the owner of that.
    pub(crate) fn add(&mut self, path: &FlowPath, owner: T) -> Option<T> {
        let overlapped = self.overlapped_by(path);
        if overlapped.is_none() {
            self.0.insert(path.clone(), owner);
        }
        overlapped
    }

    /// The owner of a path that overlaps this one. As none overlaps another, it stands right
    /// before or right after it in their order.
    pub(crate) fn overlapped_by(&self, path: &FlowPath) -> Option<T> {
        let before = self.0.range(..=path).next_back();
        let after = self.0.range(path..).next();
        before.into_iter().chain(after).find(|(other, _)| other.overlaps(path)).map(|(_, owner)| *owner)
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
    fn overlapping_paths_are_found_among_many() {
        let path = |text| FlowPath::parse(text).unwrap();
        let mut paths = DisjointPaths::default();
        for (owner, text) in ["a", "ab.c", "ab.d.e", "ab-c", "z.y"].into_iter().enumerate() {
            assert_eq!(paths.add(&path(text), owner), None, "{text}");
        }
        for (text, owner) in [("a.x.y", 0), ("a", 0), ("ab.d", 2), ("ab.d.e.f", 2), ("z", 4)] {
            assert_eq!(paths.add(&path(text), 9), Some(owner), "{text}");
        }
        assert_eq!(paths.overlapped_by(&path("ab.x")), None);
    }

    #[test]
    fn what_is_no_object_stands_in_the_way() {
        let fields = json!({"a": 1, "b": {"c": "text", "d": {}}}).as_object().cloned().unwrap();
        let obstacle = |text| FlowPath::parse(text).unwrap().obstacle(&fields);
        assert_eq!(obstacle("a.x"), Some("a".to_owned()));
        assert_eq!(obstacle("b.c.x.y"), Some("b.c".to_owned()));
        for free in ["a", "b.c", "b.d.x", "b.e.x", "n.x"] {
            assert_eq!(obstacle(free), None, "{free}");
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
