//! What a value may be.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::kinds::Kinds;
use crate::schema::{self, Field};

/// Words or values that are looked at, at most: of a longer `enum` only its kinds are known.
const MAX_WORDS: usize = 256;
/// Words that are gathered from an expression, at most.
const MAX_GATHERED: usize = 16;
/// JSON has no more types.
const MAX_TYPES: usize = 7;

/// What a value may be.
#[derive(Clone, Debug)]
pub(crate) struct Type<'a> {
    pub(crate) kinds: Kinds,
    parts: Parts<'a>,
}

/// What is known besides the kinds.
#[derive(Clone, Debug)]
enum Parts<'a> {
    Unknown,
    /// The value fits this schema.
    Schema(&'a Map<String, Value>),
    /// A text is one of these.
    Words(Rc<[String]>),
    /// The items of a list are of this type.
    Items(Rc<Type<'a>>),
}

impl<'a> Type<'a> {
    pub(crate) const fn of(kinds: Kinds) -> Self {
        Self { kinds, parts: Parts::Unknown }
    }

    pub(crate) const fn any() -> Self {
        Self::of(Kinds::ANY)
    }

    /// This text.
    pub(super) fn word(text: &str) -> Self {
        Self { kinds: Kinds::TEXT, parts: Parts::Words([text.to_owned()].into()) }
    }

    /// A list of such items.
    pub(super) fn list(items: Self) -> Self {
        Self { kinds: Kinds::LIST, parts: Parts::Items(Rc::new(items)) }
    }

    /// What fits the schema. What is put together from other schemas is taken as open where it is.
    pub(crate) fn of_schema(schema: &'a Value) -> Self {
        let Some(schema) = schema.as_object() else { return Self::any() };
        let of_types = schema.get("type").map_or(Kinds::ANY, of_types);
        let kinds = match constants(schema) {
            Some(values) => values.fold(Kinds::NONE, |all, value| all.or(of_value(value))).and(of_types),
            None => of_types,
        };
        // Nothing fits such a schema, so nothing is said of what does.
        if kinds == Kinds::NONE {
            return Self::any();
        }
        Self { kinds, parts: Parts::Schema(schema) }
    }

    /// What may be either.
    pub(super) fn or(self, other: Self) -> Self {
        if self.kinds == Kinds::NONE {
            return other;
        }
        let parts = match (self.parts, other.parts) {
            (parts, _) if [Kinds::NONE, Kinds::NULL].contains(&other.kinds) => parts,
            (_, parts) if self.kinds == Kinds::NULL => parts,
            (Parts::Words(some), Parts::Words(more)) if some.len() + more.len() <= MAX_GATHERED => {
                Parts::Words(some.iter().chain(&*more).cloned().collect())
            }
            (Parts::Items(some), Parts::Items(more)) => {
                Parts::Items(Rc::new(Self::clone(&some).or(Self::clone(&more))))
            }
            (Parts::Schema(one), Parts::Schema(same)) if std::ptr::eq(one, same) => Parts::Schema(one),
            _ => Parts::Unknown,
        };
        Self { kinds: self.kinds.or(other.kinds), parts }
    }

    /// What is left of it in JSON, in which it goes from task to task.
    pub(crate) fn in_json(&self) -> Self {
        let parts = match &self.parts {
            Parts::Items(items) => Parts::Items(Rc::new(items.in_json())),
            others => others.clone(),
        };
        match self.kinds.in_json() {
            Kinds::NONE => Self::of(Kinds::NONE),
            kinds => Self { kinds, parts },
        }
    }

    /// Its field of this name; `None`: it surely has none.
    pub(crate) fn field(&self, name: &str) -> Option<Self> {
        let Some(schema) = self.schema() else { return Some(Self::any()) };
        match schema::field_of(schema, name) {
            Field::Known(field) => Some(Self::of_schema(field)),
            Field::Open => Some(match schema.get("additionalProperties") {
                Some(others) if !schema.contains_key("patternProperties") => Self::of_schema(others),
                _ => Self::any(),
            }),
            Field::Forbidden => None,
        }
    }

    /// The names of the fields that its schema knows.
    pub(super) fn field_names(&self) -> impl Iterator<Item = &'a str> {
        let properties = self.schema().and_then(|schema| schema.get("properties")).and_then(Value::as_object);
        properties.into_iter().flat_map(|fields| fields.keys().map(String::as_str))
    }

    /// Its items, if it is a list.
    pub(crate) fn items(&self) -> Self {
        match &self.parts {
            Parts::Items(items) if items.kinds != Kinds::NONE => Self::clone(items),
            Parts::Schema(schema) if !schema.contains_key("prefixItems") => {
                schema.get("items").map_or_else(Self::any, Self::of_schema)
            }
            _ => Self::any(),
        }
    }

    /// How many items it has at most, if it is a list, as far as that is known.
    pub(crate) fn most_items(&self) -> Option<usize> {
        let most = self.schema()?.get("maxItems")?.as_u64()?;
        Some(usize::try_from(most).unwrap_or(usize::MAX))
    }

    /// The texts that it may be, if they are known.
    pub(crate) fn words(&self) -> Option<Vec<&str>> {
        match &self.parts {
            Parts::Words(words) => Some(words.iter().map(String::as_str).collect()),
            Parts::Schema(schema) => Some(constants(schema)?.filter_map(Value::as_str).collect()),
            Parts::Unknown | Parts::Items(_) => None,
        }
    }

    /// The values that it may be, if its schema lists them.
    pub(crate) fn constants(&self) -> Option<Vec<&'a Value>> {
        Some(constants(self.schema()?)?.collect())
    }

    /// The schema that it fits, if one is known.
    pub(crate) fn schema(&self) -> Option<&'a Map<String, Value>> {
        match self.parts {
            Parts::Schema(schema) => Some(schema),
            Parts::Unknown | Parts::Words(_) | Parts::Items(_) => None,
        }
    }
}

/// The values that a schema lists.
fn constants(schema: &Map<String, Value>) -> Option<impl Iterator<Item = &Value>> {
    let values = match (schema.get("const"), schema.get("enum")) {
        (Some(one), _) => std::slice::from_ref(one),
        (None, Some(Value::Array(values))) if values.len() <= MAX_WORDS => values.as_slice(),
        _ => return None,
    };
    Some(values.iter())
}

fn of_types(types: &Value) -> Kinds {
    match types {
        Value::String(word) => of_word(word),
        Value::Array(words) if words.len() <= MAX_TYPES => {
            words.iter().filter_map(Value::as_str).fold(Kinds::NONE, |all, word| all.or(of_word(word)))
        }
        _ => Kinds::ANY,
    }
}

fn of_word(word: &str) -> Kinds {
    match word {
        "null" => Kinds::NULL,
        "boolean" => Kinds::BOOL,
        "number" | "integer" => Kinds::NUMBER,
        "string" => Kinds::TEXT,
        "array" => Kinds::LIST,
        "object" => Kinds::OBJECT,
        _ => Kinds::ANY,
    }
}

fn of_value(value: &Value) -> Kinds {
    match value {
        Value::Null => Kinds::NULL,
        Value::Bool(_) => Kinds::BOOL,
        Value::Number(_) => Kinds::NUMBER,
        Value::String(_) => Kinds::TEXT,
        Value::Array(_) => Kinds::LIST,
        Value::Object(_) => Kinds::OBJECT,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kinds(schema: &Value) -> Kinds {
        Type::of_schema(schema).kinds
    }

    #[test]
    fn a_schema_says_which_kinds_fit() {
        assert_eq!(kinds(&json!({"type": "integer"})), Kinds::NUMBER);
        assert_eq!(kinds(&json!({"type": ["string", "null"]})), Kinds::TEXT.or(Kinds::NULL));
        assert_eq!(kinds(&json!({"enum": ["a", 1]})), Kinds::TEXT.or(Kinds::NUMBER));
        assert_eq!(kinds(&json!({"type": "string", "enum": ["a", 1]})), Kinds::TEXT);
        assert_eq!(kinds(&json!({"const": true})), Kinds::BOOL);
        for open in [json!(true), json!({}), json!({"anyOf": [{"type": "null"}]}), json!({"type": "x"})] {
            assert_eq!(kinds(&open), Kinds::ANY, "{open}");
        }
    }

    #[test]
    fn parts_are_found_through_the_schema() {
        let schema = json!({
            "type": "object",
            "properties": {"days": {"type": "array", "items": {"type": "string"}}},
            "additionalProperties": {"type": "boolean"},
        });
        let whole = Type::of_schema(&schema);
        assert_eq!(whole.field("days").unwrap().items().kinds, Kinds::TEXT);
        assert_eq!(whole.field("other").unwrap().kinds, Kinds::BOOL);
        assert_eq!(whole.field_names().collect::<Vec<_>>(), ["days"]);
        let closed = json!({"additionalProperties": false});
        assert!(Type::of_schema(&closed).field("x").is_none());
    }

    #[test]
    fn what_may_be_either_keeps_what_is_known_of_both() {
        let words = Type::word("a").or(Type::word("b")).or(Type::of(Kinds::NULL));
        assert_eq!(words.kinds, Kinds::TEXT.or(Kinds::NULL));
        assert_eq!(words.words().unwrap(), ["a", "b"]);
        assert!(words.or(Type::of(Kinds::TEXT)).words().is_none());
        let lists = Type::list(Type::of(Kinds::NONE)).or(Type::list(Type::of(Kinds::NUMBER)));
        assert_eq!(lists.items().kinds, Kinds::NUMBER);
        assert!(Type::of(Kinds::TEXT).or(Type::word("a")).words().is_none());
    }
}
