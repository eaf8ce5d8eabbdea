//! From secrets back to references.

use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use goalpost_model::Failure;
use serde_json::{Map, Value};

use super::resolve::Secrets;

/// Puts references in the places of secrets, wherever in a text they are. A secret is recognised as it is, as
/// the inside of a JSON string, and as Rust shows it in quotes; not otherwise encoded, and not as a number.
pub(crate) struct Redactor {
    finder: AhoCorasick,
    /// The reference of each pattern.
    references: Vec<String>,
    /// Bytes of the longest pattern.
    longest: usize,
}

/// Bytes that come one after the other. A secret may begin in some and end in the next.
pub(crate) struct Redacting {
    redactor: Arc<Redactor>,
    /// What may still be the beginning of a secret.
    rest: Vec<u8>,
}

impl Redactor {
    pub(super) fn new(secrets: &Secrets) -> Result<Self, Failure> {
        let (mut forms, mut references) = (Vec::new(), Vec::new());
        for (reference, secret) in secrets {
            for form in forms_of(secret.reveal()) {
                forms.push(form);
                references.push(reference.clone());
            }
        }
        let longest = forms.iter().map(String::len).max().unwrap_or_default();
        // Of secrets that begin alike the longest one is found.
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(forms);
        let finder = finder.map_err(|_| {
            Failure::new(Failure::SECRET_INVALID, "the secrets of the input are too large together")
        })?;
        Ok(Self { finder, references, longest })
    }

    pub(super) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => Value::Object(self.fields(fields)),
            other => other,
        }
    }

    pub(super) fn failure(&self, failure: &Failure) -> Failure {
        Failure::new(self.text(&failure.kind), self.text(&failure.message))
    }

    /// The same for bytes that are all there.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.finder.replace_all_bytes(bytes, &self.references)
    }

    /// The same for bytes that come one after the other.
    pub(crate) fn stream(self: Arc<Self>) -> Redacting {
        Redacting { redactor: self, rest: Vec::new() }
    }

    fn fields(&self, fields: Map<String, Value>) -> Map<String, Value> {
        fields.into_iter().map(|(name, value)| (self.text(&name), self.value(value))).collect()
    }

    fn text(&self, text: &str) -> String {
        self.finder.replace_all(text, &self.references)
    }
}

impl Redacting {
    /// What can be said of these bytes and those before: everything, if they are the last.
    pub(crate) fn next(&mut self, bytes: &[u8], is_last: bool) -> Vec<u8> {
        let Redactor { finder, references, longest } = &*self.redactor;
        self.rest.extend_from_slice(bytes);
        // A secret that begins before this ends within what is there.
        let sure = if is_last { self.rest.len() } else { (self.rest.len() + 1).saturating_sub(*longest) };
        let (mut redacted, mut done) = (Vec::with_capacity(sure), 0);
        for found in finder.find_iter(&self.rest).take_while(|found| found.start() < sure) {
            redacted.extend_from_slice(&self.rest[done..found.start()]);
            redacted.extend_from_slice(references[found.pattern()].as_bytes());
            done = found.end();
        }
        let end = sure.max(done).min(self.rest.len());
        redacted.extend_from_slice(&self.rest[done..end]);
        self.rest.drain(..end);
        redacted
    }
}

fn forms_of(secret: &str) -> Vec<String> {
    let quoted = [Value::from(secret).to_string(), format!("{secret:?}")];
    let inside = quoted.iter().map(|text| text[1..text.len() - 1].to_owned());
    let mut forms: Vec<String> = std::iter::once(secret.to_owned()).chain(inside).collect();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use goalpost_model::Secret;
    use serde_json::json;

    use super::*;

    fn redactor(secrets: &[(&str, &str)]) -> Redactor {
        let secrets = secrets
            .iter()
            .map(|(reference, secret)| ((*reference).to_owned(), Secret::from((*secret).to_owned())));
        Redactor::new(&secrets.collect()).unwrap()
    }

    #[test]
    fn a_secret_becomes_its_reference_wherever_it_is() {
        let redactor = redactor(&[("secret://env/A", "hunter2")]);
        let output =
            json!({"hunter2": ["Bearer hunter2", {"x": "hunter2hunter2"}], "n": 1, "other": "hunter"});
        let redacted = json!({
            "secret://env/A": ["Bearer secret://env/A", {"x": "secret://env/Asecret://env/A"}], "n": 1, "other": "hunter",
        });
        assert_eq!(redactor.value(output), redacted);
        let failure = redactor.failure(&Failure::new("HUNTER_hunter2", "no hunter2"));
        assert_eq!(failure, Failure::new("HUNTER_secret://env/A", "no secret://env/A"));
    }

    #[test]
    fn of_secrets_that_begin_alike_the_longest_is_found_and_no_reference_is_taken_for_a_secret() {
        let redactor = redactor(&[("secret://env/A", "secret"), ("secret://env/B", "secretive")]);
        assert_eq!(redactor.text("secretive secret"), "secret://env/B secret://env/A");
    }

    #[test]
    fn quoted_forms_are_found_too() {
        let key = "-----BEGIN\n\"key\"\u{7}é\u{200b}\\";
        let redactor = redactor(&[("secret://file/key", key)]);
        let quoted = serde_json::to_string(&json!({"text": key})).unwrap();
        assert_eq!(redactor.text(&quoted), r#"{"text":"secret://file/key"}"#);
        assert_eq!(redactor.text(&format!("{key:?}")), r#""secret://file/key""#);
    }

    #[test]
    fn a_secret_is_found_however_its_bytes_come() {
        let redactor =
            Arc::new(redactor(&[("secret://env/A", "hunter2"), ("secret://env/B", "hunter2hunter3")]));
        let text = b"hunter2 hunter2hunter3hunterhunter2 \xff hunte";
        let whole = redactor.bytes(text);
        assert!(!whole.windows(7).any(|window| window == b"hunter2"));
        for size in 1..text.len() {
            let (mut redacting, mut redacted) = (Arc::clone(&redactor).stream(), Vec::new());
            let parts: Vec<&[u8]> = text.chunks(size).collect();
            for (place, part) in parts.iter().enumerate() {
                redacted.extend(redacting.next(part, place + 1 == parts.len()));
            }
            assert_eq!(redacted, whole, "in parts of {size}");
        }
    }

    #[test]
    fn without_secrets_everything_stays_as_it_is() {
        let value = json!({"a": ["b", null]});
        assert_eq!(redactor(&[]).value(value.clone()), value);
    }
}
