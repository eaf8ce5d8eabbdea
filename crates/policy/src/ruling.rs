//! What a policy says of a plan.

use goalpost_model::ApprovalTerms;

/// What becomes of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It runs.
    Admit,
    /// It never runs.
    Refuse {
        /// The rule that refuses it.
        rule: String,
        /// Why.
        reason: String,
    },
    /// It runs once each of these is there; at least one.
    Approval(Vec<Wanted>),
}

/// An approval that a plan needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The rule that wants it.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Who has to approve, and until when.
    pub terms: ApprovalTerms,
}

impl Ruling {
    /// Both of them together.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (refused @ Self::Refuse { .. }, _) | (_, refused @ Self::Refuse { .. }) => refused,
            (Self::Approval(mut all), Self::Approval(more)) => {
                all.extend(more);
                Self::Approval(all)
            }
            (Self::Admit, other) | (other, Self::Admit) => other,
        }
    }
}
