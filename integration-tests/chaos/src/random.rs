//! Random numbers that are the same for a seed, today and in years.

use std::time::Duration;

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Numbers of their own for one part of what a seed decides, so that one part's use of them
    /// does not change another's.
    pub(crate) fn of(seed: u64, part: &str, number: u64) -> Self {
        let part = part.bytes().fold(number, |mixed, byte| Self(mixed ^ u64::from(byte)).next());
        Self(Self(seed).next() ^ part)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Less than `bound`; 0 if that is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// True so many times in a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// From the first number of milliseconds up to the last.
    pub(crate) fn millis(&mut self, first: u64, last: u64) -> Duration {
        Duration::from_millis(first + self.below(last - first + 1))
    }

    /// One of them.
    ///
    /// # Panics
    /// If there is none.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let place = usize::try_from(self.below(of.len() as u64)).unwrap_or_default();
        &of[place]
    }

    /// One of them, each as often as its weight says.
    ///
    /// # Panics
    /// If there is none.
    pub(crate) fn weighted<T: Copy>(&mut self, of: &[(u64, T)]) -> T {
        let mut place = self.below(of.iter().map(|(weight, _)| weight).sum());
        for (weight, item) in of {
            if place < *weight {
                return *item;
            }
            place -= weight;
        }
        of[of.len() - 1].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_each_part_its_own() {
        let draw = |mut random: Random| (0..5).map(|_| random.below(1_000)).collect::<Vec<_>>();
        assert_eq!(draw(Random::of(7, "goals", 1)), draw(Random::of(7, "goals", 1)));
        assert_ne!(draw(Random::of(7, "goals", 1)), draw(Random::of(7, "goals", 2)));
        assert_ne!(draw(Random::of(7, "goals", 1)), draw(Random::of(7, "faults", 1)));
        assert_ne!(draw(Random::of(7, "goals", 1)), draw(Random::of(8, "goals", 1)));
    }

    #[test]
    fn weights_are_heeded() {
        let mut random = Random::of(1, "weights", 0);
        let picked = (0..1_000).filter(|_| random.weighted(&[(9, true), (1, false)])).count();
        assert!((850..950).contains(&picked), "{picked}");
    }
}
