//! What is known of a task's incoming edges, and what follows for its join.

use goalpost_model::Join;

/// The incoming edges of one task, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incoming {
    edges: usize,
    taken: usize,
    refused: usize,
}

/// What the incoming edges mean for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It depends on edges that are not decided.
    Open,
    /// The task may start.
    Met,
    /// The task can never start.
    Unmet,
}

impl Incoming {
    /// So many edges, none of them decided.
    pub(crate) fn undecided(edges: usize) -> Self {
        Self { edges, taken: 0, refused: 0 }
    }

    /// One more edge is decided.
    pub(crate) fn decide(&mut self, taken: bool) {
        if taken {
            self.taken += 1;
        } else {
            self.refused += 1;
        }
    }

    /// An edge was not decided after all.
    pub(crate) fn forget(&mut self, taken: bool) {
        if taken {
            self.taken -= 1;
        } else {
            self.refused -= 1;
        }
    }

    /// A task without incoming edges may start at once, whatever its join.
    pub(crate) fn verdict(self, join: Join) -> Verdict {
        let needed = join.needed(self.edges);
        if self.edges == 0 || self.taken >= needed {
            Verdict::Met
        } else if self.edges - self.refused < needed {
            Verdict::Unmet
        } else {
            Verdict::Open
        }
    }

    /// Why a join is unmet, for people.
    pub(crate) fn reason(self, join: Join) -> String {
        let edges = self.edges;
        match join {
            Join::All => format!("an edge to the task was not taken, and its join needs all {edges} of them"),
            Join::Any => format!("none of the {edges} edges to the task was taken, and its join needs one"),
            Join::NOf(needed) => {
                let refused = self.refused;
                format!(
                    "{refused} of the {edges} edges to the task were not taken, and its join needs {needed}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(edges: usize, decided: &[bool], join: Join) -> Verdict {
        let mut incoming = Incoming::undecided(edges);
        decided.iter().for_each(|taken| incoming.decide(*taken));
        incoming.verdict(join)
    }

    #[test]
    fn all_waits_for_the_last_edge_and_gives_up_at_the_first_refusal() {
        assert_eq!(after(2, &[true], Join::All), Verdict::Open);
        assert_eq!(after(2, &[true, true], Join::All), Verdict::Met);
        assert_eq!(after(3, &[true, false], Join::All), Verdict::Unmet);
    }

    #[test]
    fn any_starts_at_the_first_edge_and_gives_up_at_the_last_refusal() {
        assert_eq!(after(2, &[false], Join::Any), Verdict::Open);
        assert_eq!(after(3, &[false, true], Join::Any), Verdict::Met);
        assert_eq!(after(2, &[false, false], Join::Any), Verdict::Unmet);
    }

    #[test]
    fn n_of_starts_at_the_nth_edge_and_gives_up_once_too_few_are_left() {
        assert_eq!(after(3, &[true], Join::NOf(2)), Verdict::Open);
        assert_eq!(after(3, &[true, false], Join::NOf(2)), Verdict::Open);
        assert_eq!(after(3, &[true, true], Join::NOf(2)), Verdict::Met);
        assert_eq!(after(3, &[false, true, true], Join::NOf(2)), Verdict::Met);
        assert_eq!(after(3, &[false, false], Join::NOf(2)), Verdict::Unmet);
    }

    #[test]
    fn a_root_waits_for_nothing() {
        assert_eq!(after(0, &[], Join::All), Verdict::Met);
        assert_eq!(after(0, &[], Join::Any), Verdict::Met);
    }
}
