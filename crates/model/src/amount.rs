//! What running takes: attempts, money, tokens.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::blueprint::is_default;

/// What one attempt takes, as its catalog estimates it. What is left out is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// At most, in millionths of the deployment's unit of currency; 0: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money_micros: Option<u64>,
    /// Tokens of a language model, at most, those of prompt and answer together; 0: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// From start to close as a rule, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
}

/// What a workflow may take at most. 0 in each: any amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// In millionths of the deployment's unit of currency.
    #[serde(skip_serializing_if = "is_default")]
    pub money_micros: u64,
    /// Tokens of language models.
    #[serde(skip_serializing_if = "is_default")]
    pub tokens: u64,
    /// Attempts that workers get.
    #[serde(skip_serializing_if = "is_default")]
    pub attempts: u64,
}

/// What something takes. Sums and products stop at the largest number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Amount {
    /// Attempts that workers get.
    pub attempts: u64,
    /// In millionths of the deployment's unit of currency.
    pub money_micros: u64,
    /// Tokens of language models.
    pub tokens: u64,
}

impl Amount {
    /// So many attempts of this cost. What is not known counts as nothing.
    pub fn of(attempts: u64, cost: Cost) -> Self {
        let one = Self {
            attempts: 1,
            money_micros: cost.money_micros.unwrap_or_default(),
            tokens: cost.tokens.unwrap_or_default(),
        };
        one.times(attempts)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    /// So many of it.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        self.each(Self { attempts: count, money_micros: count, tokens: count }, u64::saturating_mul)
    }

    /// The larger one of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        self.each(other, u64::max)
    }

    /// The smaller one of each.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        self.each(other, u64::min)
    }

    fn each(self, other: Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            attempts: combine(self.attempts, other.attempts),
            money_micros: combine(self.money_micros, other.money_micros),
            tokens: combine(self.tokens, other.tokens),
        }
    }
}

/// Millionths of a unit of currency, shown in units: `4.50`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money(pub u64);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:06}", self.0 % 1_000_000);
        let shown = fraction.trim_end_matches('0').len().max(2);
        write!(f, "{}.{}", Grouped(self.0 / 1_000_000), &fraction[..shown])
    }
}

/// A number with its digits in groups: `30,000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grouped(pub u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_in_groups_and_money_in_units() {
        let groups: Vec<String> =
            [0, 999, 1_000, 30_000, 1_234_567].map(|number| Grouped(number).to_string()).into();
        assert_eq!(groups, ["0", "999", "1,000", "30,000", "1,234,567"]);
        let money: Vec<String> =
            [0, 4_500_000, 1, 1_250, 2_000_000_000].map(|micros| Money(micros).to_string()).into();
        assert_eq!(money, ["0.00", "4.50", "0.000001", "0.00125", "2,000.00"]);
    }

    #[test]
    fn amounts_stop_at_the_largest_number() {
        let cost = Cost { money_micros: Some(3), tokens: None, latency_ms: Some(9) };
        let some = Amount::of(2, cost);
        assert_eq!(some, Amount { attempts: 2, money_micros: 6, tokens: 0 });
        assert_eq!(some.times(u64::MAX).plus(some).money_micros, u64::MAX);
        assert_eq!(some.times(5).max(some), some.times(5));
        assert_eq!(some.times(5).min(some), some);
    }
}
