//! The one layout of a blueprint file.

use std::fmt::Write as _;
use std::ops::Range;

use goalpost_model::{Blueprint, Finding, Severity};
use serde_saphyr::granit_parser::{Event, Parser, options};

use crate::{Placed, Written};

/// How a blueprint is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// In block style.
    Yaml,
    /// With two spaces for each level.
    Json,
}

impl Written<'_> {
    /// The file in its one layout: fields in the order of the language, what is as usual left out, in
    /// block style, or JSON with two spaces if it is JSON. The blueprint and its digest stay the same.
    ///
    /// Comments at the head of the file are kept. The error says where the file has something else
    /// that would be lost: a comment further down, or an anchor.
    pub fn formatted(&self) -> Result<String, Box<Placed>> {
        let head = head(self.text)?;
        let is_json = head.is_empty() && self.text.trim_start().starts_with('{');
        let language = if is_json { Language::Json } else { Language::Yaml };
        let out = format!("{head}{}", write(&self.blueprint, language));
        // Whatever the writer makes of a text that looks like something else: nothing is lost.
        match crate::read(&out) {
            Ok(again) if again.blueprint == self.blueprint => Ok(out),
            _ => Err(refused(
                "the file cannot be written anew without a change of its meaning",
                "leave it as it is",
                None,
            )),
        }
    }
}

/// A blueprint in its one layout.
pub fn write(blueprint: &Blueprint, language: Language) -> String {
    let written = match language {
        Language::Json => serde_json::to_string_pretty(blueprint).map(|json| readable(&json) + "\n").ok(),
        Language::Yaml => {
            let options = serde_saphyr::ser_options! { compact_list_indent: false };
            serde_saphyr::to_string_with_options(blueprint, options).ok()
        }
    };
    // Names, texts and JSON can always be written.
    written.unwrap_or_default()
}

/// JSON that is YAML, too: what YAML does not take as it is, JSON has inside of texts alone.
fn readable(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                // A string takes everything.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// The comments before everything else, with the empty line that follows them.
fn head(text: &str) -> Result<String, Box<Placed>> {
    let (mut head, mut end, mut is_over) = (String::new(), 0, false);
    for (event, span) in
        Parser::new_from_str_with_options(text, options! { emit_anchor_events: true }).flatten()
    {
        let place = span.byte_range().unwrap_or_default();
        match event {
            Event::Comment(..) if is_over => {
                let fix = "move it to the head of the file, or leave the file as it is";
                return Err(refused("a comment inside the blueprint would be lost", fix, Some(place)));
            }
            Event::Comment(..) => {
                head += &format!("{}\n", &text[place.clone()]);
                end = place.end;
            }
            Event::Anchor(..) => {
                let fix = "write out what it stands for, or leave the file as it is";
                return Err(refused("an anchor would be lost", fix, Some(place)));
            }
            Event::MappingStart(..) => is_over = true,
            _ => {}
        }
    }
    if !head.is_empty() && is_empty_line(&text[end..]) {
        head.push('\n');
    }
    Ok(head)
}

/// Whether there is an empty line after the rest of this one.
fn is_empty_line(rest: &str) -> bool {
    rest.lines().nth(1).is_some_and(|line| line.trim().is_empty())
}

fn refused(message: &str, fix: &str, place: Option<Range<usize>>) -> Box<Placed> {
    let finding = Finding {
        code: String::new(),
        severity: Severity::Error,
        node: String::new(),
        field: String::new(),
        message: message.to_owned(),
        fix: fix.to_owned(),
    };
    Box::new(Placed { finding, places: place.into_iter().collect() })
}

#[cfg(test)]
mod tests {
    use goalpost_model::Blueprint;

    use super::{Language, write};
    use crate::read;

    fn formatted(text: &str) -> String {
        read(text).unwrap().formatted().unwrap()
    }

    /// What would be lost.
    fn lost(text: &str) -> &str {
        let placed = read(text).unwrap().formatted().unwrap_err();
        &text[placed.places[0].clone()]
    }

    const LOOSE: &str = r#"# yaml-language-server: $schema=blueprint.schema.json
# Twice a day.

edges: [{to: b, from: a, on: success}, {target: b, source: a, on: failure, condition: "tasks.a.error.kind == 'NO'"}]
tasks:
- {capability: any, name: a, input: {n: 1.0, no: "no", "1": "1", long: "line\n  two\n"}}
- {name: b, retry: {max_attempts: 1}, capability: any, join: any}
name: sample
"#;

    const TIDY: &str = r#"# yaml-language-server: $schema=blueprint.schema.json
# Twice a day.

name: sample
tasks:
  - name: a
    capability: any
"#;

    #[test]
    fn fields_come_in_the_order_of_the_language() {
        let out = formatted(LOOSE);
        assert!(out.starts_with(TIDY), "{out}");
        assert!(!out.contains("retry") && !out.contains("success"), "what is as usual is left out: {out}");
        assert_eq!(read(&out).unwrap().blueprint, read(LOOSE).unwrap().blueprint);
        assert_eq!(formatted(&out), out, "what is tidy stays as it is");
    }

    #[test]
    fn json_stays_json() {
        let out = formatted("{\"tasks\": [], \"name\": \"a\"}");
        assert_eq!(out, "{\n  \"name\": \"a\",\n  \"tasks\": [],\n  \"edges\": []\n}\n");
        assert_eq!(formatted(&out), out);
    }

    #[test]
    fn every_character_is_read_as_it_was_written() {
        let all = (0..=0x2_ffff).filter_map(char::from_u32).chain(['\u{10ffff}']);
        let blueprint = Blueprint { name: all.collect(), ..Blueprint::default() };
        for language in [Language::Json, Language::Yaml] {
            let out = write(&blueprint, language);
            assert_eq!(read(&out).unwrap().blueprint, blueprint, "{language:?}");
        }
    }

    #[test]
    fn what_would_be_lost_is_named_instead() {
        assert_eq!(lost("name: a # why\ntasks: []\n"), "# why");
        assert_eq!(lost("name: a\ntasks: []\n# the end\n"), "# the end");
        assert_eq!(lost("name: &x a\ntasks: [{name: *x, capability: b}]\n"), "&x");
    }
}
