//! What a catalog has.

use std::collections::BTreeMap;

use goalpost_client::v1::{self, CapabilityFacts, CatalogMethod, ListCatalogResponse};
use goalpost_model::Effect;
use goalpost_planning::{Catalog, Entry, Listed};
use goalpost_proto::{Violations, read_capability};
use serde_json::{Value, json};

use super::{shorten, table};
use crate::failure::Failure;

/// A capability, from files or from the planner.
pub(crate) struct Capability {
    capability: goalpost_model::Capability,
    needs: BTreeMap<String, String>,
    produces: BTreeMap<String, String>,
    /// Empty: every one.
    namespaces: Vec<String>,
}

impl Capability {
    fn of_entry(entry: &Entry) -> Self {
        let Entry { capability, needs, produces, namespaces } = entry;
        let namespaces = namespaces.names().unwrap_or_default().into_iter().map(str::to_owned).collect();
        Self { capability: capability.clone(), needs: needs.clone(), produces: produces.clone(), namespaces }
    }

    fn of_messages(capability: v1::Capability, facts: CapabilityFacts) -> Result<Self, Failure> {
        let mut violations = Violations::default();
        let capability = read_capability(capability, "capability", &mut violations);
        if !violations.is_empty() {
            return Err(Failure::Input(format!("a capability cannot be read: {violations}")));
        }
        let CapabilityFacts { needs, produces, namespaces } = facts;
        let (needs, produces) = (needs.into_iter().collect(), produces.into_iter().collect());
        Ok(Self { capability, needs, produces, namespaces })
    }

    /// As a catalog file has it.
    fn json(&self) -> Value {
        let Self { capability, needs, produces, namespaces } = self;
        let mut object = json!(capability);
        if !needs.is_empty() {
            object["needs"] = json!(needs);
        }
        if !produces.is_empty() {
            object["produces"] = json!(produces);
        }
        if !namespaces.is_empty() {
            object["namespaces"] = json!(namespaces);
        }
        object
    }
}

/// A template or a method, from files or from the planner.
pub(crate) struct Method {
    kind: &'static str,
    name: String,
    description: String,
    patterns: Vec<String>,
    /// Empty: none.
    goal_type: String,
    /// Empty: every one.
    namespaces: Vec<String>,
    /// `file:line`, if it is from a file.
    position: Option<String>,
}

impl Method {
    fn of_listed(listed: Listed<'_>) -> Self {
        let Listed { is_template, name, description, patterns, goal_type, namespaces, position } = listed;
        let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        Self {
            kind: kind(is_template),
            name: name.to_owned(),
            description: description.to_owned(),
            patterns: owned(patterns),
            goal_type: goal_type.unwrap_or_default().to_owned(),
            namespaces: owned(namespaces.names().unwrap_or_default()),
            position: Some(position),
        }
    }

    fn of_message(method: CatalogMethod) -> Self {
        let CatalogMethod { name, description, is_template, patterns, goal_type, namespaces } = method;
        Self { kind: kind(is_template), name, description, patterns, goal_type, namespaces, position: None }
    }

    /// The goals that it decomposes: its patterns in quotes, then its type.
    fn serves(&self) -> String {
        let patterns = self.patterns.iter().map(|pattern| format!("\"{pattern}\""));
        let of_type = (!self.goal_type.is_empty()).then(|| format!("type {}", self.goal_type));
        patterns.chain(of_type).collect::<Vec<_>>().join(", ")
    }

    fn json(&self) -> Value {
        let Self { kind, name, description, patterns, goal_type, namespaces, position } = self;
        let mut object =
            json!({"kind": kind, "name": name, "description": description, "patterns": patterns});
        if !goal_type.is_empty() {
            object["type"] = json!(goal_type);
        }
        if !namespaces.is_empty() {
            object["namespaces"] = json!(namespaces);
        }
        if let Some(position) = position {
            object["position"] = json!(position);
        }
        object
    }

    fn details(&self) -> String {
        let Self { kind, name, description, namespaces, position, .. } = self;
        let mut text = format!("{kind} {name}");
        if let Some(position) = position {
            text.push_str(&format!(" ({position})"));
        }
        text.push('\n');
        if !description.is_empty() {
            text.push_str(&format!("{description}\n"));
        }
        text.push_str(&format!("serves {}\n", self.serves()));
        if !namespaces.is_empty() {
            text.push_str(&format!("for goals of {}\n", namespaces.join(", ")));
        }
        text
    }
}

fn kind(is_template: bool) -> &'static str {
    if is_template { "template" } else { "method" }
}

/// What a catalog has.
#[derive(Default)]
pub(crate) struct Contents {
    capabilities: Vec<Capability>,
    /// In the order in which they are tried.
    methods: Vec<Method>,
    version: String,
}

impl Contents {
    pub(crate) fn of_files(catalog: &Catalog) -> Self {
        Self {
            capabilities: catalog.entries().map(Capability::of_entry).collect(),
            methods: catalog.listed().map(Method::of_listed).collect(),
            version: catalog.version().to_string(),
        }
    }

    /// Takes a page of the planner's.
    pub(crate) fn add(&mut self, page: ListCatalogResponse) -> Result<(), Failure> {
        let ListCatalogResponse { capabilities, facts, methods, catalog_version, next_page_token: _ } = page;
        for (capability, facts) in capabilities.into_iter().zip(facts) {
            self.capabilities.push(Capability::of_messages(capability, facts)?);
        }
        self.methods.extend(methods.into_iter().map(Method::of_message));
        self.version = catalog_version;
        Ok(())
    }

    /// Everything, a line each.
    pub(crate) fn table(&self) -> String {
        let mut capabilities =
            table(["KIND", "NAME", "EFFECT", "NEEDS", "PRODUCES", "NAMESPACES", "DESCRIPTION"]);
        for Capability { capability, needs, produces, namespaces } in &self.capabilities {
            let effect = match capability.effect {
                Effect::Read => "read",
                Effect::Write => "write",
            };
            let needs: Vec<&str> = needs.values().map(String::as_str).collect();
            let produces: Vec<&str> = produces.keys().map(String::as_str).collect();
            capabilities.add_row([
                "capability",
                &capability.name,
                effect,
                &needs.join(" "),
                &produces.join(" "),
                &namespaces.join(" "),
                &shorten(&capability.description, 60),
            ]);
        }
        let mut methods = table(["KIND", "NAME", "NAMESPACES", "SERVES", "DESCRIPTION"]);
        for method in &self.methods {
            let Method { kind, name, description, namespaces, .. } = method;
            let (serves, description) = (shorten(&method.serves(), 60), shorten(description, 60));
            methods.add_row([*kind, name.as_str(), &namespaces.join(" "), &serves, &description]);
        }
        let tables = [(capabilities, self.capabilities.len()), (methods, self.methods.len())];
        let tables = tables.into_iter().filter(|(_, rows)| *rows > 0);
        tables.map(|(table, _)| super::aligned(&table)).collect::<Vec<_>>().join("\n")
    }

    /// Everything as JSON.
    pub(crate) fn json(&self) -> Value {
        let capabilities: Vec<Value> = self.capabilities.iter().map(Capability::json).collect();
        let methods: Vec<Value> = self.methods.iter().map(Method::json).collect();
        json!({"version": self.version, "capabilities": capabilities, "methods": methods})
    }

    /// The item of this name.
    pub(crate) fn item(&self, name: &str) -> Option<Item<'_>> {
        let capability = self.capabilities.iter().find(|capability| capability.capability.name == name);
        let method = || self.methods.iter().find(|method| method.name == name).map(Item::Method);
        capability.map(Item::Capability).or_else(method)
    }
}

/// An item of a catalog.
pub(crate) enum Item<'a> {
    Capability(&'a Capability),
    Method(&'a Method),
}

impl Item<'_> {
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Capability(capability) => capability.json(),
            Self::Method(method) => method.json(),
        }
    }

    /// For people; a capability is what its schemas say.
    pub(crate) fn details(&self) -> String {
        match self {
            Self::Capability(capability) => format!("{:#}\n", capability.json()),
            Self::Method(method) => method.details(),
        }
    }
}

/// What was found when a catalog was checked.
pub(crate) fn summary(catalog: Option<&Catalog>, mistakes: usize, warnings: usize) -> String {
    let count =
        |number: usize, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
    let found = format!("{}, {}", count(mistakes, "mistake"), count(warnings, "warning"));
    let Some(catalog) = catalog else { return found };
    let templates = catalog.listed().filter(|listed| listed.is_template).count();
    format!(
        "{} capabilities, {}, {}; {found}\nversion {}",
        catalog.entries().len(),
        count(templates, "template"),
        count(catalog.method_count() - templates, "method"),
        catalog.version()
    )
}
