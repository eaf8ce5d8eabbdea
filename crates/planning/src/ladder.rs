//! The rungs of the ladder from a goal to a plan, and what became of each.

use std::fmt;

/// A way to a plan. Earlier ones are cheaper and surer, so they are tried first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// The caller's own.
    Blueprint,
    /// A whole blueprint of the catalog.
    Template,
    /// A plan that was made before, with the same catalog for the same goal.
    Cached,
    /// Methods and facts of the catalog.
    Htn,
    /// A language model fills the holes in a plan of methods.
    LlmFill,
    /// A language model plans all.
    Llm,
}

impl Rung {
    /// Its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blueprint => "blueprint",
            Self::Template => "template",
            Self::Cached => "cached",
            Self::Htn => "htn",
            Self::LlmFill => "llm_fill",
            Self::Llm => "llm",
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What became of a rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It made the plan.
    Planned,
    /// It has nothing for this goal.
    Skipped,
    /// It took the goal up and made no plan.
    Failed,
}

/// A rung that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which one.
    pub rung: Rung,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in words.
    pub reason: String,
}
