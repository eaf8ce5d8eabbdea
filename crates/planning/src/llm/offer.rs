//! The capabilities, as a model is shown them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use goalpost_checker::CapabilitySource;
use goalpost_model::Capability;

use crate::GoalRequest;

/// Bytes of capabilities that are shown, unless the first is larger: what every question costs.
const MAX_BYTES: usize = 200_000;
/// Shorter words say nothing.
const MIN_WORD: usize = 3;

/// Capabilities for a goal, one a line.
pub(super) struct Offer {
    pub(super) lines: String,
    /// Capabilities that were left out: there are too many.
    pub(super) left_out: usize,
}

/// All of them, in the order of their names. If they are too many those that share words with the goal go before
/// others. The same capabilities and the same goal give the same offer.
pub(super) fn offer(capabilities: &dyn CapabilitySource, goal: &GoalRequest) -> Offer {
    let names: BTreeSet<&str> = capabilities.names().into_iter().collect();
    let all = names.iter().filter_map(|name| capabilities.capability(name));
    let all: Vec<(String, &Capability)> = all.map(|capability| (line(capability), capability)).collect();
    let bytes: usize = all.iter().map(|(line, _)| line.len() + 1).sum();
    if bytes <= MAX_BYTES {
        let lines = all.into_iter().map(|(line, _)| line + "\n").collect();
        return Offer { lines, left_out: 0 };
    }
    let wanted =
        words(&format!("{} {} {}", goal.text, goal.goal_type, serde_json::Value::from(goal.input.clone())));
    let shared = |capability: &Capability| {
        words(&format!("{} {}", capability.name, capability.description)).intersection(&wanted).count()
    };
    let mut ranked: Vec<_> = all
        .iter()
        .map(|(line, capability)| (Reverse(shared(capability)), capability.name.as_str(), line))
        .collect();
    ranked.sort_unstable();
    let mut left = MAX_BYTES;
    let mut shown: Vec<(&str, &str)> = Vec::new();
    for (_, name, line) in ranked {
        let after = left.checked_sub(line.len() + 1);
        if after.is_some() || shown.is_empty() {
            shown.push((name, line));
            left = after.unwrap_or(0);
        }
    }
    shown.sort_unstable();
    let left_out = all.len() - shown.len();
    Offer { lines: shown.into_iter().map(|(_, line)| format!("{line}\n")).collect(), left_out }
}

fn line(capability: &Capability) -> String {
    serde_json::to_string(capability).unwrap_or_default()
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= MIN_WORD);
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, Source};

    fn catalog(count: usize) -> Catalog {
        let item = |n: usize| {
            let about = if n == count / 2 { "Weighs parcels." } else { "Something else." };
            format!("  - {{ name: some.c{n:05}, description: {about} {} }}\n", "x".repeat(200))
        };
        let text = format!("capabilities:\n{}", (0..count).map(item).collect::<String>());
        Catalog::parse(&[Source { name: "many", text: &text }]).unwrap()
    }

    #[test]
    fn few_are_shown_whole_and_in_order() {
        let offer = offer(&catalog(20), &GoalRequest::text("weigh"));
        let names: Vec<&str> = offer.lines.lines().filter_map(|line| line.get(9..20)).collect();
        assert_eq!((names.len(), offer.left_out), (20, 0));
        assert!(names.is_sorted(), "{names:?}");
    }

    #[test]
    fn of_many_those_are_shown_that_have_to_do_with_the_goal() {
        let (catalog, goal) = (catalog(5_000), GoalRequest::text("Which parcels are heavy?"));
        let offer = offer(&catalog, &goal);
        assert!(offer.lines.len() <= MAX_BYTES && offer.lines.len() > MAX_BYTES / 2);
        assert!(offer.lines.contains("Weighs parcels"));
        assert_eq!(offer.lines.lines().count() + offer.left_out, 5_000);
        assert_eq!(super::offer(&catalog, &goal).lines, offer.lines);
    }
}
