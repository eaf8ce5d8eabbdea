//! The version of a catalog.

use goalpost_planning::{Catalog, Source};
use proptest::prelude::*;

use crate::{CAPABILITIES, DEMO};

const MORE: &str = "
templates:
  - { name: t1, patterns: [go], tasks: [{ name: t, capability: a }] }
methods:
  - { name: m1, patterns: [go], tasks: [{ name: t, capability: a }] }
  - { name: m2, patterns: [go], tasks: [{ name: t, capability: b }] }
";

fn version(texts: &[(&str, &str)]) -> String {
    let sources: Vec<Source<'_>> = texts.iter().map(|(name, text)| Source { name, text }).collect();
    Catalog::parse(&sources).unwrap().version().to_string()
}

#[test]
fn layout_comments_and_the_names_of_files_do_not_count() {
    let one = version(&[("a", CAPABILITIES), ("b", MORE)]);
    let spaced = format!("# more\n{}", MORE.replace("tasks: [{ name: t,", "tasks: [ { \"name\":   t,"));
    assert_eq!(one, version(&[("x/a", CAPABILITIES), ("x/b", &spaced)]));
    let joined = format!("{CAPABILITIES}{MORE}");
    assert_eq!(one, version(&[("all", &joined)]));
}

#[test]
fn what_changes_plans_counts() {
    let one = version(&[("a", CAPABILITIES), ("b", MORE)]);
    for (from, to) in [
        ("capability: b", "capability: a"),
        ("m1", "m3"),
        ("[go], tasks", "[go], priority: 1, tasks"),
        ("templates", "methods"),
    ] {
        let mut text = MORE.replacen(from, to, 1);
        if from == "templates" {
            text = text.replacen("methods:\n  - { name: m1", "  - { name: m1", 1);
        }
        assert_ne!(one, version(&[("a", CAPABILITIES), ("b", &text)]), "{from}");
    }
    let swapped = MORE.replace("m1", "m0").replace("m2", "m1").replace("m0", "m2");
    assert_ne!(one, version(&[("a", CAPABILITIES), ("b", &swapped)]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn the_order_of_the_files_does_not_count(order in Just(vec![0_usize, 1, 2]).prop_shuffle()) {
        let files = [("a", CAPABILITIES), ("b", MORE), ("c", DEMO)];
        let shuffled: Vec<(&str, &str)> = order.into_iter().map(|place| files[place]).collect();
        prop_assert_eq!(version(&files), version(&shuffled));
    }
}
