//! One goal's way to a plan by a language model: questions and answers as data.

use std::fmt;

use goalpost_checker::{CapabilitySource, Checked, check};
use goalpost_model::{Blueprint, Finding, Severity, WorstCase};

use super::code::told;
use super::prompt::{self, PROMPT, Said, Turn};
use super::{answer, build, guard};
use crate::GoalRequest;

/// How often a model may repair its plan.
pub const MAX_REPAIRS: u32 = 2;
/// Bytes of an answer that the model is shown again; a plan that is larger is not repaired, but made anew.
const MAX_SHOWN_BYTES: usize = 256 << 10;
/// Findings that the message of a failure tells.
const MAX_TOLD: usize = 20;

/// A plan on its way: what was said so far.
///
/// Whoever asks the model hands over what it is to be told ([`system`](Self::system), [`turns`](Self::turns)), and its
/// [`answer`](Self::answer).
#[derive(Clone, Debug)]
pub struct Drafting {
    goal: GoalRequest,
    system: String,
    turns: Vec<Turn>,
    repairs: u32,
    left_out: usize,
}

/// What an answer comes to.
#[derive(Debug)]
pub enum Verdict {
    /// A plan that the checker accepts.
    Plan(Box<Drafted>),
    /// The model has to be asked again: it has been told what is wrong.
    Repair,
    /// There is none.
    GaveUp(GaveUp),
}

/// A checked plan of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Drafted {
    /// The blueprint, with the catalog's definitions of its capabilities.
    pub blueprint: Blueprint,
    /// What the checker has against it; no errors.
    pub findings: Vec<Finding>,
    /// What its workflow comes to at most.
    pub worst_case: WorstCase,
}

/// Why a model gave no plan.
#[derive(Clone, Debug, PartialEq)]
pub enum GaveUp {
    /// It says that the capabilities cannot reach the goal.
    Impossible {
        /// In its words, shortened.
        reason: String,
    },
    /// None of its answers is a plan that may run.
    NeverValid {
        /// What is wrong with the last one.
        findings: Vec<Finding>,
    },
}

impl Drafting {
    /// Begins with a goal. The model may use these capabilities, and some of the engine's.
    pub fn begin(capabilities: &dyn CapabilitySource, goal: GoalRequest) -> Self {
        let (system, left_out) = prompt::system(capabilities, &goal);
        let turns = vec![Turn { said: Said::ByPlanner, text: prompt::goal(&goal) }];
        Self { goal, system, turns, repairs: 0, left_out }
    }

    /// What the model is told of its work.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// What was said so far; the last word is the planner's.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Which prompts were used, and how it went: `prompt plan.v1, repaired once`.
    pub fn provenance(&self) -> String {
        let repaired = match self.repairs {
            0 => String::new(),
            1 => ", repaired once".to_owned(),
            many => format!(", repaired {many} times"),
        };
        let left_out = match self.left_out {
            0 => String::new(),
            many => format!(", {many} capabilities left out"),
        };
        format!("prompt {PROMPT}{repaired}{left_out}")
    }

    /// What an answer comes to. The capabilities are those that it began with.
    pub fn answer(&mut self, capabilities: &dyn CapabilitySource, text: &str) -> Verdict {
        match self.judge(capabilities, text) {
            Ok(Ok(drafted)) => Verdict::Plan(Box::new(drafted)),
            Ok(Err(reason)) => Verdict::GaveUp(GaveUp::Impossible { reason }),
            Err(findings) if self.repairs >= MAX_REPAIRS => Verdict::GaveUp(GaveUp::NeverValid { findings }),
            Err(findings) => {
                self.repairs += 1;
                let end = text.floor_char_boundary(MAX_SHOWN_BYTES);
                self.turns.push(Turn { said: Said::ByModel, text: text[..end].to_owned() });
                self.turns.push(Turn { said: Said::ByPlanner, text: prompt::repair(&findings) });
                Verdict::Repair
            }
        }
    }

    /// A plan, or why the model says there is none; or what is wrong.
    fn judge(
        &self,
        capabilities: &dyn CapabilitySource,
        text: &str,
    ) -> Result<Result<Drafted, String>, Vec<Finding>> {
        let draft = answer::read(text)?;
        if draft.tasks.is_empty() && !draft.impossible.trim().is_empty() {
            return Ok(Err(told(draft.impossible.trim())));
        }
        let blueprint = build::blueprint(draft)?;
        let mut found = guard::findings(&blueprint, &self.goal.input, capabilities);
        let Checked { findings, blueprint, worst_case } = check(&blueprint, capabilities);
        match (blueprint, worst_case) {
            (Some(blueprint), Some(worst_case)) if found.is_empty() => {
                Ok(Ok(Drafted { blueprint, findings, worst_case }))
            }
            _ => {
                found.extend(findings);
                Err(found)
            }
        }
    }
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Impossible { reason } => {
                write!(f, "the language model finds no way to the goal with these capabilities: {reason}")
            }
            Self::NeverValid { findings } => {
                write!(f, "the language model gave no plan that may run, also after {MAX_REPAIRS} repairs:")?;
                let errors: Vec<&Finding> =
                    findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
                for finding in errors.iter().take(MAX_TOLD) {
                    write!(f, "\n  {finding}")?;
                }
                match errors.len().saturating_sub(MAX_TOLD) {
                    0 => Ok(()),
                    more => write!(f, "\n  and {more} more"),
                }
            }
        }
    }
}
