//! From the texts of the files to a catalog; notes everything that is wrong with them on the way.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use goalpost_checker::{CapabilitySource, builtin};
use goalpost_model::{Capability, Digest, Effect, Finding, Severity};
use serde_json::Value;

use crate::catalog::Source;
use crate::entry::{self, Entry};
use crate::method::{Method, Step, Work};
use crate::mistake::{Mistake, Mistakes, Place};
use crate::yaml::{self, Item};
use crate::{fit, parse, sample, version};

/// What the files have.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) entries: BTreeMap<String, Entry>,
    /// In the order in which they are tried.
    pub(crate) methods: Vec<Method>,
    pub(crate) version: Digest,
    pub(crate) warnings: Vec<Mistake>,
}

impl Default for Read {
    fn default() -> Self {
        let (entries, methods, warnings) = Default::default();
        Self { entries, methods, version: version::of(&[], &[]), warnings }
    }
}

/// Reads the files as one catalog.
pub(crate) fn read(sources: &[Source<'_>]) -> Result<Read, Mistakes> {
    let mut mistakes = Vec::new();
    let (mut capabilities, mut templates, mut methods) = (Vec::new(), Vec::new(), Vec::new());
    // So it does not matter in which order they are given.
    let mut in_order: Vec<&Source<'_>> = sources.iter().collect();
    in_order.sort_by_key(|source| source.name);
    for source in in_order {
        match yaml::read(source) {
            Ok(items) => {
                capabilities.extend(items.capabilities);
                templates.extend(items.templates);
                methods.extend(items.methods);
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    // A file that cannot be read may hold what the others name.
    let is_whole = mistakes.is_empty();
    let mut reader = Reader { mistakes, is_whole, ..Reader::default() };
    reader.take_capabilities(&capabilities);
    let items: Vec<Item> = templates.into_iter().chain(methods).collect();
    reader.take_methods(&items);
    if !reader.mistakes.is_empty() {
        reader.mistakes.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        return Err(Mistakes(reader.mistakes));
    }
    let mut methods: Vec<(Method, &Item)> = reader.methods.into_iter().zip(&items).collect();
    methods.sort_by_key(|(method, _)| (method.kind, Reverse(method.priority)));
    let (methods, in_order): (Vec<Method>, Vec<&Item>) = methods.into_iter().unzip();
    let version = version::of(&capabilities, &in_order);
    Ok(Read { entries: reader.entries, methods, version, warnings: reader.warnings })
}

#[derive(Default)]
struct Reader {
    entries: BTreeMap<String, Entry>,
    methods: Vec<Method>,
    /// Whether every file could be read.
    is_whole: bool,
    mistakes: Vec<Mistake>,
    warnings: Vec<Mistake>,
}

impl Reader {
    fn take_capabilities(&mut self, items: &[Item]) {
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        for Item { place, value, .. } in items {
            let mut wrong = Vec::new();
            if let Some(entry) = entry::read(value.clone(), &mut wrong) {
                let capability = &entry.capability;
                wrong.extend(name_mistake(&capability.name));
                wrong.extend(schema_mistakes(capability));
                wrong.extend(places.get(&capability.name).map(duplicate));
                if wrong.is_empty() {
                    wrong.extend(fit::mistakes(&entry));
                    let warnings = fit::warnings(&entry);
                    self.warnings.extend(warnings.into_iter().map(|message| place.mistake(message)));
                }
                places.entry(capability.name.clone()).or_insert_with(|| place.clone());
                self.entries.entry(capability.name.clone()).or_insert(entry);
            }
            self.mistakes.extend(wrong.into_iter().map(|message| place.mistake(message)));
        }
        if self.mistakes.is_empty() {
            let unfit = fit::between(&self.entries);
            let placed = |(name, message): (String, String)| Some(places.get(&name)?.mistake(message));
            self.mistakes.extend(unfit.into_iter().filter_map(placed));
        }
    }

    fn take_methods(&mut self, items: &[Item]) {
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        for item in items {
            let place = &item.place;
            let before = self.mistakes.len();
            let Some(method) = parse::method(item.clone(), &mut self.mistakes) else { continue };
            let is_readable = self.mistakes.len() == before;
            let mut wrong: Vec<String> = name_mistake(&method.name).into_iter().collect();
            wrong.extend(places.get(&method.name).map(duplicate));
            places.entry(method.name.clone()).or_insert_with(|| place.clone());
            if self.is_whole && is_readable {
                let (errors, warnings) = self.findings(&method);
                wrong.extend(errors);
                self.warnings.extend(warnings.into_iter().map(|message| place.mistake(message)));
            } else if self.is_whole {
                wrong.extend(self.unknown_capabilities(&method));
            }
            wrong.extend(self.writing_fallbacks(&method));
            self.mistakes.extend(wrong.into_iter().map(|message| place.mistake(message)));
            self.methods.push(method);
        }
        if self.is_whole {
            let unserved = self.unserved_types();
            self.mistakes.extend(unserved);
        }
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
            let of_fallback = step.fallback.as_ref().map(|fallback| fallback.capability.clone());
            own.into_iter()
                .chain(of_undo)
                .chain(of_fallback)
                .map(|name| (step.name.clone(), name))
                .collect::<Vec<_>>()
        };
        let is_known = |name: &String| self.entries.contains_key(name) || builtin::has(name);
        let unknown = method.graph.all_steps().flat_map(named).filter(|(_, name)| !is_known(name));
        unknown.map(|(step, name)| format!("task {step}: capability '{name}' is in no catalog")).collect()
    }

    /// Fallbacks of what writes, and fallbacks that write: what has failed may have done its work all the same, and
    /// another way must not follow it unseen.
    fn writing_fallbacks(&self, method: &Method) -> Vec<String> {
        let writes = |name: &String| {
            self.entries.get(name).is_some_and(|entry| entry.capability.effect == Effect::Write)
        };
        let mut wrong = Vec::new();
        for step in method.graph.all_steps() {
            let (Some(fallback), task) = (&step.fallback, &step.name) else { continue };
            if let Work::Capability(own) = &step.work
                && writes(own)
            {
                wrong.push(format!(
                    "task {task}: {own} writes, and may have done so before it failed, so it cannot have a fallback: draw an edge on: failure to what is to follow (or give {own} effect: read, if it only looks)"
                ));
            }
            if writes(&fallback.capability) {
                wrong.push(format!(
                    "task {task}: its fallback {0} writes, and would do so unseen: draw an edge on: failure to a task with it (or give {0} effect: read, if it only looks)",
                    fallback.capability
                ));
            }
        }
        wrong
    }

    /// Nested goal types that nothing serves.
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

impl CapabilitySource for Reader {
    fn capability(&self, name: &str) -> Option<&Capability> {
        self.entries.get(name).map(|entry| &entry.capability)
    }

    fn names(&self) -> Vec<&str> {
        self.entries.keys().map(String::as_str).collect()
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
