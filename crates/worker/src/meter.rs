//! What an attempt takes, as its handler says while it runs.

use std::sync::{Arc, Mutex, PoisonError};

use goalpost_model::Usage;

/// Adds up what a handler says. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter(Arc<Mutex<Usage>>);

impl Meter {
    pub(crate) fn add_tokens(&self, tokens: u64) {
        self.change(|usage| add(&mut usage.tokens, tokens));
    }

    pub(crate) fn add_money_micros(&self, money_micros: u64) {
        self.change(|usage| add(&mut usage.money_micros, money_micros));
    }

    /// What was said so far.
    pub(crate) fn read(&self) -> Usage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Usage)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn add(sum: &mut Option<u64>, more: u64) {
    *sum = Some(sum.unwrap_or_default().saturating_add(more));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_adds_up_and_what_is_not_said_is_not_known() {
        let meter = Meter::default();
        assert_eq!(meter.read(), Usage::default());
        meter.add_tokens(0);
        meter.clone().add_tokens(7);
        assert_eq!(meter.read(), Usage { tokens: Some(7), money_micros: None });
    }
}
