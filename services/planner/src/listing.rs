//! What the catalog has, page by page.

use std::collections::BTreeMap;

use goalpost_planning::{Catalog, Entry, Listed, Namespaces};
use goalpost_proto::v1::{CapabilityFacts, CatalogMethod, ListCapabilitiesResponse};
use goalpost_proto::{Violations, capability_from_model};
use prost::Message as _;

use crate::requests::{After, Page, unknown_page};

/// Bytes of one page at most, unless a single item is larger: clients take 4 MiB.
const MAX_PAGE_BYTES: usize = 2 << 20;

/// A page of what the catalog has. The error: the page begins behind what is not there.
pub(crate) fn listed(catalog: &Catalog, page: &Page) -> Result<ListCapabilitiesResponse, Violations> {
    let catalog_version = catalog.version().to_string();
    let mut answer = ListCapabilitiesResponse { catalog_version, ..ListCapabilitiesResponse::default() };
    let mut room = Room::on(page);
    let first_method = match &page.after {
        After::Capability(after) => {
            for entry in catalog.entries().filter(|entry| entry.capability.name > *after) {
                let (message, facts) = (capability_from_model(&entry.capability), facts(entry));
                if !room.take(message.encoded_len() + facts.encoded_len()) {
                    answer.next_page_token = behind(&answer);
                    return Ok(answer);
                }
                answer.capabilities.push(message);
                answer.facts.push(facts);
            }
            0
        }
        After::Method(after) => {
            let place = catalog.listed().position(|listed| listed.name == after);
            let place = place.ok_or_else(|| {
                let mut violations = Violations::default();
                unknown_page(&mut violations);
                violations
            })?;
            place + 1
        }
    };
    for method in catalog.listed().skip(first_method).map(method) {
        if !room.take(method.encoded_len()) {
            answer.next_page_token = behind(&answer);
            break;
        }
        answer.methods.push(method);
    }
    Ok(answer)
}

/// The token of the page behind this one.
fn behind(ListCapabilitiesResponse { capabilities, methods, .. }: &ListCapabilitiesResponse) -> String {
    let capability = capabilities.last().map(|last| After::Capability(last.name.clone()));
    let method = methods.last().map(|last| After::Method(last.name.clone()));
    method.or(capability).map(After::token).unwrap_or_default()
}

/// What a page can still take.
struct Room {
    items: usize,
    bytes: usize,
    is_empty: bool,
}

impl Room {
    fn on(page: &Page) -> Self {
        Self { items: page.size, bytes: MAX_PAGE_BYTES, is_empty: true }
    }

    /// Whether an item of this size has a place, which it takes then. The first one always has.
    fn take(&mut self, bytes: usize) -> bool {
        let has_place = self.is_empty || (self.items > 0 && bytes <= self.bytes);
        self.items = self.items.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        self.is_empty = false;
        has_place
    }
}

fn method(
    Listed { is_template, name, description, patterns, goal_type, namespaces, position: _ }: Listed<'_>,
) -> CatalogMethod {
    CatalogMethod {
        name: name.to_owned(),
        description: description.to_owned(),
        is_template,
        patterns: patterns.into_iter().map(str::to_owned).collect(),
        goal_type: goal_type.unwrap_or_default().to_owned(),
        namespaces: names(namespaces),
    }
}

fn facts(Entry { capability: _, needs, produces, namespaces }: &Entry) -> CapabilityFacts {
    let pairs = |map: &BTreeMap<String, String>| map.clone().into_iter().collect();
    CapabilityFacts { needs: pairs(needs), produces: pairs(produces), namespaces: names(namespaces) }
}

/// Empty: every one.
fn names(namespaces: &Namespaces) -> Vec<String> {
    namespaces.names().unwrap_or_default().into_iter().map(str::to_owned).collect()
}
