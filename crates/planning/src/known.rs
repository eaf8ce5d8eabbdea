//! What is surely known when a step of a method begins.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_model::{Edge, EdgeOn, Join};

use crate::method::{Graph, Step};

/// Where a fact is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// An expression of the method.
    Here(String),
    /// An expression in the plan of the nested goal of the step in this place.
    Inside(usize, String),
}

/// Fact -> where it is.
pub(crate) type Flows = BTreeMap<String, Flow>;

/// The order of a graph of steps.
pub(crate) struct Order<'a> {
    graph: &'a Graph,
    places: BTreeMap<&'a str, usize>,
    incoming: Vec<Vec<&'a Edge>>,
}

impl<'a> Order<'a> {
    pub(crate) fn of(graph: &'a Graph) -> Self {
        let places: BTreeMap<&str, usize> =
            graph.steps.iter().enumerate().map(|(place, step)| (step.name.as_str(), place)).collect();
        let mut incoming = vec![Vec::new(); graph.steps.len()];
        for edge in &graph.edges {
            let target = places.get(edge.target.as_str()).and_then(|place| incoming.get_mut(*place));
            target.into_iter().for_each(|edges: &mut Vec<&Edge>| edges.push(edge));
        }
        Self { graph, places, incoming }
    }

    /// The places of the steps, each after those that lead to it, otherwise as they are written.
    pub(crate) fn sorted(&self) -> Vec<usize> {
        let mut sorted = Vec::with_capacity(self.graph.steps.len());
        let mut seen = BTreeSet::new();
        for first in 0..self.graph.steps.len() {
            let mut open = vec![(first, false)];
            while let Some((place, is_done)) = open.pop() {
                if is_done {
                    sorted.push(place);
                } else if seen.insert(place) {
                    open.push((place, true));
                    open.extend(self.sources(place).rev().map(|(_, source)| (source, false)));
                }
            }
        }
        sorted
    }

    /// The places of the steps that have surely succeeded when the step in this place begins.
    pub(crate) fn sure_before(&self, place: usize) -> BTreeSet<usize> {
        let (mut sure, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![place]);
        while let Some(place) = open.pop() {
            let edges = self.sources(place).len();
            let takes_all = self.step(place).is_some_and(|step| step.join == Join::All);
            if !seen.insert(place) || !(takes_all || edges == 1) {
                continue;
            }
            for (edge, source) in self.sources(place) {
                open.push(source);
                if edge.on == EdgeOn::Success {
                    sure.insert(source);
                }
            }
        }
        sure
    }

    fn step(&self, place: usize) -> Option<&'a Step> {
        self.graph.steps.get(place)
    }

    fn sources(&self, place: usize) -> std::vec::IntoIter<(&'a Edge, usize)> {
        let edges = self.incoming.get(place).into_iter().flatten();
        let with_place = edges.filter_map(|edge| Some((*edge, *self.places.get(edge.source.as_str())?)));
        with_place.collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::Work;

    fn graph(steps: &[&str], edges: &[(&str, EdgeOn, &str)]) -> Graph {
        let step = |name: &&str| Step { name: (*name).to_owned(), ..Step::of(Work::Capability("a".into())) };
        let edge = |(source, on, target): &(&str, EdgeOn, &str)| Edge {
            source: (*source).to_owned(),
            target: (*target).to_owned(),
            on: *on,
            condition: String::new(),
            otherwise: false,
            data_flow: BTreeMap::new(),
        };
        Graph {
            steps: steps.iter().map(step).collect(),
            edges: edges.iter().map(edge).collect(),
            output: BTreeMap::new(),
        }
    }

    #[test]
    fn steps_come_after_those_that_lead_to_them() {
        let graph = graph(&["c", "a", "b"], &[("a", EdgeOn::Success, "b"), ("b", EdgeOn::Success, "c")]);
        assert_eq!(Order::of(&graph).sorted(), [1, 2, 0]);
        let circle = self::graph(&["a", "b"], &[("a", EdgeOn::Success, "b"), ("b", EdgeOn::Success, "a")]);
        assert_eq!(Order::of(&circle).sorted().len(), 2);
    }

    #[test]
    fn sure_is_what_no_run_can_lack() {
        let edges = [
            ("a", EdgeOn::Success, "b"),
            ("b", EdgeOn::Failure, "c"),
            ("b", EdgeOn::Success, "d"),
            ("c", EdgeOn::Success, "d"),
            ("d", EdgeOn::Success, "e"),
        ];
        let mut graph = graph(&["a", "b", "c", "d", "e"], &edges);
        let sure = |graph: &Graph, place| Order::of(graph).sure_before(place).into_iter().collect::<Vec<_>>();
        assert_eq!(sure(&graph, 2), [0]);
        assert_eq!(sure(&graph, 4), [0, 1, 2, 3]);
        graph.steps[3].join = Join::Any;
        assert_eq!(sure(&graph, 4), [3]);
    }
}
