//! Templates: constant input with placeholders for what the goal brings.

use serde_json::{Map, Value};

use crate::goal::Bound;
use crate::placeholder::{Piece, is_identifier, pieces};

/// A constant with placeholders, parsed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Template {
    /// No placeholder in it.
    Constant(Value),
    /// A single placeholder: the value as it is, whatever its type.
    Whole(Placeholder),
    /// Text with placeholders in it.
    Text(Vec<Part>),
    /// A list of templates.
    List(Vec<Template>),
    /// Named templates.
    Object(Vec<(String, Template)>),
}

/// A part of a text with placeholders.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Plain(String),
    Value(Placeholder),
}

/// What a placeholder stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Placeholder {
    /// As the catalog has it, without braces.
    pub(crate) source: String,
    /// Path in the goal's input, captures included; never empty.
    pub(crate) path: Vec<String>,
    /// It was written `{name}`, so every pattern must capture it.
    pub(crate) is_capture: bool,
}

impl Placeholder {
    fn parse(source: &str) -> Result<Self, String> {
        let segments: Vec<String> = source.split('.').map(str::to_owned).collect();
        let (path, is_capture) = match segments.split_first() {
            Some((first, rest)) if first == "input" => (rest.to_vec(), false),
            _ => (segments, true),
        };
        let is_segment = |segment: &String| {
            !segment.is_empty() && segment.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        };
        if path.is_empty() || !path.iter().all(is_segment) || (is_capture && !is_identifier(&path[0])) {
            return Err(format!(
                "has the placeholder {{{source}}}: write {{name}} or {{input.name}} (or \\{{ for a brace)"
            ));
        }
        Ok(Self { source: source.to_owned(), path, is_capture })
    }

    fn value<'a>(&self, bound: &'a Bound<'_>) -> Result<&'a Value, String> {
        bound
            .value_at(&self.path)
            .ok_or_else(|| format!("needs '{}', which the goal's input does not have", self.path.join(".")))
    }
}

impl Template {
    /// Parses a value; `mistakes` gets what is wrong and where, in sentences that begin with the path.
    pub(crate) fn parse(value: &Value, path: &str, mistakes: &mut Vec<String>) -> Self {
        match value {
            Value::String(text) => Self::parse_text(text).unwrap_or_else(|message| {
                mistakes.push(format!("{path} {message}"));
                Self::Constant(Value::Null)
            }),
            Value::Array(items) => {
                let parse = |(place, item)| Self::parse(item, &format!("{path}[{place}]"), mistakes);
                Self::List(items.iter().enumerate().map(parse).collect())
            }
            Value::Object(fields) => Self::Object(Self::parse_fields(fields, path, mistakes)),
            other => Self::Constant(other.clone()),
        }
    }

    /// Parses the fields of an input.
    pub(crate) fn parse_fields(
        fields: &Map<String, Value>,
        path: &str,
        mistakes: &mut Vec<String>,
    ) -> Vec<(String, Self)> {
        let parse = |(name, value): (&String, &Value)| {
            (name.clone(), Self::parse(value, &format!("{path}.{name}"), mistakes))
        };
        fields.iter().map(parse).collect()
    }

    /// Parses a text.
    pub(crate) fn parse_text(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        for piece in pieces(text)? {
            parts.push(match piece {
                Piece::Text(text) => Part::Plain(text),
                Piece::Placeholder(source) => Part::Value(Placeholder::parse(&source)?),
            });
        }
        Ok(match parts.as_slice() {
            [] => Self::Constant(Value::from("")),
            [Part::Plain(text)] => Self::Constant(Value::from(text.as_str())),
            [Part::Value(placeholder)] => Self::Whole(placeholder.clone()),
            _ => Self::Text(parts),
        })
    }

    /// The value for a goal. The error is a sentence's end: `needs 'city', which ...`.
    pub(crate) fn fill(&self, bound: &Bound<'_>) -> Result<Value, String> {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Whole(placeholder) => placeholder.value(bound).cloned(),
            Self::Text(parts) => {
                parts.iter().map(|part| part.fill(bound)).collect::<Result<String, _>>().map(Value::from)
            }
            Self::List(items) => items.iter().map(|item| item.fill(bound)).collect(),
            Self::Object(fields) => Self::fill_fields(fields, bound).map(Value::Object),
        }
    }

    /// The values of an input for a goal.
    pub(crate) fn fill_fields(
        fields: &[(String, Self)],
        bound: &Bound<'_>,
    ) -> Result<Map<String, Value>, String> {
        fields.iter().map(|(name, template)| Ok((name.clone(), template.fill(bound)?))).collect()
    }

    /// Every placeholder in it.
    pub(crate) fn placeholders(&self) -> Vec<&Placeholder> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Whole(placeholder) => vec![placeholder],
            Self::Text(parts) => parts.iter().filter_map(Part::placeholder).collect(),
            Self::List(items) => items.iter().flat_map(Self::placeholders).collect(),
            Self::Object(fields) => fields.iter().flat_map(|(_, template)| template.placeholders()).collect(),
        }
    }
}

impl Part {
    fn placeholder(&self) -> Option<&Placeholder> {
        match self {
            Self::Plain(_) => None,
            Self::Value(placeholder) => Some(placeholder),
        }
    }

    fn fill(&self, bound: &Bound<'_>) -> Result<String, String> {
        match self {
            Self::Plain(text) => Ok(text.clone()),
            Self::Value(placeholder) => match placeholder.value(bound)? {
                Value::String(text) => Ok(text.clone()),
                scalar @ (Value::Number(_) | Value::Bool(_)) => Ok(scalar.to_string()),
                _ => Err(format!(
                    "puts '{}' into a text, but it is not a string, a number or a boolean",
                    placeholder.path.join(".")
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::GoalRequest;

    fn filled(template: Value, input: Value) -> Result<Value, String> {
        let mut mistakes = Vec::new();
        let template = Template::parse(&template, "input", &mut mistakes);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let goal = GoalRequest::of_type("t", input.as_object().unwrap().clone());
        template.fill(&Bound::new(&goal, [("city".to_owned(), "Seattle".to_owned())].into()))
    }

    #[test]
    fn a_whole_value_keeps_its_type_and_a_text_takes_scalars() {
        let input = json!({"days": 7, "where": {"list": [1, 2]}, "deep": true});
        let template = json!({
            "city": "{city}", "title": "{city}: {input.days} days, {deep}", "n": "{input.days}",
            "all": ["{where.list}", "{input.where.list.1}", 3, null], "brace": "\\{x\\}",
        });
        let expected = json!({
            "city": "Seattle", "title": "Seattle: 7 days, true", "n": 7,
            "all": [[1, 2], 2, 3, null], "brace": "{x}",
        });
        assert_eq!(filled(template, input).unwrap(), expected);
    }

    #[test]
    fn the_goals_own_input_goes_before_what_was_captured() {
        assert_eq!(filled(json!("{city}"), json!({"city": "Portland"})).unwrap(), "Portland");
        assert_eq!(filled(json!("{input.city}"), json!({})).unwrap(), "Seattle");
    }

    #[test]
    fn what_is_absent_or_no_scalar_is_named() {
        let message = filled(json!("{input.when.day}"), json!({"when": {}})).unwrap_err();
        assert!(message.contains("'when.day'"), "{message}");
        let message = filled(json!("on {when}"), json!({"when": {}})).unwrap_err();
        assert!(message.contains("'when' into a text"), "{message}");
    }

    #[test]
    fn a_wrong_placeholder_is_reported_with_its_path() {
        let mut mistakes = Vec::new();
        for wrong in ["{a b}", "{input}", "{input.}", "{x.}", "{1}"] {
            Template::parse(&json!({"a": [wrong]}), "input", &mut mistakes);
        }
        assert_eq!(mistakes.len(), 5);
        assert!(mistakes.iter().all(|mistake| mistake.starts_with("input.a[0] has the placeholder")));
    }
}
