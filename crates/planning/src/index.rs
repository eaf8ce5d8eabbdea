//! Finds what may serve a goal without looking at everything.
//!
//! A pattern can only match a text that has all of its whole words, so it is filed under the one that the fewest
//! patterns have.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::entry::Entry;
use crate::goal::GoalRequest;
use crate::method::Method;
use crate::pattern::normalised;

/// Where to look.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Goal type -> places of methods.
    types: HashMap<String, Vec<usize>>,
    /// Whole word of a pattern -> places of methods.
    words: HashMap<String, Vec<usize>>,
    /// Those with a pattern that has no whole word.
    wordless: Vec<usize>,
    /// Fact -> names of the capabilities that produce it.
    producers: HashMap<String, Vec<String>>,
}

impl Index {
    pub(crate) fn of(entries: &BTreeMap<String, Entry>, methods: &[Method]) -> Self {
        let mut index = Self::default();
        let mut uses: HashMap<&str, usize> = HashMap::new();
        let patterns = || methods.iter().flat_map(|method| &method.patterns);
        for word in patterns().flat_map(|pattern| &pattern.whole_words) {
            *uses.entry(word).or_default() += 1;
        }
        for (place, method) in methods.iter().enumerate() {
            if let Some(goal_type) = &method.goal_type {
                index.types.entry(goal_type.clone()).or_default().push(place);
            }
            for pattern in &method.patterns {
                let rarest = pattern.whole_words.iter().min_by_key(|word| (uses.get(word.as_str()), *word));
                match rarest {
                    Some(word) => index.words.entry(word.clone()).or_default().push(place),
                    None => index.wordless.push(place),
                }
            }
        }
        for entry in entries.values() {
            for fact in entry.produces.keys() {
                index.producers.entry(fact.clone()).or_default().push(entry.capability.name.clone());
            }
        }
        index
    }

    /// The places of the methods that may serve the goal, ascending.
    pub(crate) fn serving(&self, goal: &GoalRequest) -> Vec<usize> {
        if !goal.goal_type.is_empty() {
            return self.types.get(&goal.goal_type).cloned().unwrap_or_default();
        }
        let text = normalised(&goal.text);
        let words = text.split(' ').map(folded);
        let filed = words.filter_map(|word| self.words.get(&word)).flatten();
        let places: BTreeSet<usize> = filed.chain(&self.wordless).copied().collect();
        places.into_iter().collect()
    }

    /// The capabilities that produce a fact, by name.
    pub(crate) fn producers(&self, fact: &str) -> &[String] {
        self.producers.get(fact).map_or(&[], Vec::as_slice)
    }
}

/// A word without regard to case. Of all letters beyond ASCII only these two are the same as one of it when case
/// does not count: the Kelvin sign, which lower case makes a `k`, and the long s, which it leaves.
pub(crate) fn folded(word: &str) -> String {
    word.to_lowercase().replace('\u{17f}', "s")
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use crate::{Catalog, GoalRequest, Source};

    const PATTERNS: &str = r#"
capabilities: [{ name: a, effect: read }]
methods:
  - { name: m1, patterns: ["ask {x} about K{n}"], tasks: [{ name: t, capability: a }] }
  - { name: m2, patterns: ["ask {x}", "{x} asks"], tasks: [{ name: t, capability: a }] }
  - { name: m3, patterns: ["{x}-{y}"], tasks: [{ name: t, capability: a }] }
  - { name: m4, patterns: ["task {x}"], type: t, tasks: [{ name: t, capability: a }] }
  - { name: m5, patterns: ["ASK, {x} task"], tasks: [{ name: t, capability: a }] }
"#;

    static CATALOG: LazyLock<Catalog> =
        LazyLock::new(|| Catalog::parse(&[Source { name: "c", text: PATTERNS }]).unwrap());

    proptest! {
        #[test]
        fn whatever_serves_a_goal_is_found(text in "((ask|ASK|a\u{17f}\u{212a}|task|asks|about|K1|\u{212a}2|x-y|[a-z]|,|[.!]) ?){0,6}") {
            let goal = GoalRequest::text(text);
            let matching = |method: &&crate::method::Method| !method.matches(&goal).is_empty();
            let of_all: Vec<&str> = CATALOG.methods().iter().filter(matching).map(|method| method.name.as_str()).collect();
            let of_index: Vec<&str> = CATALOG.serving(&goal).filter(matching).map(|method| method.name.as_str()).collect();
            prop_assert_eq!(of_all, of_index);
        }
    }
}
