//! Lines and columns of a text.

use std::ops::Range;

use serde::Serialize;

/// A place for people: both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// The lines of this text.
    pub fn new(text: &'a str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(place, _)| place + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The position of a byte; one beyond the end is at the end.
    pub fn position(&self, byte: usize) -> Position {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.starts.partition_point(|start| *start <= byte);
        let column = self.text[self.starts[line - 1]..byte].chars().count() + 1;
        Position { line, column }
    }

    /// The whole lines that these bytes are on, without the last line break.
    pub(crate) fn around(&self, bytes: &Range<usize>) -> Range<usize> {
        let first = self.starts[self.position(bytes.start).line - 1];
        let end = self.text[bytes.end..].find('\n').map_or(self.text.len(), |length| bytes.end + length);
        first..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_characters() {
        let lines = Lines::new("ab\näö: x\n");
        let at = |byte| (lines.position(byte).line, lines.position(byte).column);
        assert_eq!(
            [at(0), at(2), at(3), at(5), at(9), at(11), at(99)],
            [(1, 1), (1, 3), (2, 1), (2, 2), (2, 5), (3, 1), (3, 1)]
        );
    }

    #[test]
    fn the_lines_around_a_place_are_whole() {
        let text = "one\ntwo\nthree";
        let lines = Lines::new(text);
        assert_eq!(&text[lines.around(&(5..6))], "two");
        assert_eq!(&text[lines.around(&(5..9))], "two\nthree");
        assert_eq!(&text[lines.around(&(13..13))], "three");
    }
}
