//! Reads a catalog file into its items, without looking into them.

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, Options, Spanned};

use crate::mistake::Place;
use crate::{Mistake, Source};

/// Bytes of one catalog file.
const MAX_BYTES: usize = 4 << 20;
/// Mappings, lists and scalars of a file, as it is written.
const MAX_NODES: usize = 100_000;
/// Events that aliases may add to a file; stops an alias bomb.
const MAX_REPLAYED_EVENTS: usize = 200_000;

/// An item of a file, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// `capability`, `template` or `method`.
    pub(crate) kind: &'static str,
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// The items of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    pub(crate) capabilities: Vec<Item>,
    pub(crate) templates: Vec<Item>,
    pub(crate) methods: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    capabilities: Option<Vec<Spanned<Value>>>,
    #[serde(default)]
    templates: Option<Vec<Spanned<Value>>>,
    #[serde(default)]
    methods: Option<Vec<Spanned<Value>>>,
}

/// Reads a file; the mistake says why it cannot be read.
pub(crate) fn read(source: &Source<'_>) -> Result<Items, Mistake> {
    let mistake = |line: u64, message: String| Mistake {
        file: source.name.to_owned(),
        line,
        item: String::new(),
        message,
    };
    if source.text.len() > MAX_BYTES {
        return Err(mistake(0, format!("is larger than {MAX_BYTES} bytes")));
    }
    let document: Option<Document> =
        serde_saphyr::from_str_with_options(source.text, options()).map_err(|error| {
            let line = error.location().map_or(0, |location| location.line());
            mistake(line, error.without_snippet().to_string())
        })?;
    let Some(document) = document else {
        return Ok(Items::default());
    };
    Ok(Items {
        capabilities: items(source, "capability", document.capabilities),
        templates: items(source, "template", document.templates),
        methods: items(source, "method", document.methods),
    })
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: MAX_NODES, max_documents: 1 },
        duplicate_keys: DuplicateKeyPolicy::Error,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPLAYED_EVENTS },
        strict_booleans: true,
        emit_comments: false,
    }
}

fn items(source: &Source<'_>, kind: &'static str, list: Option<Vec<Spanned<Value>>>) -> Vec<Item> {
    let item = |(place, spanned): (usize, Spanned<Value>)| {
        let name = spanned.value.get("name").and_then(Value::as_str);
        let item = name.map_or_else(|| format!("{kind} {}", place + 1), |name| format!("{kind} {name}"));
        let place = Place { file: source.name.to_owned(), line: spanned.referenced.line(), item };
        Item { kind, place, value: spanned.value }
    };
    list.unwrap_or_default().into_iter().enumerate().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Items, Mistake> {
        read(&Source { name: "c.yaml", text })
    }

    #[test]
    fn items_know_their_lines_and_aliases_are_followed() {
        let text = "capabilities:\n  - name: a\n    x: &x { on: failure, y: no }\n  - { name: b, x: *x }\nmethods:\n";
        let items = read_text(text).unwrap();
        let places: Vec<_> = items.capabilities.iter().map(|item| item.place.position()).collect();
        assert_eq!(places, ["c.yaml:2", "c.yaml:4"]);
        assert_eq!(items.capabilities[1].place.item, "capability b");
        assert_eq!(items.capabilities[1].value["x"], serde_json::json!({"on": "failure", "y": "no"}));
    }

    #[test]
    fn an_empty_file_has_no_items() {
        for text in ["", "# nothing\n", "methods: []\n"] {
            assert!(read_text(text).unwrap().methods.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut bomb = "capabilities:\n  - &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let alias = format!("*a{}", level - 1);
            bomb += &format!("  - &a{level} [{}]\n", [alias.as_str(); 10].join(", "));
        }
        assert!(read_text(&bomb).is_err());
    }

    #[test]
    fn broken_yaml_unknown_and_repeated_keys_are_refused_with_a_line() {
        for text in
            ["methods: [\n", "methods: []\ncapabilites: []\n", "methods: []\nmethods: []\n", "\n- 1\n"]
        {
            let mistake = read_text(text).unwrap_err();
            assert!(mistake.line > 0, "{mistake}");
        }
        assert!(read_text(&" ".repeat(MAX_BYTES + 1)).is_err());
        assert!(read_text(&format!("methods: {}", "[".repeat(1_000))).is_err());
    }
}
