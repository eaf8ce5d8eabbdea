//! When a task becomes ready, seen from its incoming edges.

use serde::{Deserialize, Serialize};

/// When a task becomes ready, seen from its incoming edges.
///
/// Written `all`, `any` or `{n_of: 2}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
        assert!(wrong(json!({"of": 2})).contains("n_of"));
        assert!(wrong(json!({"n_of": -1})).contains("-1"));
        for value in [json!(2), json!({}), json!({"n_of": 1, "m_of": 1})] {
            wrong(value);
        }
    }
}
