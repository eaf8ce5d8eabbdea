//! Ids of a trace as names of a blueprint.

use std::collections::HashSet;

use goalpost_model::limits::MAX_NAME_BYTES;

/// What stands before the number that keeps two names apart.
const BEFORE_NUMBER: char = '_';

/// Names that the checker takes, unique, in the order of the ids. An id that is a name keeps it: the
/// others are changed, and numbered where they meet.
pub(crate) fn names(ids: &[&str]) -> Vec<String> {
    let mut taken: HashSet<String> = ids.iter().filter(|id| is_name(id)).map(|id| (*id).to_owned()).collect();
    let mut number = 1_usize;
    let mut name = |id: &&str| {
        if is_name(id) {
            return (*id).to_owned();
        }
        let plain = plain(id);
        let mut name = plain.clone();
        while !taken.insert(name.clone()) {
            number += 1;
            let end = format!("{BEFORE_NUMBER}{number}");
            name = format!("{}{end}", &plain[..plain.len().min(MAX_NAME_BYTES - end.len())]);
        }
        name
    };
    ids.iter().map(&mut name).collect()
}

fn is_name(id: &str) -> bool {
    let starts = id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && id.len() <= MAX_NAME_BYTES && id.chars().all(is_allowed)
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// A name, all of it ASCII, that is as near as possible to the id.
fn plain(id: &str) -> String {
    let mut name: String = id.chars().map(|c| if is_allowed(c) { c } else { '_' }).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        name.insert(0, '_');
    }
    name.truncate(MAX_NAME_BYTES);
    name
}

/// A title for people: one line within the limit, never empty.
pub(crate) fn title(text: &str) -> String {
    let mut title: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    while title.len() > MAX_NAME_BYTES {
        title.pop();
    }
    if title.trim().is_empty() { "trace".to_owned() } else { title }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_stay_near_to_their_ids() {
        let cases: [(&[&str], &[&str]); 6] = [
            (&["a", "B-2", "_x"], &["a", "B-2", "_x"]),
            (&["NF.RUN:ALIGN_1", "a#b/c"], &["NF_RUN_ALIGN_1", "a_b_c"]),
            (&["1st", "-x", "ä"], &["_1st", "_-x", "_"]),
            // Whoever is a name already keeps it, also if it comes later.
            (&["a.b", "a:b", "a_b"], &["a_b_2", "a_b_3", "a_b"]),
            (&["a.b", "a_b_2", "a:b"], &["a_b", "a_b_2", "a_b_3"]),
            (&[], &[]),
        ];
        for (ids, expected) in cases {
            assert_eq!(names(ids), expected, "{ids:?}");
        }
    }

    #[test]
    fn long_ids_that_begin_alike_are_kept_apart_within_the_limit() {
        let (one, two) = (format!("{}1", "x".repeat(200)), format!("{}2", "x".repeat(200)));
        let names = names(&[&one, &two]);
        assert_eq!(names[0], "x".repeat(128));
        assert_eq!(names[1], format!("{}_2", "x".repeat(126)));
    }

    #[test]
    fn a_title_is_one_line_within_the_limit() {
        assert_eq!(title("rna\nseq"), "rna seq");
        assert_eq!(title(" "), "trace");
        assert_eq!(title(&"ä".repeat(100)), "ä".repeat(64));
    }

    proptest! {
        #[test]
        fn any_ids_become_unique_names(ids in prop::collection::hash_set("[ab.:é_1-]{0,3}|[x.]{126,131}", 0..40)) {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let names = names(&ids);
            prop_assert!(names.iter().all(|name| is_name(name)), "{:?}", names);
            prop_assert_eq!(names.iter().collect::<HashSet<_>>().len(), ids.len());
        }
    }
}
