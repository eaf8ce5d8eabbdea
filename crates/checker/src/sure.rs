//! What is sure when a task starts.
//!
//! Ten thousand tasks are a hundred million pairs of one and another. Nobody asks for all of them: what is asked
//! for is answered, for 64 tasks at a time in one walk through the graph, with a few words for each task.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::{BitAndAssign, BitOrAssign};

use goalpost_model::{EdgeOn, Join};

use crate::topology::{Arc, Graph};

/// How a task has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum End {
    Succeeded,
    Failed,
}

/// Whether the task `of` has surely ended so when the task `at` starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Question {
    pub(crate) of: usize,
    pub(crate) end: End,
    pub(crate) at: usize,
}

/// Which tasks have surely succeeded, and which have surely failed, when a task starts.
pub(crate) struct Sure {
    yes: HashSet<Question>,
    contradictions: HashMap<usize, usize>,
}

/// The same for up to 64 tasks, a bit for each.
#[derive(Clone, Copy, Default)]
struct Known {
    succeeded: u64,
    failed: u64,
}

impl Sure {
    /// Answers the questions for a graph without cycles, in its order.
    pub(crate) fn new(
        graph: &Graph,
        sorted: &[usize],
        join: impl Fn(usize) -> Join,
        mut questions: Vec<Question>,
    ) -> Self {
        questions.sort_unstable();
        questions.dedup();
        let may_fail = graph.edges.iter().filter(|edge| edge.on == EdgeOn::Failure).map(|edge| edge.source);
        let looked_at: BTreeSet<usize> =
            questions.iter().map(|question| question.of).chain(may_fail).collect();
        let looked_at: Vec<usize> = looked_at.into_iter().collect();
        let mut sure = Self { yes: HashSet::new(), contradictions: HashMap::new() };
        let mut bits = vec![0; graph.incoming.len()];
        let mut open = questions.as_slice();
        for block in looked_at.chunks(64) {
            block.iter().enumerate().for_each(|(place, task)| bits[*task] = 1 << place);
            let known = walk(graph, sorted, &join, &bits);
            let here = open.partition_point(|question| block.last() >= Some(&question.of));
            let (asked, rest) = open.split_at(here);
            open = rest;
            let is_true = |question: &&Question| known[question.at].says(bits[question.of], question.end);
            sure.yes.extend(asked.iter().filter(is_true));
            sure.note_contradictions(&known, block, &join);
            block.iter().for_each(|task| bits[*task] = 0);
        }
        sure
    }

    /// The answer to a question that was asked.
    pub(crate) fn says(&self, question: Question) -> bool {
        self.yes.contains(&question)
    }

    /// A task that has to succeed and to fail for this one to start.
    pub(crate) fn contradiction(&self, task: usize) -> Option<usize> {
        self.contradictions.get(&task).copied()
    }

    fn note_contradictions(&mut self, known: &[Known], block: &[usize], join: impl Fn(usize) -> Join) {
        for (task, Known { succeeded, failed }) in known.iter().enumerate() {
            let both = (succeeded & failed).trailing_zeros();
            if both < u64::BITS && join(task) == Join::All {
                // The first one is enough.
                self.contradictions.entry(task).or_insert(block[both as usize]);
            }
        }
    }
}

/// What is sure of the tasks with a bit at the start of each task.
fn walk(graph: &Graph, sorted: &[usize], join: impl Fn(usize) -> Join, bits: &[u64]) -> Vec<Known> {
    let mut known = vec![Known::default(); graph.incoming.len()];
    // Of what began under an earlier plan, nobody knows by which of its edges.
    for &task in sorted.iter().filter(|task| !graph.past[**task]) {
        let mut edges = graph.incoming[task].iter().map(|edge| over(graph.edges[*edge], &known, bits));
        let Some(mut at_start) = edges.next() else { continue };
        match join(task) {
            Join::All => edges.for_each(|edge| at_start |= edge),
            // What every edge says; some of them alone may have been taken.
            Join::Any | Join::NOf(_) => edges.for_each(|edge| at_start &= edge),
        }
        known[task] = at_start;
    }
    known
}

/// What is sure when the edge is taken.
fn over(edge: Arc, known: &[Known], bits: &[u64]) -> Known {
    let Known { mut succeeded, mut failed } = known[edge.source];
    match edge.on {
        EdgeOn::Success => succeeded |= bits[edge.source],
        EdgeOn::Failure => failed |= bits[edge.source],
        EdgeOn::Always => {}
    }
    Known { succeeded, failed }
}

impl Known {
    fn says(self, bit: u64, end: End) -> bool {
        let tasks = match end {
            End::Succeeded => self.succeeded,
            End::Failed => self.failed,
        };
        tasks & bit != 0
    }
}

impl BitOrAssign for Known {
    fn bitor_assign(&mut self, other: Self) {
        self.succeeded |= other.succeeded;
        self.failed |= other.failed;
    }
}

impl BitAndAssign for Known {
    fn bitand_assign(&mut self, other: Self) {
        self.succeeded &= other.succeeded;
        self.failed &= other.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arc(source: usize, target: usize, on: EdgeOn) -> Arc {
        Arc { source, target, on }
    }

    #[test]
    fn questions_are_answered_beyond_the_first_64_tasks() {
        let arcs = (1..200).map(|task| arc(task - 1, task, EdgeOn::Success)).collect();
        let graph = Graph::new(201, arcs);
        let all = || (0..201).flat_map(|at| (0..201).map(move |of| Question { of, end: End::Succeeded, at }));
        let sure = Sure::new(&graph, &graph.order().sorted, |_| Join::All, all().collect());
        for question in all() {
            let is_before = question.of < question.at && question.at < 200;
            assert_eq!(sure.says(question), is_before, "{question:?}");
        }
    }

    #[test]
    fn the_first_of_many_contradictions_is_named() {
        let sides = |task| [arc(task, 150, EdgeOn::Success), arc(task, 150, EdgeOn::Failure)];
        let graph = Graph::new(151, (0..150).skip(70).flat_map(sides).collect());
        let sorted = graph.order().sorted;
        let named = |join: Join| Sure::new(&graph, &sorted, |_| join, Vec::new()).contradiction(150);
        assert_eq!((named(Join::All), named(Join::Any)), (Some(70), None));
    }
}
