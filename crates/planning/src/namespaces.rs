//! Who may use an item of the catalog.

use goalpost_model::Namespace;

/// The namespaces whose goals may use something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces(Option<Vec<Namespace>>);

impl Namespaces {
    /// Reads a list of names; absent: every namespace.
    pub(crate) fn parse(names: Option<Vec<String>>, wrong: &mut Vec<String>) -> Self {
        let Some(names) = names else { return Self(None) };
        if names.is_empty() {
            wrong.push("namespaces is empty, so nobody could use it: name some, or leave it out".into());
        }
        let mut read = |name: &String| {
            let namespace = name.parse::<Namespace>();
            namespace.map_err(|error| wrong.push(format!("namespaces: '{name}' {error}"))).ok()
        };
        Self(Some(names.iter().filter_map(&mut read).collect()))
    }

    /// Whether goals of this namespace may use it.
    pub fn has(&self, namespace: &Namespace) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(namespace))
    }

    /// Their names; `None`: every namespace.
    pub fn names(&self) -> Option<Vec<&str>> {
        self.0.as_ref().map(|names| names.iter().map(Namespace::as_str).collect())
    }
}
