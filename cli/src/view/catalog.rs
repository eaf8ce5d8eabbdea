//! What a catalog has.

use std::collections::BTreeMap;

use comfy_table::{Table, presets::NOTHING};
use goalpost_client::v1::{self, CapabilityFacts};
use goalpost_model::Effect;
use goalpost_planning::{Catalog, Entry, Listed};
use goalpost_proto::{Violations, read_capability};
use serde_json::{Value, json};

use super::shorten;
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
    pub(crate) fn of_entry(entry: &Entry) -> Self {
        let Entry { capability, needs, produces, namespaces } = entry;
        let namespaces = namespaces.names().unwrap_or_default().into_iter().map(str::to_owned).collect();
        Self { capability: capability.clone(), needs: needs.clone(), produces: produces.clone(), namespaces }
    }

    pub(crate) fn of_messages(capability: v1::Capability, facts: CapabilityFacts) -> Result<Self, Failure> {
        let mut violations = Violations::default();
        let capability = read_capability(capability, "capability", &mut violations);
        if !violations.is_empty() {
            return Err(Failure::Input(format!("a capability cannot be read: {violations}")));
        }
        let CapabilityFacts { needs, produces, namespaces } = facts;
        let (needs, produces) = (needs.into_iter().collect(), produces.into_iter().collect());
        Ok(Self { capability, needs, produces, namespaces })
    }

    pub(crate) fn name(&self) -> &str {
        &self.capability.name
    }

    /// As a catalog file has it.
    pub(crate) fn json(&self) -> Value {
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

/// Everything, a line each.
pub(crate) fn table(capabilities: &[Capability], catalog: Option<&Catalog>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["KIND", "NAME", "EFFECT", "NEEDS", "PRODUCES", "DESCRIPTION"]);
    for Capability { capability, needs, produces, .. } in capabilities {
        let effect = match capability.effect {
            Effect::Read => "read",
            Effect::Write => "write",
        };
        let needs: Vec<&str> = needs.values().map(String::as_str).collect();
        let produces: Vec<&str> = produces.keys().map(String::as_str).collect();
        table.add_row([
            "capability",
            &capability.name,
            effect,
            &needs.join(" "),
            &produces.join(" "),
            &shorten(&capability.description, 60),
        ]);
    }
    for Listed { kind, name, description, .. } in catalog.iter().flat_map(|catalog| catalog.listed()) {
        table.add_row([kind, name, "", "", "", &shorten(description, 60)]);
    }
    table
}

/// Everything as JSON.
pub(crate) fn json(capabilities: &[Capability], catalog: Option<&Catalog>) -> Value {
    let capabilities: Vec<Value> = capabilities.iter().map(Capability::json).collect();
    let mut object = json!({"capabilities": capabilities});
    if let Some(catalog) = catalog {
        object["version"] = json!(catalog.version());
        object["methods"] = catalog.listed().map(|one| listed(&one)).collect();
    }
    object
}

/// A template or a method as JSON.
pub(crate) fn listed(listed: &Listed<'_>) -> Value {
    let Listed { kind, name, description, serves, position } = listed;
    json!({"kind": kind, "name": name, "description": description, "serves": serves, "position": position})
}

/// The same for people.
pub(crate) fn details(listed: &Listed<'_>) -> String {
    let Listed { kind, name, description, serves, position } = listed;
    let description = if description.is_empty() { String::new() } else { format!("{description}\n") };
    format!("{kind} {name} ({position})\n{description}serves {serves}\n")
}

/// What was found when a catalog was checked.
pub(crate) fn summary(catalog: Option<&Catalog>, mistakes: usize, warnings: usize) -> String {
    let count =
        |number: usize, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
    let found = format!("{}, {}", count(mistakes, "mistake"), count(warnings, "warning"));
    let Some(catalog) = catalog else { return found };
    let of_kind = |kind: &str| catalog.listed().filter(|listed| listed.kind == kind).count();
    format!(
        "{} capabilities, {}, {}; {found}\nversion {}",
        catalog.entries().len(),
        count(of_kind("template"), "template"),
        count(of_kind("method"), "method"),
        catalog.version()
    )
}
