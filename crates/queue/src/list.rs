//! The names of the delivery lists, as SQL and Redis know them.

use std::fmt;
use std::str::FromStr;

use goalpost_model::EngineId;

/// A delivery list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct List(String);

/// Text that names no list.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not the name of a list")]
pub struct InvalidList(String);

impl List {
    /// Goals to be planned and begun. Elements: goal ids.
    pub fn goals() -> Self {
        Self("goals".to_owned())
    }

    /// Workflows that have ended. Elements: workflow ids.
    pub fn outcomes() -> Self {
        Self("outcomes".to_owned())
    }

    /// Tasks that wait for a plan. Elements: attempts.
    pub fn plans() -> Self {
        Self("plans".to_owned())
    }

    /// Goals and tasks that a language model plans. Elements: goal ids, attempts.
    pub fn drafts() -> Self {
        Self("drafts".to_owned())
    }

    /// Attempts of engines that died. Elements: attempts.
    pub fn lost() -> Self {
        Self("lost".to_owned())
    }

    /// Timers that have fired. Elements: timers.
    pub fn timers() -> Self {
        Self("timers".to_owned())
    }

    /// Tasks that got the key that they waited for. Elements: attempts, of each task the latest one.
    pub fn keys() -> Self {
        Self("keys".to_owned())
    }

    /// Attempts that wait for a worker. Elements: attempts.
    pub fn ready(capability: &str) -> Self {
        Self(format!("ready:{capability}"))
    }

    /// The capability, if attempts wait for a worker here.
    pub fn capability(&self) -> Option<&str> {
        self.0.strip_prefix("ready:")
    }

    /// Attempts of one engine that were cancelled. Elements: attempts.
    pub fn engine(engine: EngineId) -> Self {
        Self(format!("engine:{engine}"))
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for List {
    type Err = InvalidList;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let has_subject = |prefix| name.strip_prefix(prefix).is_some_and(|rest: &str| !rest.is_empty());
        match name {
            "goals" | "outcomes" | "plans" | "drafts" | "lost" | "timers" | "keys" => {
                Ok(Self(name.to_owned()))
            }
            _ if has_subject("ready:") || has_subject("engine:") => Ok(Self(name.to_owned())),
            _ => Err(InvalidList(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_survives_its_name() {
        for list in [
            List::goals(),
            List::outcomes(),
            List::plans(),
            List::drafts(),
            List::lost(),
            List::timers(),
            List::keys(),
            List::ready("weather.fetch"),
        ] {
            assert_eq!(list.to_string().parse::<List>().unwrap(), list);
        }
        for wrong in ["", "ready:", "engine:", "goal", "epoch"] {
            assert!(wrong.parse::<List>().is_err(), "{wrong}");
        }
    }
}
