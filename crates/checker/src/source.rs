//! Where capabilities come from.

use std::collections::BTreeMap;

use goalpost_model::Capability;

/// A catalog, as far as the checker needs to know one.
pub trait CapabilitySource {
    /// The capability of this name.
    fn capability(&self, name: &str) -> Option<&Capability>;
    /// The names of all of them, to suggest one for a name that is unknown.
    fn names(&self) -> Vec<&str>;
}

impl CapabilitySource for [Capability] {
    fn capability(&self, name: &str) -> Option<&Capability> {
        self.iter().find(|capability| capability.name == name)
    }

    fn names(&self) -> Vec<&str> {
        self.iter().map(|capability| capability.name.as_str()).collect()
    }
}

impl CapabilitySource for Vec<Capability> {
    fn capability(&self, name: &str) -> Option<&Capability> {
        self.as_slice().capability(name)
    }

    fn names(&self) -> Vec<&str> {
        self.as_slice().names()
    }
}

impl CapabilitySource for BTreeMap<String, Capability> {
    fn capability(&self, name: &str) -> Option<&Capability> {
        self.get(name)
    }

    fn names(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }
}
