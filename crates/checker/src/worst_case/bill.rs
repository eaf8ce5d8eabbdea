//! What a task or a graph comes to.

use std::collections::HashMap;

use goalpost_model::Amount;

/// What a task or a graph comes to at most.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bill<'a> {
    /// Those that are skipped are there, too.
    pub(super) tasks: u64,
    pub(super) later: u64,
    pub(super) total: Amount,
    pub(super) capabilities: HashMap<&'a str, Amount>,
}

impl<'a> Bill<'a> {
    /// Of one capability.
    pub(super) fn of(capability: &'a str, amount: Amount) -> Self {
        Self { total: amount, capabilities: HashMap::from([(capability, amount)]), ..Self::default() }
    }

    /// Both happen.
    pub(super) fn add(&mut self, other: Self) {
        self.combine(other, u64::saturating_add, Amount::plus);
    }

    /// One of both happens: of each sum the larger one. The tasks of both are there.
    pub(super) fn or(&mut self, other: Self) {
        self.combine(other, u64::max, Amount::max);
    }

    /// It happens so often.
    pub(super) fn times(mut self, count: u64) -> Self {
        self.tasks = self.tasks.saturating_mul(count);
        self.later = self.later.saturating_mul(count);
        self.total = self.total.times(count);
        self.capabilities.values_mut().for_each(|amount| *amount = amount.times(count));
        self
    }

    /// The smaller list goes into the larger one, so that all of a tree together are linear.
    fn combine(
        &mut self,
        mut other: Self,
        numbers: impl Fn(u64, u64) -> u64,
        amounts: impl Fn(Amount, Amount) -> Amount,
    ) {
        if self.capabilities.len() < other.capabilities.len() {
            std::mem::swap(self, &mut other);
        }
        self.tasks = self.tasks.saturating_add(other.tasks);
        self.later = numbers(self.later, other.later);
        self.total = amounts(self.total, other.total);
        for (capability, amount) in other.capabilities {
            let known = self.capabilities.entry(capability).or_default();
            *known = amounts(*known, amount);
        }
    }
}
