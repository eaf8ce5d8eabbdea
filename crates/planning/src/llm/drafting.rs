//! One goal's way to a plan by a language model: questions and answers as data.

use std::fmt;

use goalpost_checker::{CapabilitySource, Checked, check, code};
use goalpost_model::{Blueprint, Body, Finding, Past, Severity, WorstCase};

use super::code::told;
use super::prompt::{self, FILL_PROMPT, PLAN_PROMPT, REPLAN_PROMPT, Said, Turn};
use super::revising::{Revising, Revision, WithOwn};
use super::{answer, build, guard};
use crate::{GoalRequest, Rung, Sketch};

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
    part: Part,
    system: String,
    turns: Vec<Turn>,
    /// Repairs of what is planned now.
    repairs: u32,
    /// And of all that was planned before it.
    repairs_before: u32,
    left_out: usize,
    /// Of a plan for all of the goal.
    max_replans: u32,
}

/// What of the goal a model plans.
#[derive(Clone, Debug)]
enum Part {
    /// All of it.
    Whole,
    /// The next hole of this plan.
    Hole(Box<Filling>),
    /// All of it, in the place of this plan.
    Anew(Box<Revising>),
}

#[derive(Clone, Debug)]
struct Filling {
    /// How many holes there were.
    holes: usize,
    /// What is filled already.
    sketch: Sketch,
}

/// What an answer comes to.
#[derive(Debug)]
pub enum Verdict {
    /// A plan that the checker accepts.
    Plan(Box<Drafted>),
    /// The model has to be asked again: it has been told what is wrong, or which hole is the next one.
    Ask,
    /// There is none.
    GaveUp(GaveUp),
}

/// A checked plan of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Drafted {
    /// The blueprint, with the catalog's definitions of its capabilities. One in the place of a plan that runs is whole
    /// all the same, and says what stays as it is there; it has no definitions.
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

/// What is not wrong with an answer.
enum Sound {
    Plan(Drafted),
    /// A hole is filled, and there are others.
    Filled(Sketch),
    /// In the words of the model.
    Impossible(String),
}

impl Drafting {
    /// Begins with a goal. The model may use these capabilities, and some of the engine's.
    pub fn begin(capabilities: &dyn CapabilitySource, goal: GoalRequest) -> Self {
        let (system, left_out) = prompt::system(capabilities, &goal);
        let turns = vec![Turn { said: Said::ByPlanner, text: prompt::goal(&goal) }];
        Self::new(goal, Part::Whole, system, turns, left_out)
    }

    /// The plan that it is to make may make room for others, so often at most, when it fails.
    #[must_use]
    pub fn allowing(self, max_replans: u32) -> Self {
        Self { max_replans, ..self }
    }

    /// Begins with the holes of a plan for a goal.
    pub fn fill(capabilities: &dyn CapabilitySource, goal: GoalRequest, sketch: Sketch) -> Self {
        let part = Part::Hole(Box::new(Filling { holes: sketch.holes(), sketch: sketch.clone() }));
        let mut drafting = Self::new(goal, part, String::new(), Vec::new(), 0);
        drafting.go_on_with(capabilities, sketch);
        drafting
    }

    /// Begins with a goal that runs, and needs another plan in the place of the present one.
    pub fn anew(
        capabilities: &dyn CapabilitySource,
        goal: GoalRequest,
        present: Blueprint,
        past: Past,
    ) -> Self {
        let (system, left_out) = prompt::system_for_another(capabilities, &goal);
        let text = prompt::running(&goal, &present, &past);
        let turns = vec![Turn { said: Said::ByPlanner, text }];
        let part = Part::Anew(Box::new(Revising { present, past }));
        Self::new(goal, part, system, turns, left_out)
    }

    fn new(goal: GoalRequest, part: Part, system: String, turns: Vec<Turn>, left_out: usize) -> Self {
        Self { goal, part, system, turns, repairs: 0, repairs_before: 0, left_out, max_replans: 0 }
    }

    /// The rung that this is.
    pub fn rung(&self) -> Rung {
        match self.part {
            Part::Whole | Part::Anew(_) => Rung::Llm,
            Part::Hole(_) => Rung::LlmFill,
        }
    }

    /// What the model is told of its work.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// What was said so far; the last word is the planner's.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Who makes the plan, and how it went: `llm NAME, prompt plan.v1, repaired once`;
    /// `method trip.report, 2 holes filled by llm NAME, prompt fill.v1`.
    pub fn made_by(&self, model: &str) -> String {
        let (methods, prompt) = match &self.part {
            Part::Whole => (String::new(), PLAN_PROMPT),
            Part::Anew(_) => (String::new(), REPLAN_PROMPT),
            Part::Hole(filling) => {
                let holes =
                    if filling.holes == 1 { "1 hole".to_owned() } else { format!("{} holes", filling.holes) };
                (format!("{}, {holes} filled by ", filling.sketch.planned_by()), FILL_PROMPT)
            }
        };
        let repaired = match self.repairs_before + self.repairs {
            0 => String::new(),
            1 => ", repaired once".to_owned(),
            many => format!(", repaired {many} times"),
        };
        let left_out = match self.left_out {
            0 => String::new(),
            many => format!(", {many} capabilities left out"),
        };
        format!("{methods}llm {model}, prompt {prompt}{repaired}{left_out}")
    }

    /// What an answer comes to. The capabilities are those that it began with.
    pub fn answer(&mut self, capabilities: &dyn CapabilitySource, text: &str) -> Verdict {
        match self.judge(capabilities, text) {
            Ok(Sound::Plan(drafted)) => Verdict::Plan(Box::new(drafted)),
            Ok(Sound::Filled(sketch)) => {
                self.go_on_with(capabilities, sketch);
                Verdict::Ask
            }
            Ok(Sound::Impossible(reason)) => Verdict::GaveUp(GaveUp::Impossible { reason }),
            Err(findings) if self.repairs >= MAX_REPAIRS => Verdict::GaveUp(GaveUp::NeverValid { findings }),
            Err(findings) => {
                self.repairs += 1;
                let end = text.floor_char_boundary(MAX_SHOWN_BYTES);
                self.turns.push(Turn { said: Said::ByModel, text: text[..end].to_owned() });
                self.turns.push(Turn { said: Said::ByPlanner, text: prompt::repair(&findings) });
                Verdict::Ask
            }
        }
    }

    /// The next hole: another question, which knows nothing of those before but what came of them.
    fn go_on_with(&mut self, capabilities: &dyn CapabilitySource, sketch: Sketch) {
        self.repairs_before += std::mem::take(&mut self.repairs);
        if let Some((hole, task)) = sketch.next() {
            let (system, left_out) = prompt::system_for_hole(capabilities, hole);
            let text = prompt::hole(&self.goal, &sketch, hole, task);
            self.turns = vec![Turn { said: Said::ByPlanner, text }];
            self.system = system;
            self.left_out = self.left_out.max(left_out);
        }
        if let Part::Hole(filling) = &mut self.part {
            filling.sketch = sketch;
        }
    }

    /// What is wrong with an answer is the error.
    fn judge(&self, capabilities: &dyn CapabilitySource, text: &str) -> Result<Sound, Vec<Finding>> {
        let draft = answer::read(text)?;
        if draft.tasks.is_empty() && !draft.impossible.trim().is_empty() {
            return Ok(Sound::Impossible(told(draft.impossible.trim())));
        }
        match &self.part {
            Part::Anew(revising) => {
                let Revision { next, revised, findings } =
                    revising.revision(draft, &self.goal.input, capabilities)?;
                let own = WithOwn { own: &revising.present.capabilities, others: capabilities };
                let checked = judged(findings, &revised, &own)?;
                Ok(Sound::Plan(Drafted { blueprint: next, ..checked }))
            }
            Part::Whole => {
                let drafted = Blueprint { max_replans: self.max_replans, ..build::blueprint(draft)? };
                let found = guard::findings(&drafted, &self.goal.input, capabilities);
                judged(found, &drafted, capabilities).map(Sound::Plan)
            }
            Part::Hole(filling) => {
                let drafted = build::blueprint(draft)?;
                let input = filling.sketch.next().map(|(hole, _)| &hole.goal.input);
                let mut found = guard::findings(&drafted, input.unwrap_or(&self.goal.input), capabilities);
                found.extend(guard::holes(&drafted, &filling.sketch));
                let Blueprint { tasks, edges, output, .. } = drafted;
                let sketch = filling.sketch.filled(&Body { tasks, edges, output });
                let plan = judged(found, sketch.blueprint(), &sketch.beside(capabilities))?;
                let missing = missing(&filling.sketch, &plan, capabilities);
                if !missing.is_empty() {
                    return Err(missing);
                }
                Ok(if sketch.holes() == 0 { Sound::Plan(plan) } else { Sound::Filled(sketch) })
            }
        }
    }
}

/// What the plan around reads of a hole, and what fills it does not give. Others may live with that.
fn missing(open: &Sketch, filled: &Drafted, capabilities: &dyn CapabilitySource) -> Vec<Finding> {
    let unknown = filled.findings.iter().filter(|finding| finding.code == code::UNKNOWN_OUTPUT_FIELD);
    let mut unknown: Vec<Finding> = unknown.cloned().collect();
    // As a rule there is none, and then nothing to be told from what was there before.
    if !unknown.is_empty() {
        let before = check(open.blueprint(), &open.beside(capabilities)).findings;
        unknown.retain(|finding| !before.contains(finding));
    }
    unknown.into_iter().map(|finding| Finding { severity: Severity::Error, ..finding }).collect()
}

/// The plan, if neither this was found in it nor the checker has anything against it.
fn judged(
    mut found: Vec<Finding>,
    blueprint: &Blueprint,
    capabilities: &dyn CapabilitySource,
) -> Result<Drafted, Vec<Finding>> {
    let Checked { findings, blueprint, worst_case } = check(blueprint, capabilities);
    match (blueprint, worst_case) {
        (Some(blueprint), Some(worst_case)) if found.is_empty() => {
            Ok(Drafted { blueprint, findings, worst_case })
        }
        _ => {
            found.extend(findings);
            Err(found)
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
