//! Text -> syntax tree, within bounds.

use cel::IdedExpr;
use cel::parser::PrattParser;
use goalpost_model::limits::MAX_EXPRESSION_BYTES;

use super::limits::{MAX_BRACKETS, MAX_LEVELS, MAX_NODES, MAX_TOKENS};
use super::path::children;
use crate::code;
use crate::report::Problem;

/// Parses one expression. Made for a deep stack.
pub(crate) fn tree(text: &str) -> Result<IdedExpr, Problem> {
    let too_complex = |what: String| {
        Problem::new(code::TOO_COMPLEX, what, "split it: let a task compute the value, or simplify it")
    };
    if text.trim().is_empty() {
        return Err(Problem::new(code::SYNTAX, "the expression is empty", "write a CEL expression"));
    }
    if text.len() > MAX_EXPRESSION_BYTES {
        let bytes = text.len();
        return Err(too_complex(format!(
            "the expression has {bytes} bytes; {MAX_EXPRESSION_BYTES} are allowed"
        )));
    }
    look_over(text).map_err(too_complex)?;
    let parser = PrattParser::new().error_reporting_limit(3).enable_ident_escape_syntax(true);
    let tree = parser.parse(text).map_err(|errors| syntax(&errors))?;
    let mut nodes = 0;
    bound(&tree, 1, &mut nodes).map_err(too_complex)?;
    Ok(tree)
}

fn syntax(errors: &cel::ParseErrors) -> Problem {
    let message = match errors.errors.first() {
        Some(error) if error.pos.0 > 0 => format!(
            "the expression does not parse: line {}, column {}: {}",
            error.pos.0,
            error.pos.1,
            crate::names::shown(error.msg.trim())
        ),
        Some(error) => format!("the expression does not parse: {}", crate::names::shown(error.msg.trim())),
        None => "the expression does not parse".to_owned(),
    };
    Problem::new(code::SYNTAX, message, "correct the CEL syntax; text is written in quotes")
}

/// Refuses what would be deep or long, before the parser sees it.
fn look_over(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut tokens) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        tokens += usize::from(!byte.is_ascii_whitespace());
        match byte {
            b'"' | b'\'' => at = end_of_text(bytes, at),
            b'`' => at = end_of_name(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => at = end_of_line(bytes, at),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ if is_word(byte) => {
                while bytes.get(at + 1).is_some_and(|next| is_word(*next)) {
                    at += 1;
                }
            }
            _ => {}
        }
        if depth > MAX_BRACKETS {
            return Err(format!("brackets are nested deeper than {MAX_BRACKETS}"));
        }
        if tokens > MAX_TOKENS {
            return Err(format!("the expression has more than {MAX_TOKENS} words and operators"));
        }
        at += 1;
    }
    Ok(())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Where the comment that begins at `start` ends.
fn end_of_line(bytes: &[u8], start: usize) -> usize {
    let length = bytes[start..].iter().position(|byte| *byte == b'\n');
    length.map_or(bytes.len(), |length| start + length)
}

/// Where the quoted name that opens at `open` closes: a field with dashes, as in ``goal.input.`a-b` ``.
fn end_of_name(bytes: &[u8], open: usize) -> usize {
    let length = bytes[open + 1..].iter().position(|byte| *byte == b'`');
    length.map_or(bytes.len(), |length| open + 1 + length)
}

/// Where the text literal that opens at `open` closes.
fn end_of_text(bytes: &[u8], open: usize) -> usize {
    let quote = bytes[open];
    let raw = open > 0 && matches!(bytes[open - 1], b'r' | b'R');
    let triple = bytes.get(open + 1..open + 3).is_some_and(|next| next == [quote, quote]);
    let width = if triple { 3 } else { 1 };
    let mut at = open + width;
    while at < bytes.len() {
        if bytes[at] == b'\\' && !raw {
            at += 2;
        } else if bytes[at..].starts_with(&[quote; 3][..width]) {
            return at + width - 1;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn bound(node: &IdedExpr, level: usize, nodes: &mut usize) -> Result<(), String> {
    *nodes += 1;
    if level > MAX_LEVELS {
        return Err(format!("the expression is nested deeper than {MAX_LEVELS} levels"));
    }
    if *nodes > MAX_NODES {
        return Err(format!("the expression has more than {MAX_NODES} parts"));
    }
    children(node).into_iter().try_for_each(|child| bound(child, level + 1, nodes))
}
