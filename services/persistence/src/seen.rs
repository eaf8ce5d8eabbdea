//! Which outbox rows were pushed already, for as long as it can matter.

use std::collections::HashSet;

/// Rows remembered in one generation.
const GENERATION: usize = 50_000;

/// The ids of rows that were pushed, so that a row that is both announced and drained is pushed
/// once. To forget one is harmless: a delivery may repeat.
#[derive(Default)]
pub(crate) struct Seen {
    young: HashSet<i64>,
    old: HashSet<i64>,
}

impl Seen {
    /// Remembers the id. True if it is new.
    pub(crate) fn is_new(&mut self, id: i64) -> bool {
        if self.old.contains(&id) {
            return false;
        }
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_new_once() {
        let mut seen = Seen::default();
        assert!(seen.is_new(1));
        assert!(!seen.is_new(1));
        let limit = i64::try_from(GENERATION).unwrap() + 1;
        assert!((2..limit).all(|id| seen.is_new(id)));
        assert!(seen.is_new(limit));
        assert!(!seen.is_new(1) && !seen.is_new(limit));
    }
}
