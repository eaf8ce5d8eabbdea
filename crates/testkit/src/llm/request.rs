//! A request as it came.

use std::collections::BTreeMap;

use axum::http::request::Parts;
use serde_json::Value;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its path.
    pub path: String,
    /// Its headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body; null if that was no JSON.
    pub body: Value,
}

impl Recorded {
    pub(super) fn new(parts: &Parts, body: &[u8]) -> Self {
        let headers = parts.headers.iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Self {
            path: parts.uri.path().to_owned(),
            headers: headers.collect(),
            body: serde_json::from_slice(body).unwrap_or_default(),
        }
    }

    /// Everything that was said, the instructions included, whatever protocol it came in.
    pub fn text(&self) -> String {
        let system = [&self.body["system"], &self.body["instructions"]].into_iter().filter_map(Value::as_str);
        let said = [&self.body["messages"], &self.body["input"]];
        let said = said.into_iter().filter_map(Value::as_array).flatten();
        let said = said.filter_map(|message| message["content"].as_str());
        system.chain(said).collect::<Vec<_>>().join("\n")
    }

    /// How many messages were said, without the instructions.
    pub fn turns(&self) -> usize {
        let said = [&self.body["messages"], &self.body["input"]];
        let said = said.into_iter().filter_map(Value::as_array).flatten();
        said.filter(|message| message["role"] != "system").count()
    }
}
