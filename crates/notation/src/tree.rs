//! What stands where in a YAML text.

use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Parser};

/// A value and the bytes that it is written in.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
}

/// What a value is made of.
#[derive(Debug)]
pub(crate) enum Kind {
    Mapping(Vec<(Key, Node)>),
    Sequence(Vec<Node>),
    /// A scalar, or an alias: what it stands for is elsewhere.
    Leaf,
}

/// A key of a mapping.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
}

impl Node {
    /// The value of this key, and the key.
    pub(crate) fn entry(&self, name: &str) -> Option<&(Key, Node)> {
        let Kind::Mapping(entries) = &self.kind else { return None };
        entries.iter().find(|(key, _)| key.text == name)
    }

    /// The item at this place of a list.
    pub(crate) fn item(&self, place: usize) -> Option<&Node> {
        let Kind::Sequence(items) = &self.kind else { return None };
        items.get(place)
    }
}

/// The tree of the first document. `None` if the text does not parse. The depth of the text must be
/// bounded: a tree is dropped level by level on the stack.
pub(crate) fn tree(text: &str) -> Option<Node> {
    let mut open: Vec<Open> = Vec::new();
    for next in Parser::new_from_str(text) {
        let (event, span) = next.ok()?;
        let span = span.byte_range()?;
        let done = match event {
            Event::MappingStart(..) => {
                open.push(Open::new(span, Kind::Mapping(Vec::new())));
                continue;
            }
            Event::SequenceStart(..) => {
                open.push(Open::new(span, Kind::Sequence(Vec::new())));
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => open.pop()?.close(span),
            Event::Scalar(value, ..) => {
                let leaf = Node { span: trimmed(text, span), kind: Kind::Leaf };
                match open.last_mut() {
                    Some(around) if around.wants_key() => {
                        around.key = Some(Key { text: value.into_owned(), span: leaf.span });
                        continue;
                    }
                    _ => leaf,
                }
            }
            Event::Alias(_) => Node { span, kind: Kind::Leaf },
            _ => continue,
        };
        match open.last_mut() {
            Some(around) => around.add(done),
            None => return Some(done),
        }
    }
    None
}

/// A collection that is being read.
struct Open {
    node: Node,
    key: Option<Key>,
}

impl Open {
    fn new(span: Range<usize>, kind: Kind) -> Self {
        Self { node: Node { span, kind }, key: None }
    }

    fn wants_key(&self) -> bool {
        matches!(self.node.kind, Kind::Mapping(_)) && self.key.is_none()
    }

    fn add(&mut self, value: Node) {
        self.node.span.end = self.node.span.end.max(value.span.end);
        match &mut self.node.kind {
            Kind::Sequence(items) => items.push(value),
            Kind::Mapping(entries) => match self.key.take() {
                Some(key) => entries.push((key, value)),
                // A key that is no text: nothing looks for it, but its value must not become a key.
                None => self.key = Some(Key { text: String::new(), span: value.span }),
            },
            Kind::Leaf => {}
        }
    }

    /// A closing bracket belongs to the collection; in block style there is none.
    fn close(mut self, end: Range<usize>) -> Node {
        if !end.is_empty() {
            self.node.span.end = end.end;
        }
        self.node
    }
}

/// Block scalars reach to the next token.
fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    span.start..span.start + text[span.clone()].trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<'a>(text: &'a str, node: &Node) -> &'a str {
        &text[node.span.clone()]
    }

    #[test]
    fn values_know_where_they_stand() {
        let text = "a: 1 # one\nb:\n  - {c: [x, y]}\n  - d: |\n      ä\n      b\n\n    e: \"q\"\n";
        let root = tree(text).unwrap();
        let (key, one) = root.entry("a").unwrap();
        assert_eq!((&text[key.span.clone()], written(text, one)), ("a", "1"));
        let list = &root.entry("b").unwrap().1;
        let first = list.item(0).unwrap();
        assert_eq!(written(text, first), "{c: [x, y]}");
        assert_eq!(written(text, &first.entry("c").unwrap().1), "[x, y]");
        let second = list.item(1).unwrap();
        assert_eq!(written(text, &second.entry("d").unwrap().1), "ä\n      b");
        assert_eq!(written(text, &second.entry("e").unwrap().1), "\"q\"");
        assert!(written(text, second).starts_with("d: |") && written(text, second).ends_with("\"q\""));
    }

    #[test]
    fn json_with_tabs_is_read() {
        let text = "{\n\t\"a\": {\"b\": [true, \"c\"]}\n}\n";
        let root = tree(text).unwrap();
        assert_eq!(written(text, &root), text.trim_end());
        let inner = &root.entry("a").unwrap().1.entry("b").unwrap().1;
        assert_eq!(written(text, inner.item(1).unwrap()), "\"c\"");
    }

    #[test]
    fn aliases_and_keys_that_are_no_text_do_not_disturb() {
        let text = "? [1, 2]\n: x\na: &here {b: 1}\nc: *here\n";
        let root = tree(text).unwrap();
        assert_eq!(written(text, &root.entry("c").unwrap().1), "*here");
        assert_eq!(written(text, &root.entry("a").unwrap().1.entry("b").unwrap().1), "1");
        assert!(root.entry("x").is_none());
        assert!(tree("a: [").is_none());
    }
}
