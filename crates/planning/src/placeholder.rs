//! Text with `{placeholders}`: what patterns and templates have in common.

/// A piece of such a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Plain text, with its escapes resolved.
    Text(String),
    /// What stood between `{` and `}`, trimmed.
    Placeholder(String),
}

/// Splits a text at its placeholders. `\{`, `\}` and `\\` stand for `{`, `}` and `\`;
/// any other backslash is a backslash. The error says what is wrong, and how to write it.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '\\' if matches!(rest.peek(), Some('{' | '}' | '\\')) => plain.extend(rest.next()),
            '{' => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Placeholder(placeholder(&mut rest)?));
            }
            '}' => return Err("has a '}' without a '{' (write \\} for a brace)".into()),
            other => plain.push(other),
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

fn placeholder(rest: &mut impl Iterator<Item = char>) -> Result<String, String> {
    let mut name = String::new();
    for next in rest {
        match next {
            '}' if name.trim().is_empty() => return Err("has an empty placeholder {}".into()),
            '}' => return Ok(name.trim().to_owned()),
            '{' => break,
            other => name.push(other),
        }
    }
    Err("has a '{' without a '}' (write \\{ for a brace)".into())
}

/// A name is a letter or underscore, then letters, digits and underscores.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|other| other.is_ascii_alphanumeric() || other == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_split_at_its_placeholders() {
        let found = pieces(r"a \{b\} { city }\\ C:\dir {x.y}").unwrap();
        let text = |text: &str| Piece::Text(text.into());
        let placeholder = |name: &str| Piece::Placeholder(name.into());
        assert_eq!(found, [text("a {b} "), placeholder("city"), text(r"\ C:\dir "), placeholder("x.y")]);
        assert_eq!(pieces("").unwrap(), []);
    }

    #[test]
    fn lone_braces_are_refused() {
        for wrong in ["{city", "city}", "{}", "{ }", "{a{b}}"] {
            assert!(pieces(wrong).is_err(), "{wrong}");
        }
    }
}
