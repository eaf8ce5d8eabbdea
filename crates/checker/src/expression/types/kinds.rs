//! Kinds of values, and sets of them.

use std::fmt;

/// A set of kinds: what a value may be. CEL's ints, uints and doubles are one kind, as JSON has only
/// numbers, and a whole one is an int wherever it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds(u16);

/// Each kind on its own, as findings name it.
const NAMES: [(Kinds, &str); 10] = [
    (Kinds::NULL, "null"),
    (Kinds::BOOL, "a boolean"),
    (Kinds::NUMBER, "a number"),
    (Kinds::TEXT, "text"),
    (Kinds::BYTES, "bytes"),
    (Kinds::LIST, "a list"),
    (Kinds::OBJECT, "an object"),
    (Kinds::TIMESTAMP, "a timestamp"),
    (Kinds::DURATION, "a duration"),
    (Kinds::TYPE, "a type"),
];

impl Kinds {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOL: Self = Self(1 << 1);
    pub(crate) const NUMBER: Self = Self(1 << 2);
    pub(crate) const TEXT: Self = Self(1 << 3);
    pub(crate) const BYTES: Self = Self(1 << 4);
    pub(crate) const LIST: Self = Self(1 << 5);
    pub(crate) const OBJECT: Self = Self(1 << 6);
    pub(crate) const TIMESTAMP: Self = Self(1 << 7);
    pub(crate) const DURATION: Self = Self(1 << 8);
    pub(crate) const TYPE: Self = Self(1 << 9);
    pub(crate) const ANY: Self = Self((1 << 10) - 1);

    /// What is in one of them.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether a value may be in both.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What JSON makes of them: times and types are text there, and bytes have no form.
    pub(crate) fn in_json(self) -> Self {
        let written = Self::TIMESTAMP.or(Self::DURATION).or(Self::TYPE);
        let text = if self.meets(written) { Self::TEXT } else { Self::NONE };
        Self(self.0 & !written.or(Self::BYTES).0).or(text)
    }
}

/// `text, a list or null`.
impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ANY {
            return f.write_str("anything");
        }
        let names: Vec<&str> =
            NAMES.iter().filter(|(kind, _)| self.meets(*kind)).map(|(_, name)| *name).collect();
        match names.as_slice() {
            [] => f.write_str("nothing"),
            [one] => f.write_str(one),
            [before @ .., last] => write!(f, "{} or {last}", before.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_named_by_its_kinds() {
        assert_eq!(Kinds::TEXT.to_string(), "text");
        assert_eq!(Kinds::TEXT.or(Kinds::NULL).or(Kinds::LIST).to_string(), "null, text or a list");
        assert_eq!(Kinds::ANY.to_string(), "anything");
        assert_eq!(NAMES.iter().fold(Kinds::NONE, |all, (kind, _)| all.or(*kind)), Kinds::ANY);
    }

    #[test]
    fn times_and_types_are_text_in_json_and_bytes_are_nothing() {
        assert_eq!(Kinds::TIMESTAMP.or(Kinds::BYTES).in_json(), Kinds::TEXT);
        assert_eq!(Kinds::NUMBER.or(Kinds::TYPE).in_json(), Kinds::NUMBER.or(Kinds::TEXT));
        assert_eq!(Kinds::BYTES.in_json(), Kinds::NONE);
    }
}
