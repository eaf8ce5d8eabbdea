//! What a workflow comes to at most, said before it runs.

use std::fmt;

use serde::Serialize;

use crate::{Amount, Grouped, Money};

/// What a workflow of a blueprint comes to at most, whatever happens, as far as nobody has it tried again by
/// hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WorstCase {
    /// Tasks, those of every item and iteration included.
    pub tasks: u64,
    /// What they and their compensations take.
    #[serde(flatten)]
    pub total: Amount,
    /// The same of each capability that workers offer, by name.
    pub capabilities: Vec<CapabilityUse>,
    /// Tasks whose graphs come up at run time: what those come to is not counted.
    pub later: u64,
    /// Capabilities in use of which no catalog says what money they cost. They count as free.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_money: Vec<String>,
    /// The same of tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_tokens: Vec<String>,
}

/// What one capability comes to at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CapabilityUse {
    /// The capability.
    pub capability: String,
    /// What its attempts take.
    #[serde(flatten)]
    pub amount: Amount,
}

/// `at most 120 attempts, 4.50 money, 30,000 tokens`. What no capability tells of is left out.
impl fmt::Display for WorstCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Amount { attempts, money_micros, tokens } = self.total;
        let is_one = |count: u64| if count == 1 { "" } else { "s" };
        write!(f, "at most {} attempt{}", Grouped(attempts), is_one(attempts))?;
        if money_micros > 0 || self.without_money.len() < self.capabilities.len() {
            write!(f, ", {} money{}", Money(money_micros), Unknown(&self.without_money))?;
        }
        if tokens > 0 || self.without_tokens.len() < self.capabilities.len() {
            write!(f, ", {} token{}{}", Grouped(tokens), is_one(tokens), Unknown(&self.without_tokens))?;
        }
        if self.later > 0 {
            write!(
                f,
                ", and what comes up at run time in {} task{}",
                Grouped(self.later),
                is_one(self.later)
            )?;
        }
        Ok(())
    }
}

/// Whose estimates are missing.
struct Unknown<'a>(&'a [String]);

impl fmt::Display for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => Ok(()),
            [one] => write!(f, " (without {one}, of which nobody knows)"),
            many => write!(f, " (without {} capabilities of which nobody knows)", many.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn using(capabilities: &[&str]) -> WorstCase {
        let use_of =
            |name: &&str| CapabilityUse { capability: (*name).to_owned(), ..CapabilityUse::default() };
        WorstCase { capabilities: capabilities.iter().map(use_of).collect(), ..WorstCase::default() }
    }

    #[test]
    fn it_is_said_in_one_line() {
        let total = Amount { attempts: 120, money_micros: 4_500_000, tokens: 30_000 };
        let known = WorstCase { total, ..using(&["a"]) };
        assert_eq!(known.to_string(), "at most 120 attempts, 4.50 money, 30,000 tokens");
        let growing = WorstCase { later: 1, ..known };
        assert!(growing.to_string().ends_with("30,000 tokens, and what comes up at run time in 1 task"));
    }

    #[test]
    fn what_nobody_knows_is_left_out_or_said() {
        let all = vec!["a".to_owned(), "b".to_owned()];
        let attempts = Amount { attempts: 1, ..Amount::default() };
        let unknown = WorstCase {
            total: attempts,
            without_money: all.clone(),
            without_tokens: all,
            ..using(&["a", "b"])
        };
        assert_eq!(unknown.to_string(), "at most 1 attempt");
        let partly = WorstCase { without_money: vec!["b".to_owned()], ..unknown };
        assert_eq!(partly.to_string(), "at most 1 attempt, 0.00 money (without b, of which nobody knows)");
    }
}
