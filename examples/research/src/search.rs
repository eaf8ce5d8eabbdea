//! Full text search: BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009), over words.
//!
//! A word of a question counts the more, the fewer documents have it, and the more often a document has it for its
//! length, with ever smaller gains.

use std::collections::{BTreeMap, BTreeSet};

/// How soon more of the same word gains little.
const K1: f64 = 1.2;
/// How much the length of a document counts.
const B: f64 = 0.75;
/// Words of fewer letters are everywhere, and say nothing.
const SHORTEST: usize = 3;

/// The places of the texts that are about the question, best first; those that share no word with it are not there.
pub(crate) fn best(question: &str, texts: &[&str], most: usize) -> Vec<usize> {
    let asked: BTreeSet<String> = words(question).collect();
    let counted: Vec<BTreeMap<String, usize>> = texts.iter().map(|text| counts(text)).collect();
    let lengths: Vec<usize> = counted.iter().map(|counts| counts.values().sum()).collect();
    let mean = lengths.iter().sum::<usize>() as f64 / texts.len().max(1) as f64;
    let weights = asked.iter().map(|word| {
        let having = counted.iter().filter(|counts| counts.contains_key(word)).count() as f64;
        let weight = (1.0 + (texts.len() as f64 - having + 0.5) / (having + 0.5)).ln();
        (word, weight)
    });
    let weights: Vec<(&String, f64)> = weights.collect();
    let score = |place: usize| -> f64 {
        let length = lengths[place] as f64 / mean;
        let of_word = |(word, weight): &(&String, f64)| {
            let count = counted[place].get(*word).copied().unwrap_or(0) as f64;
            weight * count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length))
        };
        weights.iter().map(of_word).sum()
    };
    let mut scored: Vec<(f64, usize)> = (0..texts.len()).map(|place| (score(place), place)).collect();
    scored.retain(|(score, _)| *score > 0.0);
    // Equal ones stay in their order, so a search gives the same every time.
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    scored.into_iter().take(most).map(|(_, place)| place).collect()
}

fn counts(text: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words(text) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

/// The words of a text, in lower case; one of a plural is the same as one of the singular.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= SHORTEST).map(|word| {
        let word = word.to_lowercase();
        match word.strip_suffix('s') {
            Some(stem) if stem.len() >= SHORTEST && !stem.ends_with('s') => stem.to_owned(),
            _ => word,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_count_more_than_common_ones_and_often_more_than_once() {
        let texts = ["the moon and the sea", "the sea and the wind, the sea", "wind and weather"];
        assert_eq!(best("Which moon?", &texts, 3), [0]);
        assert_eq!(best("seas", &texts, 3), [1, 0]);
        assert_eq!(best("moon and wind", &texts, 3)[0], 0);
        assert_eq!(best("wind", &texts, 1), [2]);
    }

    #[test]
    fn what_shares_no_word_is_not_found() {
        assert_eq!(best("tides", &["wind", ""], 3), [0; 0]);
        assert_eq!(best("", &["wind"], 3), [0; 0]);
        assert_eq!(best("wind", &[], 3), [0; 0]);
    }

    #[test]
    fn a_longer_text_with_as_many_hits_is_less_about_it() {
        let long = format!("tide {}", "water ".repeat(50));
        assert_eq!(best("tide", &[&long, "tide table"], 2), [1, 0]);
    }
}
