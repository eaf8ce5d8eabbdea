//! Rules that are ready to decide.

use std::collections::BTreeSet;
use std::fmt;

use goalpost_checker::PolicyCondition;
use goalpost_model::limits::{MAX_NAME_BYTES, MAX_REASON_BYTES};
use goalpost_model::{ApprovalTerms, Policy, PolicyRule, RuleVerdict};

use crate::{Case, Ruling, Wanted};

/// Rules of one policy, and deciders of one rule.
const MOST: usize = 100;
/// A year.
const LONGEST_DEADLINE_MS: u64 = 366 * 24 * 60 * 60 * 1_000;

/// A policy whose conditions are compiled.
#[derive(Clone, Debug, Default)]
pub struct CompiledPolicy(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    name: String,
    /// `None`: it always holds.
    condition: Option<PolicyCondition>,
    verdict: RuleVerdict,
    reason: String,
    terms: ApprovalTerms,
}

/// Something that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where, for example `rules[1].when`.
    pub field: String,
    /// What, and what to do.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.message)
    }
}

impl CompiledPolicy {
    /// Compiles a policy.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn compile(policy: &Policy) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        if policy.rules.len() > MOST {
            mistakes.push(Mistake { field: "rules".to_owned(), message: format!("must be {MOST} at most") });
            return Err(mistakes);
        }
        let mut names = BTreeSet::new();
        let mut rules = Vec::with_capacity(policy.rules.len());
        for (place, rule) in policy.rules.iter().enumerate() {
            let mut mistake = |field: &str, message: String| {
                mistakes.push(Mistake { field: format!("rules[{place}].{field}"), message });
            };
            if !names.insert(rule.name.as_str()) {
                mistake(
                    "name",
                    format!("'{}' is another rule's, too; name one of them otherwise", rule.name),
                );
            }
            look_at(rule, &mut mistake);
            let condition = (!rule.when.is_empty()).then(|| PolicyCondition::parse(&rule.when)).transpose();
            match condition {
                Ok(condition) => rules.push(Rule {
                    name: rule.name.clone(),
                    condition,
                    verdict: rule.verdict,
                    reason: rule.reason.clone(),
                    terms: rule.approval.clone().unwrap_or_default(),
                }),
                Err(message) => mistake("when", message),
            }
        }
        if mistakes.is_empty() { Ok(Self(rules)) } else { Err(mistakes) }
    }

    /// What it says; `of` says whose policy it is.
    pub(crate) fn decide(&self, of: &str, case: &Case) -> Ruling {
        for rule in &self.0 {
            let name = format!("{of}: {}", rule.name);
            match rule.condition.as_ref().map_or(Ok(true), |condition| condition.holds(&case.view())) {
                Ok(true) => return rule.ruling(name),
                Ok(false) => {}
                Err(why) => {
                    let reason = format!("its condition cannot be decided: {why}");
                    return Ruling::Refuse { rule: name, reason };
                }
            }
        }
        Ruling::Admit
    }
}

impl Rule {
    fn ruling(&self, name: String) -> Ruling {
        let reason = self.reason.clone();
        match self.verdict {
            RuleVerdict::Admit => Ruling::Admit,
            RuleVerdict::Refuse => Ruling::Refuse { rule: name, reason },
            RuleVerdict::Approval => {
                Ruling::Approval(vec![Wanted { rule: name, reason, terms: self.terms.clone() }])
            }
        }
    }
}

fn look_at(rule: &PolicyRule, mistake: &mut impl FnMut(&str, String)) {
    let is_name = |name: &str| (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.contains('\0');
    if !is_name(&rule.name) {
        mistake("name", format!("must have 1 to {MAX_NAME_BYTES} bytes, none of them NUL"));
    }
    if rule.reason.len() > MAX_REASON_BYTES || rule.reason.contains('\0') {
        mistake("reason", format!("must have at most {MAX_REASON_BYTES} bytes, none of them NUL"));
    }
    let Some(terms) = &rule.approval else { return };
    if rule.verdict != RuleVerdict::Approval {
        mistake(
            "approval",
            "is only asked for by a rule whose verdict is 'approval'; leave it out".to_owned(),
        );
    }
    let distinct: BTreeSet<&String> = terms.deciders.iter().collect();
    if terms.deciders.len() > MOST || distinct.len() < terms.deciders.len() {
        mistake("approval.deciders", format!("must be {MOST} at most, each of them once"));
    }
    if !terms.deciders.iter().all(|decider| is_name(decider)) {
        mistake("approval.deciders", format!("must have 1 to {MAX_NAME_BYTES} bytes each, none of them NUL"));
    }
    let most = if distinct.is_empty() { MOST } else { distinct.len() };
    if !(1..=most).contains(&usize::try_from(terms.quorum).unwrap_or(usize::MAX)) {
        mistake("approval.quorum", format!("must be 1 to {most}: not more than there are deciders"));
    }
    if terms.deadline_ms > LONGEST_DEADLINE_MS {
        mistake("approval.deadline_ms", format!("must be at most {LONGEST_DEADLINE_MS}: a year"));
    }
}
