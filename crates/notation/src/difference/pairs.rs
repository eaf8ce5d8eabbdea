//! Which part of one blueprint is which part of the other.

use std::collections::{HashMap, VecDeque};

/// What a part is known by.
pub(super) type Key<T> = fn(&T) -> String;

/// Pairs parts that have the same key: by the first key as many as possible, then by the next.
/// In the order of `after`; parts of `before` alone come last.
pub(super) fn pairs<'a, T>(
    before: &'a [T],
    after: &'a [T],
    keys: &[Key<T>],
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let mut partner: Vec<Option<usize>> = vec![None; after.len()];
    let mut is_taken = vec![false; before.len()];
    for key in keys {
        let mut free: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (place, part) in before.iter().enumerate().filter(|(place, _)| !is_taken[*place]) {
            free.entry(key(part)).or_default().push_back(place);
        }
        for (part, partner) in after.iter().zip(&mut partner).filter(|(_, partner)| partner.is_none()) {
            *partner = free.get_mut(&key(part)).and_then(VecDeque::pop_front);
            partner.iter().for_each(|place| is_taken[*place] = true);
        }
    }
    let paired =
        after.iter().zip(partner).map(|(part, place)| (place.map(|place| &before[place]), Some(part)));
    let gone =
        before.iter().zip(is_taken).filter(|(_, is_taken)| !is_taken).map(|(part, _)| (Some(part), None));
    paired.chain(gone).collect()
}
