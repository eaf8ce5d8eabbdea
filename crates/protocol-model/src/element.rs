//! What lists carry.

use std::fmt;

/// Tasks of the workflow at most.
pub(crate) const TASKS: usize = 2;
/// Attempts of a task at most: the bounds on faults keep below it.
pub(crate) const ATTEMPTS: usize = 5;

/// The kinds of lists. One capability, so one list of ready attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum List {
    /// Attempts that wait for a worker.
    Ready,
    /// Attempts of engines that died.
    Lost,
    /// Retries whose time has come, by the attempt that failed.
    Timer,
}

const LISTS: [List; 3] = [List::Ready, List::Lost, List::Timer];

/// One attempt on one list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Element {
    /// Where it belongs.
    pub list: List,
    /// The task's place, from 0.
    pub task: usize,
    /// The attempt, from 1.
    pub attempt: u8,
}

impl Element {
    pub(crate) fn ready(task: usize, attempt: u8) -> Self {
        Self { list: List::Ready, task, attempt }
    }

    pub(crate) fn lost(task: usize, attempt: u8) -> Self {
        Self { list: List::Lost, task, attempt }
    }

    pub(crate) fn timer(task: usize, attempt: u8) -> Self {
        Self { list: List::Timer, task, attempt }
    }

    /// Its place among all elements; where rows need an order, it is their id.
    pub(crate) fn index(self) -> usize {
        let list = LISTS.iter().position(|list| *list == self.list).unwrap_or_default();
        let attempt = usize::from(self.attempt) - 1;
        assert!(attempt < ATTEMPTS, "the bounds allow too many attempts");
        (list * TASKS + self.task) * ATTEMPTS + attempt
    }

    fn at(index: usize) -> Self {
        let attempt = u8::try_from(index % ATTEMPTS).unwrap_or_default() + 1;
        let task = index / ATTEMPTS % TASKS;
        Self { list: LISTS[index / ATTEMPTS / TASKS], task, attempt }
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}:{}", self.list, self.task, self.attempt)
    }
}

/// Elements without an order: takers may come to them in any. Three copies stand for
/// any number above.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Bag(u64);

impl Bag {
    /// How many copies there are.
    pub(crate) fn count(self, element: Element) -> u64 {
        self.0 >> (2 * element.index()) & 3
    }

    pub(crate) fn has(self, element: Element) -> bool {
        self.count(element) > 0
    }

    /// Whether there is nothing.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn put(&mut self, element: Element) {
        if self.count(element) < 3 {
            self.0 += 1 << (2 * element.index());
        }
    }

    /// Removes one copy. False if there is none.
    pub(crate) fn take(&mut self, element: Element) -> bool {
        let has = self.has(element);
        if has {
            self.0 -= 1 << (2 * element.index());
        }
        has
    }

    /// Removes all copies.
    pub(crate) fn forget(&mut self, element: Element) {
        self.0 &= !(3 << (2 * element.index()));
    }

    pub(crate) fn put_all(&mut self, others: Self) {
        for element in others.elements() {
            (0..others.count(element)).for_each(|_| self.put(element));
        }
    }

    /// Removes one copy for each copy of the others; those that were there.
    pub(crate) fn take_all(&mut self, others: Self) -> Self {
        let mut taken = Self::default();
        for element in others.elements() {
            for _ in 0..others.count(element) {
                if self.take(element) {
                    taken.put(element);
                }
            }
        }
        taken
    }

    /// Empties it.
    pub(crate) fn drain(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Each element that is there, once.
    pub(crate) fn elements(self) -> impl Iterator<Item = Element> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let index = rest.trailing_zeros() as usize / 2;
            (rest != 0).then(|| {
                rest &= !(3 << (2 * index));
                Element::at(index)
            })
        })
    }
}

impl FromIterator<Element> for Bag {
    fn from_iter<I: IntoIterator<Item = Element>>(elements: I) -> Self {
        let mut bag = Self::default();
        elements.into_iter().for_each(|element| bag.put(element));
        bag
    }
}

impl fmt::Debug for Bag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let copies = |element: Element| (0..self.count(element)).map(move |_| element);
        f.debug_list().entries(self.elements().flat_map(copies)).finish()
    }
}
