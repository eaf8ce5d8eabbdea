//! Lanes: who shares a delivery list, and how.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits::MAX_NAMESPACE_BYTES;

/// Whose a goal is: namespaces take turns, whatever each of them has waiting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(String);

/// Text that names no namespace.
#[derive(Debug, thiserror::Error)]
#[error("must be 1 to {MAX_NAMESPACE_BYTES} letters, digits, '-', '_' or '.'")]
pub struct InvalidNamespace;

impl Namespace {
    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Namespace {
    /// That of callers who name none.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Namespace {
    type Err = InvalidNamespace;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let is_fine = (1..=MAX_NAMESPACE_BYTES).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if is_fine { Ok(Self(name.to_owned())) } else { Err(InvalidNamespace) }
    }
}

/// How much of the shared capacity a goal may claim against others that wait too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// A quarter of what is normal.
    Low,
    /// That of callers who name none.
    #[default]
    Normal,
    /// Four times what is normal.
    High,
}

impl Priority {
    /// Every one, in order.
    pub const ALL: &[Self] = &[Self::Low, Self::Normal, Self::High];

    /// The number stored for it: 1 to 3.
    pub const fn rank(self) -> i16 {
        match self {
            Self::Low => 1,
            Self::Normal => 2,
            Self::High => 3,
        }
    }

    /// The priority that this number was stored for.
    pub fn of_rank(rank: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|priority| priority.rank() == rank)
    }
}

/// Part of a delivery list: the elements of one namespace and priority, in their order. Its text,
/// `namespace:rank`, is what SQL and Redis know. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(Arc<str>);

/// Text that names no lane.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not the name of a lane")]
pub struct InvalidLane(String);

impl Lane {
    /// The lane of a namespace and a priority.
    pub fn new(namespace: &Namespace, priority: Priority) -> Self {
        Self(format!("{namespace}:{}", priority.rank()).into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its namespace and its priority.
    pub fn parts(&self) -> (Namespace, Priority) {
        // It was made of them.
        Self::read(&self.0).unwrap_or_default()
    }

    fn read(text: &str) -> Option<(Namespace, Priority)> {
        let (namespace, rank) = text.split_once(':')?;
        Some((namespace.parse().ok()?, Priority::of_rank(rank.parse().ok()?)?))
    }
}

impl Default for Lane {
    fn default() -> Self {
        Self::new(&Namespace::default(), Priority::default())
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Lane {
    type Err = InvalidLane;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (namespace, priority) = Self::read(text).ok_or_else(|| InvalidLane(text.to_owned()))?;
        Ok(Self::new(&namespace, priority))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_survives_its_text() {
        for priority in Priority::ALL {
            let lane = Lane::new(&"team-a.prod_1".parse().unwrap(), *priority);
            assert_eq!(lane.as_str().parse::<Lane>().unwrap(), lane);
            assert_eq!(lane.parts().1, *priority);
        }
        assert_eq!(Lane::default().as_str(), "default:2");
    }

    #[test]
    fn a_namespace_holds_nothing_that_a_key_gives_a_meaning() {
        let long = "x".repeat(MAX_NAMESPACE_BYTES + 1);
        for wrong in ["", "a:b", "a b", "a#b", "ä", long.as_str()] {
            assert!(wrong.parse::<Namespace>().is_err(), "{wrong}");
        }
        for wrong in ["default", "default:", "default:0", "default:4", "a b:1", ":1"] {
            assert!(wrong.parse::<Lane>().is_err(), "{wrong}");
        }
    }
}
