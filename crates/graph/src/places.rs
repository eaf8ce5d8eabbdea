//! Which ordinals the tasks of a run have.

/// Where the ordinals of a graph's tasks are, by the tasks' places in the graph.
///
/// They follow one another, unless the graph was extended while it ran: the tasks that were added then have
/// the ordinals that were free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    base: usize,
    added: Vec<Added>,
}

/// Tasks that were added to a graph while it ran, and whose ordinals follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// The place of the first of them in the graph.
    pub place: usize,
    /// Its ordinal.
    pub first: usize,
}

impl Places {
    /// One after the other, from this ordinal on.
    pub(crate) const fn from(base: usize) -> Self {
        Self { base, added: Vec::new() }
    }

    /// Those from this place on are elsewhere.
    pub(crate) fn add(&mut self, added: Added) {
        self.added.push(added);
    }

    pub(crate) fn added(&self) -> &[Added] {
        &self.added
    }

    pub(crate) fn ordinal(&self, place: usize) -> usize {
        match self.added.iter().rev().find(|added| added.place <= place) {
            Some(added) => added.first + (place - added.place),
            None => self.base + place,
        }
    }

    /// Where the ordinal would be. How many tasks the graph has is not known here.
    pub(crate) fn place(&self, ordinal: usize) -> Option<usize> {
        let ends = self.added.iter().skip(1).map(|next| next.place).chain([usize::MAX]);
        let mut added = self.added.iter().zip(ends);
        let within = added.find_map(|(added, end)| {
            let place = added.place + ordinal.checked_sub(added.first)?;
            (place < end).then_some(place)
        });
        let own_end = self.added.first().map_or(usize::MAX, |added| added.place);
        within.or_else(|| ordinal.checked_sub(self.base).filter(|place| *place < own_end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_ordinals_are_each_others_inverse() {
        let mut places = Places::from(10);
        places.add(Added { place: 3, first: 100 });
        places.add(Added { place: 5, first: 200 });
        let ordinals = [10, 11, 12, 100, 101, 200, 201];
        for (place, ordinal) in ordinals.into_iter().enumerate() {
            assert_eq!(places.ordinal(place), ordinal);
            assert_eq!(places.place(ordinal), Some(place));
        }
        for ordinal in [0, 9, 13, 99, 102, 199] {
            assert_eq!(places.place(ordinal), None, "{ordinal}");
        }
    }
}
