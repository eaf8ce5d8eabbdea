//! What somebody may be.

use std::fmt;
use std::str::FromStr;

/// What somebody may be in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Sees goals, their histories and the catalog.
    Viewer,
    /// Submits goals, cancels them and sends them signals.
    Submitter,
    /// Decides on plans and on what tasks want approved.
    Approver,
    /// Acts on running goals, whoever submitted them.
    Operator,
    /// Takes attempts.
    Worker,
    /// All of it but attempts, and the keys of others.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Viewer, Self::Submitter, Self::Approver, Self::Operator, Self::Worker, Self::Admin];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Submitter => "submitter",
            Self::Approver => "approver",
            Self::Operator => "operator",
            Self::Worker => "worker",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(())
    }
}
