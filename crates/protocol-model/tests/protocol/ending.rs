//! Without another fault everything comes to rest, so that "where nothing can move any more"
//! is reached on every path, not only on lucky ones.

use std::collections::HashMap;

use goalpost_protocol_model::{Bounds, Kind, Protocol, Shape};
use stateright::Model;

use crate::bounds;

/// Whether some way leads back to a state that it came from. Faults are used up, so only
/// what happens by itself could.
fn goes_in_circles(bounds: Bounds) -> bool {
    let protocol = Protocol { bounds, broken: None };
    let start = protocol.init_states().remove(0);
    // False while the states after it are looked at.
    let mut is_left = HashMap::from([(start.clone(), false)]);
    let mut way = vec![(start.clone(), protocol.next_states(&start))];
    while let Some((state, ahead)) = way.last_mut() {
        let Some(next) = ahead.pop() else {
            is_left.insert(state.clone(), true);
            way.pop();
            continue;
        };
        match is_left.get(&next) {
            Some(true) => {}
            Some(false) => return true,
            None => {
                is_left.insert(next.clone(), false);
                let after = protocol.next_states(&next);
                way.push((next, after));
            }
        }
    }
    false
}

#[test]
fn everything_comes_to_rest() {
    use Kind::{ConnectionLoss, EngineCrash, Failure, Flush, LeaseLoss, ReplicaCrash, StreamBreak, TermLoss};
    for faults in [
        &[EngineCrash, ConnectionLoss][..],
        &[Flush, Flush],
        &[LeaseLoss, ConnectionLoss],
        &[ReplicaCrash, TermLoss],
        &[Failure, Failure],
        &[StreamBreak],
    ] {
        assert!(!goes_in_circles(bounds(Shape::Alone, 2, 1, faults)), "{faults:?}");
    }
    assert!(!goes_in_circles(bounds(Shape::Beside, 2, 2, &[])));
}
