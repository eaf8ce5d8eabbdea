//! docs/patterns.md: the classic control-flow patterns, each as the page writes it, on the running system.

mod basic;
mod branches;
mod instances;
mod page;
mod stage;
mod state;

use std::ops::RangeInclusive;

use page::{Supported, patterns};
use stage::Stage;

/// How many of the twenty there have to be.
const AT_LEAST: usize = 17;

#[test]
fn the_page_says_of_each_of_the_twenty_patterns_whether_it_is_supported_and_shows_how() {
    let patterns = patterns();
    assert_eq!(
        patterns.iter().map(|pattern| pattern.number).collect::<Vec<_>>(),
        (1..=20).collect::<Vec<_>>()
    );
    for pattern in &patterns {
        let name = pattern.name;
        assert!(
            pattern.supported != Supported::Yes || pattern.blueprint().is_some(),
            "{name} has no blueprint"
        );
        assert_eq!(pattern.said.contains("\nSeen"), pattern.blueprint().is_some(), "{name}: what is seen?");
    }
    let supported = patterns.iter().filter(|pattern| pattern.supported == Supported::Yes).count();
    assert!(supported >= AT_LEAST, "{supported} patterns are supported");
}

#[tokio::test]
async fn basic_control_flow_is_as_the_page_says() {
    play(1..=5).await;
}

#[tokio::test]
async fn branches_merges_and_structure_are_as_the_page_says() {
    play(6..=11).await;
}

#[tokio::test]
async fn multiple_instances_are_as_the_page_says() {
    play(12..=15).await;
}

#[tokio::test]
async fn choices_of_the_world_and_cancellation_are_as_the_page_says() {
    play(16..=20).await;
}

/// Plays the patterns that have a blueprint, one after the other on one system.
async fn play(numbers: RangeInclusive<usize>) {
    let stage = Stage::new().await;
    for pattern in patterns().iter().filter(|pattern| numbers.contains(&pattern.number)) {
        if let Some(text) = pattern.blueprint() {
            let written =
                goalpost_notation::read(text).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", pattern.name));
            let blueprint = goalpost_proto::blueprint_from_model(&written.blueprint);
            perform(pattern.number, stage.scene(blueprint).await).await;
        }
    }
    stage.verify().await;
}

async fn perform(number: usize, scene: stage::Scene<'_>) {
    match number {
        1 => basic::sequence(scene).await,
        2 => basic::parallel_split(scene).await,
        3 => basic::synchronization(scene).await,
        4 => basic::exclusive_choice(scene).await,
        5 => basic::simple_merge(scene).await,
        6 => branches::multi_choice(scene).await,
        7 => branches::synchronizing_merge(scene).await,
        8 => branches::multi_merge(scene).await,
        9 => branches::discriminator(scene).await,
        10 => branches::structured_loop(scene).await,
        11 => branches::implicit_termination(scene).await,
        12 => instances::without_synchronization(scene).await,
        13 => instances::of_the_design(scene).await,
        14 => instances::of_the_run(scene).await,
        15 => instances::that_come_up(scene).await,
        16 => state::deferred_choice(scene).await,
        17 => state::interleaved_routing(scene).await,
        18 => state::milestone(scene).await,
        19 => state::cancel_activity(scene).await,
        20 => state::cancel_case(scene).await,
        other => panic!("nobody plays pattern {other}"),
    }
}
