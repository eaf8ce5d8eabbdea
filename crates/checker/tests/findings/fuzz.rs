//! Whatever the bytes, the checker answers. `cargo xtask fuzz` looks for bytes that it does not answer;
//! here those run that it found before, and some more by chance.

use goalpost_checker::{check, compile};
use goalpost_model::Blueprint;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::arbitrary::{answers, run, shapely, wild};
use crate::sample::{catalog, choosing, computing};

/// A blueprint as JSON; or, if the bytes are none, one that the generators make of them as a seed.
fn blueprint(bytes: &[u8]) -> Option<Blueprint> {
    if bytes.first() == Some(&b'{') {
        return serde_json::from_slice(bytes).ok();
    }
    let mut seed = [0; 32];
    bytes.iter().zip(&mut seed).for_each(|(byte, place)| *place = *byte);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = if seed[0] % 2 == 0 { wild().boxed() } else { shapely().boxed() };
    strategy.new_tree(&mut runner).ok().map(|tree| tree.current())
}

#[test]
fn checking_answers_whatever_the_blueprint() {
    bolero::check!(name = "checking").with_iterations(500).for_each(|bytes: &[u8]| {
        if let Some(blueprint) = blueprint(bytes) {
            answers(&blueprint).unwrap();
        }
    });
}

#[test]
fn evaluating_answers_whatever_the_expression() {
    bolero::check!(name = "evaluating").with_iterations(500).for_each(|bytes: &[u8]| {
        let Ok(expression) = str::from_utf8(bytes) else { return };
        for blueprint in [computing(expression), choosing(expression)] {
            if let Some(complete) = check(&blueprint, &catalog()).blueprint {
                run(&compile(&complete).unwrap().graph);
            }
        }
    });
}
