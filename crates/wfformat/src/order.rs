//! Parents before children.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// An order of the tasks in which every parent stands before its children; else as they came. The error
/// is a cycle: each of its tasks is the parent of the next one, and the last one of the first.
pub(crate) fn order(parents: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut children = vec![Vec::new(); parents.len()];
    let mut open: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (child, parents) in parents.iter().enumerate() {
        for parent in parents {
            children[*parent].push(child);
        }
    }
    let ready = (0..parents.len()).filter(|task| open[*task] == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = ready.map(Reverse).collect();
    let mut sorted = Vec::with_capacity(parents.len());
    while let Some(Reverse(task)) = ready.pop() {
        sorted.push(task);
        for child in &children[task] {
            open[*child] -= 1;
            if open[*child] == 0 {
                ready.push(Reverse(*child));
            }
        }
    }
    match (0..parents.len()).find(|task| open[*task] > 0) {
        None => Ok(sorted),
        Some(stuck) => Err(cycle(parents, &open, stuck)),
    }
}

/// Whoever is stuck has a parent that is stuck: going back from one to the next comes to a cycle.
fn cycle(parents: &[Vec<usize>], open: &[usize], stuck: usize) -> Vec<usize> {
    let (mut way, mut seen) = (Vec::new(), BTreeSet::new());
    let mut next = Some(stuck);
    while let Some(task) = next {
        if !seen.insert(task) {
            let first = way.iter().position(|other| *other == task).unwrap_or_default();
            way.drain(..first);
            break;
        }
        way.push(task);
        next = parents[task].iter().copied().find(|parent| open[*parent] > 0);
    }
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cycle_is_named_without_what_hangs_on_it() {
        // 0 -> 1 -> 2 -> 1, 2 -> 3.
        let parents = vec![vec![], vec![0, 2], vec![1], vec![2]];
        assert_eq!(order(&parents), Err(vec![2, 1]));
        assert_eq!(order(&[vec![0]]), Err(vec![0]));
    }

    #[test]
    fn what_does_not_wait_keeps_its_place() {
        assert_eq!(order(&[vec![], vec![2], vec![], vec![]]), Ok(vec![0, 2, 1, 3]));
        assert_eq!(order(&[]), Ok(vec![]));
    }

    fn graph() -> impl Strategy<Value = Vec<Vec<usize>>> {
        (1_usize..20).prop_flat_map(|tasks| {
            prop::collection::vec(prop::collection::btree_set(0..tasks, 0..4), tasks)
                .prop_map(|parents| parents.into_iter().map(|some| some.into_iter().collect()).collect())
        })
    }

    proptest! {
        #[test]
        fn a_graph_has_an_order_or_a_cycle(parents in graph()) {
            match order(&parents) {
                Ok(sorted) => {
                    let place = |task: usize| sorted.iter().position(|other| *other == task).unwrap();
                    prop_assert_eq!(sorted.iter().collect::<BTreeSet<_>>().len(), parents.len());
                    for (child, parents) in parents.iter().enumerate() {
                        prop_assert!(parents.iter().all(|parent| place(*parent) < place(child)));
                    }
                }
                Err(cycle) => {
                    let next = cycle.iter().cycle().skip(1);
                    prop_assert!(cycle.iter().zip(next).all(|(parent, child)| parents[*child].contains(parent)));
                    prop_assert!(!cycle.is_empty());
                }
            }
        }
    }
}
