//! Any graph, and any damage to a file.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_checker::check;
use goalpost_wfformat::{TimeScale, Trace};
use proptest::prelude::*;
use serde_json::Value;

use crate::{document, parse};

/// Tasks with parents among the earlier ones, their order in the file turned around or not.
type Tasks = Vec<(String, Vec<String>, f64)>;

fn tasks() -> impl Strategy<Value = Tasks> {
    let task = (prop::collection::vec(any::<prop::sample::Index>(), 0..4), 0.0_f64..100.0);
    (prop::collection::vec(task, 1..20), any::<bool>()).prop_map(|(drawn, backwards)| {
        let id = |place: usize| format!("task.{place}");
        let with_parents = |(place, (parents, seconds)): (usize, (Vec<prop::sample::Index>, f64))| {
            let parents: BTreeSet<usize> =
                parents.iter().filter(|_| place > 0).map(|parent| parent.index(place)).collect();
            (id(place), parents.into_iter().map(id).collect(), seconds)
        };
        let mut tasks: Tasks = drawn.into_iter().enumerate().map(with_parents).collect();
        if backwards {
            tasks.reverse();
        }
        tasks
    })
}

fn file(tasks: &Tasks) -> Value {
    let parents: Vec<Vec<&str>> =
        tasks.iter().map(|(_, parents, _)| parents.iter().map(String::as_str).collect()).collect();
    let borrowed: Vec<(&str, &[&str], f64)> = tasks
        .iter()
        .zip(&parents)
        .map(|((id, _, seconds), parents)| (id.as_str(), parents.as_slice(), *seconds))
        .collect();
    document(&borrowed)
}

/// The end of each task, as soon as may be, by walking all paths.
fn end(tasks: &BTreeMap<&str, (&[String], f64)>, id: &str) -> f64 {
    let (parents, seconds) = tasks[id];
    parents.iter().map(|parent| end(tasks, parent)).fold(0.0, f64::max) + seconds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_graph_becomes_a_blueprint_that_the_checker_takes(tasks in tasks()) {
        let trace = parse(&file(&tasks));
        let blueprint = trace.blueprint(TimeScale::new(10.0).unwrap()).unwrap();
        let checked = check(&blueprint, &blueprint.capabilities);
        prop_assert_eq!(checked.findings, vec![]);
        let edges: BTreeSet<(String, String)> = tasks
            .iter()
            .flat_map(|(id, parents, _)| parents.iter().map(|parent| (parent.clone(), id.clone())))
            .collect();
        let ids: Vec<&str> = trace.tasks().iter().map(|task| task.id.as_str()).collect();
        let traced: BTreeSet<(String, String)> =
            trace.edges().map(|(parent, child)| (ids[parent].to_owned(), ids[child].to_owned())).collect();
        prop_assert_eq!(traced, edges);
    }

    #[test]
    fn the_longest_path_is_the_longest_of_all_paths(tasks in tasks()) {
        // All paths of a wide graph are too many.
        let few: Tasks = tasks.into_iter().map(|(id, parents, seconds)| {
            (id, parents.into_iter().take(2).collect(), seconds)
        }).collect();
        let by_id = few.iter().map(|(id, parents, seconds)| (id.as_str(), (parents.as_slice(), *seconds))).collect();
        let longest = few.iter().map(|(id, _, _)| end(&by_id, id)).fold(0.0, f64::max);
        prop_assert!((parse(&file(&few)).longest_path_seconds() - longest).abs() < 1e-9);
    }

    #[test]
    fn no_damage_to_a_file_makes_reading_panic(
        tasks in tasks(),
        places in prop::collection::vec((any::<prop::sample::Index>(), "[\\PC]{0,2}|\\[|\\]|-|null|1e400"), 1..4),
    ) {
        let mut text: Vec<char> = file(&tasks).to_string().chars().collect();
        for (place, other) in places {
            let place = place.index(text.len());
            text.splice(place..=place, other.chars());
        }
        let text: String = text.into_iter().collect();
        if let Ok(trace) = Trace::parse(&text) {
            let _ = trace.blueprint(TimeScale::new(1.0).unwrap());
        }
    }
}
