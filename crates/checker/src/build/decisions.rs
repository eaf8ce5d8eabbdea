//! Exclusive branches that leave a gap, or have an edge that is never taken.
//!
//! Where the conditions of a branch compare one path with constants, all values of the path fall into a few
//! sorts, and for each of them it is played through which edge is taken. An edge that is taken for none is
//! never taken, whatever else there is: a condition that cannot be read is as one that does not hold.

use goalpost_model::{Branch, EdgeOn, Task, TaskState};

use crate::code;
use crate::expression::{Cell, Decision, Kinds, Outcome, Path, Root, Sees, cells};
use crate::report::{Problem, Report, edge_node, task_node};
use crate::topology::Graph;

use super::draft::Draft;
use super::expressions::Expressions;

/// A branch of more comparisons is not looked at: each is tried on each sort of values.
const MAX_COMPARISONS: usize = 256;

/// Checks each exclusive branch at both ends of its task.
pub(super) fn check(
    draft: Draft<'_>,
    graph: &Graph,
    expressions: &Expressions<'_>,
    sees: &Sees<'_>,
    report: &mut Report,
) {
    let decides = |task: &Task| task.branch == Branch::Exclusive && !task.withdrawn;
    let exclusive = draft.tasks.iter().enumerate().filter(|(_, task)| decides(task));
    for (ordinal, task) in exclusive {
        let outgoing = &graph.outgoing[ordinal];
        let ends = [(EdgeOn::Success, TaskState::Succeeded), (EdgeOn::Failure, TaskState::Failed)];
        let ends: Vec<Played<'_>> = ends
            .into_iter()
            .map(|(on, state)| {
                let is_open = |edge: &usize| [on, EdgeOn::Always].contains(&draft.edges[*edge].on);
                let open: Vec<usize> = outgoing.iter().copied().filter(is_open).collect();
                End { draft, expressions, sees, task: ordinal, state, open }.play()
            })
            .collect();
        if let Some((path, value)) = ends.iter().find_map(|end| end.gap.as_ref()) {
            let path = path.text(|task| draft.tasks[task].name.clone());
            let message = format!("no edge is taken when {path} is {value}");
            let fix = "add an edge that is taken otherwise, or widen a condition";
            report.warning(&task_node(task), "branch", Problem::new(code::GAP, message, fix));
        }
        for edge in outgoing.iter().filter(|edge| ends.iter().all(|end| !end.may_take.contains(edge))) {
            never_taken(&edge_node(&draft.edges[*edge]), draft.edges[*edge].otherwise, report);
        }
    }
}

fn never_taken(node: &str, otherwise: bool, report: &mut Report) {
    let (field, message, fix) = if otherwise {
        let message = "the edge is never taken: the conditions beside it leave no value to it";
        ("otherwise", message, "remove it, or narrow one of them")
    } else {
        let message =
            "the edge is never taken: its condition holds for no value that the edges before it leave";
        ("condition", message, "move it before them, change its condition, or remove it")
    };
    report.warning(node, field, Problem::new(code::NEVER_TAKEN, message, fix));
}

/// One end of a task, with the edges that are open at it, in order.
struct End<'a> {
    draft: Draft<'a>,
    expressions: &'a Expressions<'a>,
    sees: &'a Sees<'a>,
    task: usize,
    state: TaskState,
    open: Vec<usize>,
}

/// What comes out of it.
struct Played<'a> {
    /// The edges that may be taken.
    may_take: Vec<usize>,
    /// A value for which none is.
    gap: Option<(&'a Path, Cell)>,
}

impl<'a> End<'a> {
    /// Plays each sort of values through.
    fn play(self) -> Played<'a> {
        let is_conditional = |edge: &usize| !self.draft.edges[*edge].condition.is_empty();
        let (conditional, others): (Vec<usize>, Vec<usize>) =
            self.open.iter().partition(|edge| is_conditional(edge));
        let (path, decisions) = self.decisions(&conditional);
        let comparisons: usize = decisions.iter().flatten().map(|decision| decision.size).sum();
        if comparisons == 0 || comparisons > MAX_COMPARISONS {
            return Played { may_take: self.open, gap: None };
        }
        let constants: Vec<Cell> = decisions.iter().flatten().flat_map(|of| of.constants()).collect();
        let (values, meant) = self.values(path, &constants);
        let mut reached = vec![false; decisions.len()];
        let left: Vec<Cell> =
            values.into_iter().filter(|value| !is_decided(&decisions, value, &mut reached)).collect();
        let is_taken = |edge: &usize| !left.is_empty() || !self.draft.edges[*edge].otherwise;
        let may_take =
            conditional.iter().zip(&reached).filter(|(_, reached)| **reached).map(|(edge, _)| *edge);
        let may_take: Vec<usize> = may_take.chain(others.iter().copied().filter(is_taken)).collect();
        // With one condition, nothing is meant to happen where it does not hold.
        let is_whole = decisions.len() > 1 && decisions.iter().all(Option::is_some) && others.is_empty();
        let gap = left.into_iter().find(|value| is_whole && meant.meets(value.kinds()));
        let gap = path.zip(gap);
        Played { may_take, gap }
    }

    /// What the conditions say, as far as they are about one path.
    fn decisions(&self, edges: &[usize]) -> (Option<&'a Path>, Vec<Option<&'a Decision>>) {
        let of_edge =
            |edge: &usize| self.expressions.edges.get(*edge)?.condition.as_ref()?.analysis.decision.as_ref();
        let found: Vec<Option<&'a Decision>> = edges.iter().map(of_edge).collect();
        let path = found.iter().flatten().find_map(|decision| decision.path.as_ref());
        let is_about_it = |decision: &&Decision| decision.path.is_none() || decision.path.as_ref() == path;
        (path, found.into_iter().map(|decision| decision.filter(is_about_it)).collect())
    }

    /// The sorts of values that the path may lead to, and the kinds of those that are surely meant.
    fn values(&self, path: Option<&Path>, constants: &[Cell]) -> (Vec<Cell>, Kinds) {
        let Some(path) = path else { return (vec![Cell::Null], Kinds::NONE) };
        if path.root == Root::State(self.task) {
            return (vec![Cell::Text(self.state.as_str().to_owned())], Kinds::TEXT);
        }
        let of = self.sees.at(path);
        let (values, are_there) = cells(&of, constants);
        let meant = match of.kinds {
            _ if !are_there => Kinds::NONE,
            // Nothing is known of the path, so it is taken to lead to what it is compared with.
            Kinds::ANY => constants.iter().fold(Kinds::NONE, |all, cell| all.or(cell.kinds())),
            kinds => kinds,
        };
        (values, meant)
    }
}

/// Whether a condition holds for the value, or cannot be evaluated, after which nothing more is taken. Notes
/// whose edges may be taken.
fn is_decided(decisions: &[Option<&Decision>], value: &Cell, reached: &mut [bool]) -> bool {
    for (decision, reached) in decisions.iter().zip(reached) {
        match decision.map(|decision| decision.outcome(value)) {
            // Nobody knows.
            None => *reached = true,
            Some(Outcome::True) => {
                *reached = true;
                return true;
            }
            Some(Outcome::Fails) => return true,
            Some(Outcome::False) => {}
        }
    }
    false
}
