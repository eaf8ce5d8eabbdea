//! The core against an interpreter of the same rules, which is written apart from it and as plainly as possible:
//! it works on the blueprint as it was written, and works everything out anew after each event.

mod compared;
pub(crate) mod dice;
mod edges;
pub(crate) mod generated;
mod happening;
mod inside;
mod interpreter;

use std::collections::BTreeMap;

use goalpost_model::Blueprint;

use compared::compare;
use dice::Dice;
use interpreter::Interpreter;

/// So many graphs, unless `GOALPOST_MODEL_CASES` says otherwise.
const CASES: usize = 3_000;

/// A hundred thousand: `GOALPOST_MODEL_CASES=100000 cargo test --release -p goalpost-graph reference`, in a minute or two.
#[test]
fn the_core_agrees_with_the_reference_after_every_event_of_random_workflows() {
    let cases = std::env::var("GOALPOST_MODEL_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let (mut compared, mut events, mut ends) = (0, 0, BTreeMap::new());
    for seed in 0.. {
        let mut dice = Dice::new(seed);
        let blueprint = generated::blueprint(&mut dice);
        let _told = Told { seed, blueprint: &blueprint };
        if let Some((more, interpreter)) = compare(&blueprint, &mut dice) {
            compared += 1;
            events += more;
            count(&interpreter, &mut ends);
        }
        if compared == cases {
            break;
        }
    }
    eprintln!("{compared} graphs, {events} events: {ends:?}");
}

/// How workflows and their tasks have ended.
fn count(interpreter: &Interpreter<'_>, ends: &mut BTreeMap<String, usize>) {
    *ends.entry(format!("workflows {}", interpreter.state)).or_default() += 1;
    for (name, task) in &interpreter.tasks {
        let what = if name.ends_with(".undo") {
            "undoing"
        } else if name.contains('[') {
            "inner"
        } else {
            "outer"
        };
        *ends.entry(format!("{what} {}", task.state)).or_default() += 1;
    }
}

/// Says which workflow it was when a comparison fails.
struct Told<'a> {
    seed: u64,
    blueprint: &'a Blueprint,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}: {}", self.seed, self.blueprint.canonical());
        }
    }
}
