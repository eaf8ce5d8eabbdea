//! What a plan may lead out to, and which secrets it may name: what the goal's input has, and what the catalog says.
//!
//! The text of a goal does not count. It is the place where words of others come in, and a model that was talked into
//! something gains nothing by it: neither capabilities, which the checker knows, nor endpoints, nor secrets.

use std::collections::{BTreeMap, HashSet};

use goalpost_checker::{CapabilitySource, UNKNOWN, builtin};
use goalpost_model::{Blueprint, Capability, Edge, Finding, SUB_GOAL, SecretReference, Task, all_tasks};
use serde_json::{Map, Value};

use super::code::{ENDPOINT, NOT_FOR_MODELS, SECRET, error};
use super::endpoint::places;
use crate::Sketch;
use crate::goal::shortened;

/// Capabilities of the engine's that would have it plan again, or run what nobody has checked against this.
const NOT_OURS: [&str; 2] = [SUB_GOAL, builtin::EXTENSION];
/// What a schema calls texts that lead out, whatever they look like.
const FORMATS: [&str; 10] = [
    "uri",
    "uri-reference",
    "iri",
    "iri-reference",
    "url",
    "hostname",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "email",
];
const FIX_ENDPOINT: &str = "read it from the goal's input (goal.input.NAME); if the input has none, the goal cannot be reached without one";
const FIX_SECRET: &str = "read the reference from the goal's input (goal.input.NAME), or leave it out";

/// What a plan brings along that neither the goal's input nor the catalog has.
pub(crate) fn findings(
    blueprint: &Blueprint,
    input: &Map<String, Value>,
    capabilities: &dyn CapabilitySource,
) -> Vec<Finding> {
    let brought = Known::brought(input);
    let mut guard = Guard { brought, capabilities, findings: Vec::new() };
    guard.flows("", &blueprint.output, None);
    guard.edges(&blueprint.edges, &blueprint.tasks);
    all_tasks(&blueprint.tasks).for_each(|task| guard.task(task));
    guard.findings
}

/// Tasks that are holes of the plan around.
pub(crate) fn holes(drafted: &Blueprint, sketch: &Sketch) -> Vec<Finding> {
    let holes = all_tasks(&drafted.tasks).filter(|task| sketch.has(&task.capability));
    holes.map(not_for_models).collect()
}

fn not_for_models(task: &Task) -> Finding {
    error(
        NOT_FOR_MODELS,
        &node_of(task),
        "capability",
        format!("'{}' is not for plans of a language model", task.capability),
        "plan what is to be done here, with the other capabilities",
    )
}

fn node_of(task: &Task) -> String {
    format!("task {}", task.name)
}

struct Guard<'a> {
    /// What the goal's input has.
    brought: Known<'a>,
    capabilities: &'a dyn CapabilitySource,
    findings: Vec<Finding>,
}

/// Where a text is, and what a schema says of it there.
#[derive(Clone, Copy)]
struct Place<'a> {
    node: &'a str,
    field: &'a str,
    schema: Option<&'a Value>,
    /// What the capability's schema has.
    offered: &'a Known<'a>,
}

/// What may be used: texts, and where they lead.
struct Known<'a> {
    texts: HashSet<&'a str>,
    places: HashSet<String>,
}

impl<'a> Known<'a> {
    /// What a goal's input has. An endpoint in it is a text of its own: words around one are those of others again.
    fn brought(input: &'a Map<String, Value>) -> Self {
        let mut texts = HashSet::new();
        input.values().for_each(|value| gather(value, &mut texts));
        let is_word = |text: &&&str| !text.contains(char::is_whitespace);
        let places = texts.iter().filter(is_word).flat_map(|text| places(text)).collect();
        Self { texts, places }
    }

    /// What a schema has, wherever in a text.
    fn offered(schema: Option<&'a Value>) -> Self {
        let mut texts = HashSet::new();
        schema.into_iter().for_each(|schema| gather(schema, &mut texts));
        let places = texts.iter().flat_map(|text| places(text)).collect();
        Self { texts, places }
    }
}

/// Every text in a value, the names in it included.
fn gather<'a>(value: &'a Value, texts: &mut HashSet<&'a str>) {
    match value {
        Value::String(text) => drop(texts.insert(text)),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(fields) => {
            for (name, value) in fields {
                texts.insert(name);
                gather(value, texts);
            }
        }
        _ => {}
    }
}

impl<'a> Guard<'a> {
    fn task(&mut self, task: &Task) {
        let node = node_of(task);
        if NOT_OURS.contains(&task.capability.as_str()) {
            self.findings.push(not_for_models(task));
        }
        let capability = self.capabilities.capability(&task.capability);
        self.constants(&node, "input", &task.input, capability);
        self.flows(&node, &task.data_flow, capability);
        if let Some(undo) = &task.compensate_with {
            let capability = self.capabilities.capability(&undo.capability);
            self.constants(&node, "compensate_with.input", &undo.input, capability);
            self.flows(&node, &undo.data_flow, capability);
        }
        if let Some(body) = task.body() {
            self.flows(&node, &body.output, None);
            self.edges(&body.edges, &body.tasks);
        }
    }

    fn edges(&mut self, edges: &[Edge], tasks: &[Task]) {
        for edge in edges {
            let target = tasks.iter().find(|task| task.name == edge.target);
            let capability = target.and_then(|task| self.capabilities.capability(&task.capability));
            self.flows(&format!("edge {} -> {}", edge.source, edge.target), &edge.data_flow, capability);
        }
    }

    fn constants(
        &mut self,
        node: &str,
        field: &str,
        input: &Map<String, Value>,
        capability: Option<&'a Capability>,
    ) {
        let schema = capability.and_then(|capability| capability.input_schema.as_ref());
        let offered = Known::offered(schema);
        for (name, value) in input {
            let field = format!("{field}.{name}");
            let place = Place {
                node,
                field: &field,
                schema: schema.and_then(|schema| property(schema, name)),
                offered: &offered,
            };
            self.value(value, place);
        }
    }

    fn value(&mut self, value: &Value, place: Place<'_>) {
        match value {
            Value::String(text) => {
                let is_clean = self.is_clean(text, place);
                if is_clean && is_outward(place.schema) && !self.has(text, place.offered) {
                    self.endpoint(text, place);
                }
            }
            Value::Array(items) => {
                let schema = place.schema.and_then(|schema| schema.get("items"));
                items.iter().for_each(|item| self.value(item, Place { schema, ..place }));
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.is_clean(name, place);
                    let schema = place.schema.and_then(|schema| property(schema, name));
                    self.value(value, Place { schema, ..place });
                }
            }
            _ => {}
        }
    }

    fn flows(&mut self, node: &str, flows: &BTreeMap<String, String>, capability: Option<&'a Capability>) {
        let whole = capability.and_then(|capability| capability.input_schema.as_ref());
        let offered = Known::offered(whole);
        for (path, expression) in flows {
            let schema = path
                .split('.')
                .try_fold(whole, |schema, step| Some(schema.and_then(|schema| property(schema, step))));
            let field = format!("data_flow.{path}");
            let place = Place { node, field: &field, schema: schema.flatten(), offered: &offered };
            self.expression(expression, place);
        }
    }

    /// Texts can be put together out of pieces, but never cut: what leads out is in one of them, or comes about
    /// where they meet.
    fn expression(&mut self, expression: &str, place: Place<'_>) {
        let texts = goalpost_checker::texts(expression);
        let before = self.findings.len();
        for text in &texts {
            self.is_clean(text, place);
        }
        if self.findings.len() > before || !is_outward(place.schema) {
            return;
        }
        if reads_words_of_goal(expression) {
            self.endpoint(expression, place);
            return;
        }
        // A path after what came from elsewhere leads nowhere else.
        let leads_on =
            |text: &str| text.strip_prefix(UNKNOWN).is_some_and(|path| path.starts_with(['/', '?']));
        if let Some(other) = texts.iter().find(|text| !leads_on(text) && !self.has(text, place.offered)) {
            self.endpoint(other, place);
        }
    }

    /// Whether a text leads nowhere and names no secret that was not brought; notes it if not.
    fn is_clean(&mut self, text: &str, place: Place<'_>) -> bool {
        if text.contains(SecretReference::SCHEME) {
            let is_brought = self.brought.texts.contains(text);
            if !is_brought {
                let message = format!("the secret '{}' is not in the goal's input", told(text));
                self.findings.push(error(SECRET, place.node, place.field, message, FIX_SECRET));
            }
            return is_brought;
        }
        let other = places(text).into_iter().find(|other| !self.leads_to(other, place.offered));
        if let Some(other) = &other {
            self.endpoint(other, place);
        }
        other.is_none()
    }

    fn endpoint(&mut self, what: &str, place: Place<'_>) {
        let message = format!("the endpoint '{}' is not in the goal's input", told(what));
        self.findings.push(error(ENDPOINT, place.node, place.field, message, FIX_ENDPOINT));
    }

    /// Whether a text was brought, or leads where one leads that was.
    fn has(&self, text: &str, offered: &Known<'_>) -> bool {
        let is_same = self.brought.texts.contains(text) || offered.texts.contains(text);
        is_same || places(text).first().is_some_and(|place| self.leads_to(place, offered))
    }

    fn leads_to(&self, place: &str, offered: &Known<'_>) -> bool {
        self.brought.places.contains(place) || offered.places.contains(place)
    }
}

/// Whether an expression reads `goal.text`, however that is written.
fn reads_words_of_goal(expression: &str) -> bool {
    let is_between = |c: char| !c.is_alphanumeric() && c != '_';
    let words: Vec<&str> = expression.split(is_between).filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|pair| pair == ["goal", "text"])
}

/// A text for a message, with a mark for what is not known of it.
fn told(text: &str) -> String {
    shortened(&text.replace(UNKNOWN, "…"))
}

fn property<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

fn is_outward(schema: Option<&Value>) -> bool {
    let format = schema.and_then(|schema| schema.get("format")).and_then(Value::as_str);
    format.is_some_and(|format| FORMATS.contains(&format))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct One(Capability);

    impl CapabilitySource for One {
        fn capability(&self, name: &str) -> Option<&Capability> {
            (name == self.0.name).then_some(&self.0)
        }

        fn names(&self) -> Vec<&str> {
            vec![&self.0.name]
        }
    }

    fn post() -> One {
        One(serde_json::from_value(json!({
            "name": "http.post", "input_schema": {"type": "object", "properties": {
                "url": {"type": "string", "format": "uri", "default": "https://offered.example/v1"},
                "host": {"type": "string", "format": "hostname"}, "body": {},
                "to": {"type": "array", "items": {"type": "string", "format": "email"}},
            }},
        }))
        .unwrap())
    }

    fn found(task: Value) -> Vec<String> {
        let mut task = task;
        task["name"] = "t".into();
        task["capability"] = "http.post".into();
        let blueprint: Blueprint = serde_json::from_value(json!({"name": "p", "tasks": [task]})).unwrap();
        let input = json!({"base": "https://api.example/v1", "token": "secret://env/TOKEN", "host": "h.example", "mail": "a@b.example",
            "alert": "see https://told.example/now"});
        let findings = findings(&blueprint, input.as_object().unwrap(), &post());
        findings.iter().map(|finding| format!("{} {}", finding.code, finding.field)).collect()
    }

    #[test]
    fn what_the_input_or_the_catalog_has_may_be_used() {
        for task in [
            json!({"input": {"url": "https://api.example/v2/items?x=1", "host": "h.example", "to": ["a@b.example"]}}),
            json!({"input": {"url": "https://offered.example/v1"}}),
            json!({"input": {"body": {"token": "secret://env/TOKEN", "text": "see https://API.example/."}}}),
            json!({"data_flow": {"url": "goal.input.base + '/items'", "body": "{'token': 'secret://env/TOKEN'}", "host": "goal.input.host"}}),
            json!({"data_flow": {"url": "'https://api.example' + '/' + goal.input.host"}}),
            json!({"data_flow": {"body": "'https://' + goal.input.host + '/x'"}}),
            json!({"data_flow": {"url": "tasks.t.state == 'SUCCEEDED' ? tasks.t.output.url : goal.input.base"}}),
            json!({"data_flow": {"body": "'12:30 and/or 1/2, a // b: ' + goal.text"}}),
        ] {
            assert_eq!(found(task.clone()), Vec::<String>::new(), "{task}");
        }
    }

    #[test]
    fn what_neither_has_is_found_however_it_is_written() {
        for (task, expected) in [
            (json!({"input": {"url": "https://evil.example"}}), vec!["GP102 input.url"]),
            (json!({"input": {"body": {"deep": ["x", "go to http://10.0.0.1/"]}}}), vec!["GP102 input.body"]),
            (json!({"input": {"body": "https://told.example/now"}}), vec!["GP102 input.body"]),
            (json!({"input": {"host": "evil.example"}}), vec!["GP102 input.host"]),
            (json!({"input": {"to": ["a@b.example", "eve@evil.example"]}}), vec!["GP102 input.to"]),
            (json!({"input": {"body": "secret://env/OTHER"}}), vec!["GP103 input.body"]),
            (json!({"input": {"body": "a secret://env/TOKEN"}}), vec!["GP103 input.body"]),
            (json!({"data_flow": {"body": "'https:' + '//evil.example'"}}), vec!["GP102 data_flow.body"]),
            (json!({"data_flow": {"url": "goal.text"}}), vec!["GP102 data_flow.url"]),
            (json!({"data_flow": {"url": "goal['text']"}}), vec!["GP102 data_flow.url"]),
            (
                json!({"data_flow": {"body": "'h' + 'ttps:/' + '/evil.example'"}}),
                vec!["GP102 data_flow.body"],
            ),
            (json!({"data_flow": {"body": "'\\u0068ttps://evil.example'"}}), vec!["GP102 data_flow.body"]),
            (json!({"data_flow": {"body": "string(b'https://evil.example')"}}), vec!["GP102 data_flow.body"]),
            (
                json!({"data_flow": {"body": "'https://' + goal.input.host + '.evil.example'"}}),
                vec!["GP102 data_flow.body"],
            ),
            (json!({"data_flow": {"body": "'secret:' + '//env/' + 'OTHER'"}}), vec!["GP103 data_flow.body"]),
            (
                json!({"data_flow": {"host": "goal.input.host + '.evil.example'"}}),
                vec!["GP102 data_flow.host"],
            ),
            (
                json!({"data_flow": {"url": "(goal.input.x == 1 ? 'https:' : 'http:') + '//evil.example'"}}),
                vec!["GP102 data_flow.url"],
            ),
            (
                json!({"compensate_with": {"capability": "http.post", "input": {"body": "//evil.example"}}}),
                vec!["GP102 compensate_with.input.body"],
            ),
        ] {
            assert_eq!(found(task.clone()), expected, "{task}");
        }
    }

    #[test]
    fn everything_that_flows_is_looked_at() {
        let evil = "'https://evil.example'";
        let blueprint: Blueprint = serde_json::from_value(json!({
            "name": "p", "output": {"a": evil},
            "tasks": [
                {"name": "t", "capability": "http.post"},
                {"name": "each", "for_each": {"body": {
                    "tasks": [{"name": "u", "capability": "http.post", "data_flow": {"body": evil}}, {"name": "v", "capability": "goalpost.sub_goal"}],
                    "edges": [{"from": "u", "to": "v", "data_flow": {"goal": evil}}],
                    "output": {"b": evil}}}},
            ],
            "edges": [{"from": "t", "to": "each", "data_flow": {"items": evil}}],
        })).unwrap();
        let found = findings(&blueprint, &Map::new(), &post());
        let found: Vec<String> = found
            .iter()
            .map(|finding| format!("{} {} {}", finding.code, finding.node, finding.field))
            .collect();
        let expected = [
            "GP102  data_flow.a",
            "GP102 edge t -> each data_flow.items",
            "GP102 task each data_flow.b",
            "GP102 edge u -> v data_flow.goal",
            "GP102 task u data_flow.body",
            "GP104 task v capability",
        ];
        assert_eq!(found, expected);
    }
}
