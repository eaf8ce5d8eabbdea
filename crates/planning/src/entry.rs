//! A capability of the catalog, with what only planning needs to know of it.

use std::collections::BTreeMap;

use goalpost_model::Capability;
use serde_json::Value;

use crate::namespaces::Namespaces;
use crate::placeholder::is_identifier;
use crate::{parse, raw};

/// What facts come out of, as in `tasks.NAME.output`.
pub(crate) const OUTPUT: &str = "output";

/// A capability of a catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What workers offer; this is all that a blueprint carries of it.
    pub capability: Capability,
    /// The facts that it needs: dotted path in its input -> fact.
    pub needs: BTreeMap<String, String>,
    /// The facts that it produces: fact -> `output`, or a dotted path that begins with it.
    pub produces: BTreeMap<String, String>,
    /// Whose goals may use it.
    pub namespaces: Namespaces,
}

/// Reads a capability, noting what is wrong with it.
pub(crate) fn read(value: Value, wrong: &mut Vec<String>) -> Option<Entry> {
    let raw = parse::read::<raw::Capability>(value, wrong)?;
    let raw::Capability { name, description, input_schema, output_schema, effect, cost, .. } = raw;
    let needs = pairs(raw.needs, "needs", |fact| fact.to_owned(), wrong);
    let produces = pairs(raw.produces, "produces", |fact| format!("{OUTPUT}.{fact}"), wrong);
    for (path, fact) in &needs {
        wrong.extend(fault_of_fact("needs", fact));
        wrong.extend(
            (!is_path(path)).then(|| format!("needs: '{path}' is no path in its input, such as place.city")),
        );
    }
    for (fact, path) in &produces {
        wrong.extend(fault_of_fact("produces", fact));
        let is_of_output = is_path(path) && path.split('.').next() == Some(OUTPUT);
        wrong.extend((!is_of_output).then(|| {
            format!(
                "produces: '{path}' is no path in its output: write output, or a path such as output.days"
            )
        }));
    }
    let capability = Capability { name, description, input_schema, output_schema, effect, cost };
    Some(Entry { capability, needs, produces, namespaces: Namespaces::parse(raw.namespaces, wrong) })
}

/// A mapping of names; or a list of facts, each with the path that has its own name.
fn pairs(
    value: Option<Value>,
    field: &str,
    path_of: impl Fn(&str) -> String,
    wrong: &mut Vec<String>,
) -> BTreeMap<String, String> {
    let mut pairs = BTreeMap::new();
    let mut is_fine = true;
    match value {
        None => {}
        Some(Value::Array(facts)) => {
            for fact in facts {
                match fact.as_str() {
                    Some(fact) if field == "needs" => {
                        is_fine &= pairs.insert(path_of(fact), fact.to_owned()).is_none()
                    }
                    Some(fact) => is_fine &= pairs.insert(fact.to_owned(), path_of(fact)).is_none(),
                    None => is_fine = false,
                }
            }
        }
        Some(Value::Object(fields)) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(value) => is_fine &= pairs.insert(key, value.to_owned()).is_none(),
                    None => is_fine = false,
                }
            }
        }
        Some(_) => is_fine = false,
    }
    if !is_fine {
        let example = if field == "needs" { "{ place.city: city }" } else { "{ days: output.days }" };
        wrong.push(format!("{field} has to be a list of different facts, or a mapping such as {example}"));
    }
    pairs
}

/// A fact is named like a field, so that expressions can select it.
pub(crate) fn fault_of_fact(field: &str, fact: &str) -> Option<String> {
    (!is_identifier(fact) || fact.len() > goalpost_model::limits::MAX_NAME_BYTES)
        .then(|| format!("{field}: '{fact}' is no name of a fact: a letter or _, then letters, digits and _"))
}

fn is_path(path: &str) -> bool {
    path.split('.').all(is_identifier)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(fields: Value) -> (Option<Entry>, Vec<String>) {
        let mut wrong = Vec::new();
        (read(fields, &mut wrong), wrong)
    }

    #[test]
    fn a_list_of_facts_is_short_for_paths_of_the_same_name() {
        let (short, wrong) = entry(json!({"name": "a", "needs": ["city"], "produces": ["days"]}));
        assert_eq!(wrong, Vec::<String>::new());
        let (long, _) =
            entry(json!({"name": "a", "needs": {"city": "city"}, "produces": {"days": "output.days"}}));
        assert_eq!(short, long);
    }

    #[test]
    fn what_is_no_fact_and_no_path_is_told() {
        for (fields, word) in [
            (json!({"name": "a", "needs": "city"}), "needs has to be a list"),
            (json!({"name": "a", "needs": ["city", "city"]}), "different facts"),
            (json!({"name": "a", "needs": {"city": 1}}), "needs has to be a list"),
            (json!({"name": "a", "needs": ["a.b"]}), "'a.b' is no name of a fact"),
            (json!({"name": "a", "needs": {"a..b": "c"}}), "'a..b' is no path in its input"),
            (json!({"name": "a", "produces": {"c": "days"}}), "'days' is no path in its output"),
            (json!({"name": "a", "namespaces": []}), "nobody could use it"),
            (json!({"name": "a", "namespaces": ["a b"]}), "'a b' must be"),
        ] {
            let (_, wrong) = entry(fields);
            assert!(wrong.len() == 1 && wrong[0].contains(word), "{word}: {wrong:?}");
        }
    }
}
