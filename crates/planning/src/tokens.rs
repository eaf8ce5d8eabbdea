//! Just enough of CEL's lexical grammar to find names without mistaking the inside of a
//! string or a comment for one.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword.
    Name,
    /// A string or bytes literal, prefix and quotes included.
    Text,
    /// A number.
    Number,
    /// A single sign.
    Sign(char),
}

/// A token and the bytes it takes in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    /// The token as it is written.
    pub(crate) fn text<'a>(&self, source: &'a str) -> &'a str {
        &source[self.start..self.end]
    }

    /// The name inside a string literal such as `"fetch"` or `'fetch'`; `None` for anything
    /// else, prefixed, triple-quoted and escaped literals included.
    pub(crate) fn quoted_name<'a>(&self, source: &'a str) -> Option<&'a str> {
        let text = self.text(source);
        let quote = text.chars().next().filter(|&c| self.kind == Kind::Text && (c == '"' || c == '\''))?;
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(['"', '\'', '\\'])).then_some(inner)
    }
}

/// The tokens of an expression, without white space and comments. A literal that does not
/// end takes the rest: the parser refuses it anyway.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = source[start..].chars().next() {
        let rest = &source[start..];
        let (length, kind) = if first.is_whitespace() {
            (first.len_utf8(), None)
        } else if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if let Some(length) = text_length(rest) {
            (length, Some(Kind::Text))
        } else if is_name_part(first) {
            let length = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
            if first.is_ascii_digit() {
                (length + fraction_length(&rest[length..]), Some(Kind::Number))
            } else {
                (length, Some(Kind::Name))
            }
        } else {
            (first.len_utf8(), Some(Kind::Sign(first)))
        };
        tokens.extend(kind.map(|kind| Token { kind, start, end: start + length }));
        start += length;
    }
    tokens
}

fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// `.5` of `1.5`, so that it is not taken for a field.
fn fraction_length(rest: &str) -> usize {
    match rest.strip_prefix('.') {
        Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => {
            1 + digits.find(|c| !is_name_part(c)).unwrap_or(digits.len())
        }
        _ => 0,
    }
}

/// The length of the string or bytes literal that `rest` begins with.
fn text_length(rest: &str) -> Option<usize> {
    let prefix = rest.find(['"', '\'']).filter(|&end| end <= 2)?;
    if !rest[..prefix].chars().all(|c| matches!(c, 'r' | 'R' | 'b' | 'B')) {
        return None;
    }
    let raw = rest[..prefix].contains(['r', 'R']);
    let quote = &rest[prefix..=prefix];
    let triple = quote.repeat(3);
    let quote = if rest[prefix..].starts_with(&triple) { triple.as_str() } else { quote };
    let mut at = prefix + quote.len();
    while let Some(next) = rest[at..].chars().next() {
        if rest[at..].starts_with(quote) {
            return Some(at + quote.len());
        }
        at += next.len_utf8();
        if next == '\\' && !raw {
            at += rest[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    Some(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).iter().map(|token| token.text(source)).collect()
    }

    #[test]
    fn strings_numbers_and_comments_are_not_names() {
        assert_eq!(
            texts("a.b[\"x\\\"y\"] == r'\\' && 1.5e3 > b'''t'a''' // tasks.x\n || has(c)"),
            [
                "a",
                ".",
                "b",
                "[",
                "\"x\\\"y\"",
                "]",
                "=",
                "=",
                "r'\\'",
                "&",
                "&",
                "1.5e3",
                ">",
                "b'''t'a'''",
                "|",
                "|",
                "has",
                "(",
                "c",
                ")"
            ]
        );
    }

    #[test]
    fn only_plain_literals_are_quoted_names() {
        let name = |source: &'static str| tokens(source)[0].quoted_name(source);
        assert_eq!(name("\"fetch\""), Some("fetch"));
        assert_eq!(name("'a-b'"), Some("a-b"));
        for other in ["r'a'", "'a\\n'", "'''a'''", "\"a", "fetch", "1"] {
            assert_eq!(name(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn tokens_cover_any_source_in_order(source in "[ -~é\n\"'\\\\/]{0,40}") {
            let mut end = 0;
            for token in tokens(&source) {
                prop_assert!(token.start >= end && token.end > token.start);
                end = token.end;
            }
            prop_assert!(end <= source.len());
        }
    }
}
