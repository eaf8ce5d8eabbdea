//! What can be done, and how goals are reached with it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use goalpost_checker::{CapabilitySource, builtin};
use goalpost_model::{Capability, Finding, Severity};
use serde_json::Value;

use crate::method::{Method, Step, Work};
use crate::mistake::{Mistake, Mistakes, Place};
use crate::yaml::{self, Item};
use crate::{parse, sample};

/// The text of one catalog file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// How mistakes name it, usually its path.
    pub name: &'a str,
    /// YAML; see `docs/catalog.md`.
    pub text: &'a str,
}

/// Capabilities, and the methods that reach goals with them. Read once, never changed.
#[derive(Debug, Default)]
pub struct Catalog {
    capabilities: BTreeMap<String, Capability>,
    methods: Vec<Method>,
    warnings: Vec<Mistake>,
}

impl Catalog {
    /// Reads the files as one catalog. The error has everything that is wrong with them.
    pub fn parse(sources: &[Source<'_>]) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let mut capabilities = Vec::new();
        let mut methods = Vec::new();
        for source in sources {
            match yaml::read(source) {
                Ok(items) => {
                    capabilities.extend(items.capabilities);
                    methods.extend(items.methods);
                }
                Err(mistake) => mistakes.push(mistake),
            }
        }
        // A file that cannot be read may hold what the others name.
        let is_whole = mistakes.is_empty();
        let mut catalog = Self::default();
        catalog.take_capabilities(capabilities, &mut mistakes);
        catalog.take_methods(methods, is_whole, &mut mistakes);
        if mistakes.is_empty() { Ok(catalog) } else { Err(Mistakes(in_order(mistakes, sources))) }
    }

    /// The capabilities, by name.
    pub fn capabilities(&self) -> impl ExactSizeIterator<Item = &Capability> {
        self.capabilities.values()
    }

    /// How many methods there are.
    pub fn method_count(&self) -> usize {
        self.methods.len()
    }

    /// What may not be meant as it is written, but can be used.
    pub fn warnings(&self) -> &[Mistake] {
        &self.warnings
    }

    /// The methods in the order in which they are tried.
    pub(crate) fn methods(&self) -> &[Method] {
        &self.methods
    }

    fn take_capabilities(&mut self, items: Vec<Item>, mistakes: &mut Vec<Mistake>) {
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        for Item { place, value } in items {
            let mut wrong = Vec::new();
            if let Some(capability) = parse::read::<Capability>(value, &mut wrong) {
                wrong.extend(name_mistake(&capability.name));
                wrong.extend(schema_mistakes(&capability));
                wrong.extend(places.get(&capability.name).map(duplicate));
                places.entry(capability.name.clone()).or_insert_with(|| place.clone());
                self.capabilities.entry(capability.name.clone()).or_insert(capability);
            }
            mistakes.extend(wrong.into_iter().map(|message| place.mistake(message)));
        }
    }

    fn take_methods(&mut self, items: Vec<Item>, is_whole: bool, mistakes: &mut Vec<Mistake>) {
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        for item in items {
            let place = item.place.clone();
            let before = mistakes.len();
            let Some(method) = parse::method(item, mistakes) else { continue };
            let is_readable = mistakes.len() == before;
            let mut wrong: Vec<String> = name_mistake(&method.name).into_iter().collect();
            wrong.extend(places.get(&method.name).map(duplicate));
            places.entry(method.name.clone()).or_insert_with(|| place.clone());
            if is_whole && is_readable {
                let (errors, warnings) = self.findings(&method);
                wrong.extend(errors);
                self.warnings.extend(warnings.into_iter().map(|message| place.mistake(message)));
            } else if is_whole {
                wrong.extend(self.unknown_capabilities(&method));
            }
            mistakes.extend(wrong.into_iter().map(|message| place.mistake(message)));
            self.methods.push(method);
        }
        if is_whole {
            mistakes.extend(self.unserved_types());
        }
        self.methods.sort_by_key(|method| Reverse(method.priority));
    }

    /// What the checker finds in the method: errors, then warnings.
    fn findings(&self, method: &Method) -> (Vec<String>, Vec<String>) {
        let findings = sample::findings(method, self);
        let (errors, warnings): (Vec<Finding>, _) =
            findings.into_iter().partition(|finding| finding.severity == Severity::Error);
        let texts = |findings: Vec<Finding>| findings.iter().map(Finding::to_string).collect();
        (texts(errors), texts(warnings))
    }

    fn unknown_capabilities(&self, method: &Method) -> Vec<String> {
        let named = |step: &Step| {
            let own = match &step.work {
                Work::Capability(name) => Some(name.clone()),
                _ => None,
            };
            let of_undo = step.undo.as_ref().map(|undo| undo.capability.clone());
            own.into_iter().chain(of_undo).map(|name| (step.name.clone(), name)).collect::<Vec<_>>()
        };
        let is_known = |name: &String| self.capabilities.contains_key(name) || builtin::has(name);
        let unknown = method.graph.all_steps().flat_map(named).filter(|(_, name)| !is_known(name));
        unknown.map(|(step, name)| format!("task {step}: capability '{name}' is in no catalog")).collect()
    }

    /// Nested goal types that no method serves.
    fn unserved_types(&self) -> Vec<Mistake> {
        let is_served =
            |name: &String| self.methods.iter().any(|method| method.goal_type.as_ref() == Some(name));
        let of_method = |method: &Method| {
            let unserved = method.graph.all_steps().filter_map(|step| match &step.work {
                Work::GoalType(name) if !is_served(name) => {
                    Some(method.place.mistake(format!("task {}: no method has the type '{name}'", step.name)))
                }
                _ => None,
            });
            unserved.collect::<Vec<_>>()
        };
        self.methods.iter().flat_map(of_method).collect()
    }
}

impl CapabilitySource for Catalog {
    fn capability(&self, name: &str) -> Option<&Capability> {
        self.capabilities.get(name)
    }

    fn names(&self) -> Vec<&str> {
        self.capabilities.keys().map(String::as_str).collect()
    }
}

fn name_mistake(name: &str) -> Option<String> {
    if name.starts_with(builtin::PREFIX) {
        return Some(format!("has a name of the engine's own: {} is reserved", builtin::PREFIX));
    }
    let is_wrong = !parse::is_name(name);
    is_wrong.then(|| {
        "has a wrong name: identifiers joined by dots or dashes, for example weather.fetch; at most 128 bytes".to_owned()
    })
}

/// A schema has to be a mapping, because the API's messages cannot carry another one.
fn schema_mistakes(capability: &Capability) -> Vec<String> {
    let schemas = [("input_schema", &capability.input_schema), ("output_schema", &capability.output_schema)];
    let is_other = |schema: &Option<Value>| schema.as_ref().is_some_and(|schema| !schema.is_object());
    let wrong: Vec<String> = schemas
        .into_iter()
        .filter(|(_, schema)| is_other(schema))
        .map(|(field, _)| format!("{field} has to be a mapping (absent: anything)"))
        .collect();
    if wrong.is_empty() { sample::capability_mistakes(capability) } else { wrong }
}

fn duplicate(first: &Place) -> String {
    format!("is there twice; the first one is at {}", first.position())
}

/// By file, in the order of the sources, then by line.
fn in_order(mut mistakes: Vec<Mistake>, sources: &[Source<'_>]) -> Vec<Mistake> {
    mistakes
        .sort_by_key(|mistake| (sources.iter().position(|source| source.name == mistake.file), mistake.line));
    mistakes
}
