//! The delivery protocol, explored.
#![cfg(test)]

mod broken;
mod ending;
mod kept;

use std::fmt::Debug;

use goalpost_protocol_model::{Bounds, Faults, Kind, Mutation, Protocol, Shape};
use stateright::{Checker, HasDiscoveries, Model, Path};

/// Bounds with these faults.
fn bounds(shape: Shape, engines: usize, workers: usize, faults: &[Kind]) -> Bounds {
    Bounds { shape, engines, workers, faults: Faults::of(faults) }
}

/// Looks at every state that can be reached: none breaks a property. Answers with their number.
#[track_caller]
fn keeps_its_promises(bounds: Bounds) -> usize {
    let protocol = Protocol { bounds, broken: None };
    let checker = protocol.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    if let Some((property, path)) = checker.discoveries().into_iter().next() {
        panic!("not true that {property}: {}", told(path));
    }
    assert!(checker.is_done());
    println!("{}: {bounds:?}", checker.unique_state_count());
    checker.unique_state_count()
}

/// Finds a shortest way to a state that breaks the property.
#[track_caller]
fn is_caught(broken: Mutation, bounds: Bounds, property: &'static str) {
    let protocol = Protocol { bounds, broken: Some(broken) };
    let until = HasDiscoveries::AnyOf([property].into());
    let checker = protocol.checker().finish_when(until).spawn_bfs().join();
    match checker.discovery(property) {
        Some(path) => println!("{broken:?}, not true that {property}: {}", told(path)),
        None => panic!("{broken:?} goes unnoticed in {} states", checker.unique_state_count()),
    }
}

/// What happened, a line each.
fn told<S, A: Debug>(path: Path<S, A>) -> String {
    path.into_actions().iter().map(|action| format!("\n  {action:?}")).collect()
}
