//! When a task becomes ready, seen from its incoming edges.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// When a task becomes ready, seen from its incoming edges.
///
/// Written `all`, `any` or `{n_of: 2}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// Every incoming edge was taken.
    #[default]
    All,
    /// One incoming edge was taken; later ones are ignored.
    Any,
    /// So many incoming edges were taken; later ones are ignored.
    NOf(u32),
}

impl Join {
    /// How many of so many incoming edges have to be taken.
    pub fn needed(self, edges: usize) -> usize {
        match self {
            Self::All => edges,
            Self::Any => edges.min(1),
            Self::NOf(count) => usize::try_from(count).unwrap_or(usize::MAX),
        }
    }
}

const ALL: &str = "all";
const ANY: &str = "any";
const N_OF: &str = "n_of";

impl Serialize for Join {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str(ALL),
            Self::Any => serializer.serialize_str(ANY),
            Self::NOf(count) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(N_OF, count)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Join {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Join;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`all`, `any` or `{n_of: COUNT}`")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Join, E> {
        match word {
            ALL => Ok(Join::All),
            ANY => Ok(Join::Any),
            other => Err(E::unknown_variant(other, &[ALL, ANY, N_OF])),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Join, A::Error> {
        let Some(key) = map.next_key::<String>()? else { return Err(de::Error::missing_field(N_OF)) };
        if key != N_OF {
            return Err(de::Error::unknown_field(&key, &[N_OF]));
        }
        let count = map.next_value()?;
        match map.next_key::<String>()? {
            Some(more) => Err(de::Error::unknown_field(&more, &[])),
            None => Ok(Join::NOf(count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    #[test]
    fn every_join_is_read_as_it_is_written() {
        for (join, written) in
            [(Join::All, json!("all")), (Join::Any, json!("any")), (Join::NOf(2), json!({"n_of": 2}))]
        {
            assert_eq!(serde_json::to_value(join).unwrap(), written);
            assert_eq!(from_value::<Join>(written).unwrap(), join);
        }
    }

    #[test]
    fn what_is_no_join_is_refused_with_what_would_be_one() {
        let wrong = |value: Value| from_value::<Join>(value).unwrap_err().to_string();
        assert!(wrong(json!("most")).contains("`all`, `any`, `n_of`"));
        assert!(wrong(json!(2)).contains("`all`, `any` or `{n_of: COUNT}`"));
        assert!(wrong(json!({})).contains("n_of"));
        assert!(wrong(json!({"of": 2})).contains("n_of"));
        assert!(wrong(json!({"n_of": -1})).contains("-1"));
        assert!(wrong(json!({"n_of": 1, "m_of": 1})).contains("m_of"));
    }
}
