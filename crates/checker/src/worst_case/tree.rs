//! A tree of choices and the ways that each of them leaves.
//!
//! Where two places meet is found by jumps: each place knows one far above it, so that it takes a logarithm of
//! the depth. After Myers, "An applicative random-access stack" (1983).

/// The way that everything is on.
pub(super) const ROOT: usize = 0;

/// What a place of the tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of the ways below it is gone at most.
    Choice,
    /// All that is below it may happen.
    Way,
}

#[derive(Clone, Debug)]
struct Place {
    kind: Kind,
    parent: usize,
    jump: usize,
    depth: usize,
}

/// Places by ordinals, each after its parent.
#[derive(Clone, Debug)]
pub(super) struct Tree(Vec<Place>);

impl Default for Tree {
    fn default() -> Self {
        Self(vec![Place { kind: Kind::Way, parent: ROOT, jump: ROOT, depth: 0 }])
    }
}

impl Tree {
    pub(super) fn add(&mut self, parent: usize, kind: Kind) -> usize {
        let above = &self.0[parent];
        let (jump, depth) = (&self.0[above.jump], above.depth + 1);
        let is_balanced = above.depth - jump.depth == jump.depth - self.0[jump.jump].depth;
        let jump = if is_balanced { jump.jump } else { parent };
        self.0.push(Place { kind, parent, jump, depth });
        self.0.len() - 1
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn kind(&self, place: usize) -> Kind {
        self.0[place].kind
    }

    pub(super) fn parent(&self, place: usize) -> usize {
        self.0[place].parent
    }

    pub(super) fn depth(&self, place: usize) -> usize {
        self.0[place].depth
    }

    /// The deepest way that both places are on.
    pub(super) fn meeting(&self, one: usize, other: usize) -> usize {
        let depth = self.depth(one).min(self.depth(other));
        let (mut one, mut other) = (self.above(one, depth), self.above(other, depth));
        while one != other {
            let (here, there) = (&self.0[one], &self.0[other]);
            (one, other) =
                if here.jump == there.jump { (here.parent, there.parent) } else { (here.jump, there.jump) };
        }
        match self.kind(one) {
            Kind::Way => one,
            Kind::Choice => self.parent(one),
        }
    }

    /// The place at this depth that is above, or the place itself.
    fn above(&self, mut place: usize, depth: usize) -> usize {
        while self.depth(place) > depth {
            let jump = self.0[place].jump;
            place = if self.depth(jump) < depth { self.parent(place) } else { jump };
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The ways above a place, itself included.
    fn ways(tree: &Tree, mut place: usize) -> Vec<usize> {
        let mut found = Vec::new();
        loop {
            if tree.kind(place) == Kind::Way {
                found.push(place);
            }
            if place == ROOT {
                return found;
            }
            place = tree.parent(place);
        }
    }

    proptest! {
        #[test]
        fn places_meet_at_the_deepest_way_that_both_are_on(parents in proptest::collection::vec(any::<(prop::sample::Index, bool)>(), 1..200)) {
            let mut tree = Tree::default();
            for (parent, is_late) in parents {
                // Many a tree here is deep.
                let parent = if is_late { tree.len() - 1 } else { parent.index(tree.len()) };
                let kind = if tree.kind(parent) == Kind::Way { Kind::Choice } else { Kind::Way };
                tree.add(parent, kind);
            }
            for one in 0..tree.len() {
                let other = (one * 31 + 7) % tree.len();
                let others = ways(&tree, other);
                let both = ways(&tree, one).into_iter().find(|way| others.contains(way));
                prop_assert_eq!(Some(tree.meeting(one, other)), both);
            }
        }
    }
}
