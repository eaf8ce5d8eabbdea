//! What can be done, and how goals are reached with it.

use std::collections::BTreeMap;

use goalpost_checker::CapabilitySource;
use goalpost_model::{Capability, Digest, Namespace};

use crate::entry::Entry;
use crate::goal::GoalRequest;
use crate::index::Index;
use crate::method::{Kind, Method};
use crate::mistake::{Mistake, Mistakes};
use crate::namespaces::Namespaces;
use crate::reading::{self, Read};

/// The text of one catalog file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// How mistakes name it, usually its path.
    pub name: &'a str,
    /// YAML; see `docs/catalog.md`.
    pub text: &'a str,
}

/// Capabilities, and the templates and methods that reach goals with them. Read once, never changed.
#[derive(Debug)]
pub struct Catalog {
    entries: BTreeMap<String, Entry>,
    methods: Vec<Method>,
    index: Index,
    version: Digest,
    warnings: Vec<Mistake>,
}

/// A template or a method, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// Whether it is a template.
    pub is_template: bool,
    /// Its name.
    pub name: &'a str,
    /// One line for people.
    pub description: &'a str,
    /// The sentences that it serves.
    pub patterns: Vec<&'a str>,
    /// The structured goal type that it serves.
    pub goal_type: Option<&'a str>,
    /// Whose goals may use it.
    pub namespaces: &'a Namespaces,
    /// Where it stands: `file:line`.
    pub position: String,
}

impl Catalog {
    /// Reads the files as one catalog, in the order of their names. The error has everything that is wrong with them.
    pub fn parse(sources: &[Source<'_>]) -> Result<Self, Mistakes> {
        let Read { entries, methods, version, warnings } = reading::read(sources)?;
        Ok(Self { index: Index::of(&entries, &methods), entries, methods, version, warnings })
    }

    /// The capabilities, by name.
    pub fn capabilities(&self) -> impl ExactSizeIterator<Item = &Capability> {
        self.entries.values().map(|entry| &entry.capability)
    }

    /// The capabilities with what only planning needs to know of them, by name.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.values()
    }

    /// The templates and methods, in the order in which they are tried.
    pub fn listed(&self) -> impl ExactSizeIterator<Item = Listed<'_>> {
        self.methods.iter().map(|method| Listed {
            is_template: method.kind == Kind::Template,
            name: &method.name,
            description: &method.description,
            patterns: method.patterns.iter().map(|pattern| pattern.source.as_str()).collect(),
            goal_type: method.goal_type.as_deref(),
            namespaces: &method.namespaces,
            position: method.place.position(),
        })
    }

    /// How many methods there are, those that are templates included.
    pub fn method_count(&self) -> usize {
        self.methods.len()
    }

    /// The digest of all that counts when a goal is planned: the same version gives the same plans.
    pub fn version(&self) -> Digest {
        self.version
    }

    /// What may not be meant as it is written, but can be used.
    pub fn warnings(&self) -> &[Mistake] {
        &self.warnings
    }

    /// The templates and methods in the order in which they are tried.
    pub(crate) fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// Those that may serve the goal, in that order. The others surely do not.
    pub(crate) fn serving<'a>(&'a self, goal: &GoalRequest) -> impl Iterator<Item = &'a Method> {
        let places = self.index.serving(goal);
        places.into_iter().filter_map(|place| self.methods.get(place))
    }

    /// The capability of this name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The capabilities that goals of a namespace may use.
    pub fn of_namespace<'a>(&'a self, namespace: &'a Namespace) -> InNamespace<'a> {
        InNamespace { catalog: self, namespace }
    }

    /// The capabilities that produce a fact, by name.
    pub(crate) fn producers<'a>(&'a self, fact: &str) -> impl Iterator<Item = &'a Entry> {
        self.index.producers(fact).iter().filter_map(|name| self.entries.get(name))
    }

    /// Whether it has any template.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.methods.iter().any(|method| method.kind == kind)
    }
}

impl Default for Catalog {
    /// That of no file.
    fn default() -> Self {
        let Read { entries, methods, version, warnings } = Read::default();
        Self { index: Index::default(), entries, methods, version, warnings }
    }
}

/// A catalog as goals of one namespace see it.
#[derive(Clone, Copy, Debug)]
pub struct InNamespace<'a> {
    catalog: &'a Catalog,
    namespace: &'a Namespace,
}

impl CapabilitySource for InNamespace<'_> {
    fn capability(&self, name: &str) -> Option<&Capability> {
        let entry = self.catalog.entries.get(name).filter(|entry| entry.namespaces.has(self.namespace));
        entry.map(|entry| &entry.capability)
    }

    fn names(&self) -> Vec<&str> {
        let entries = self.catalog.entries.iter();
        let allowed = entries.filter(|(_, entry)| entry.namespaces.has(self.namespace));
        allowed.map(|(name, _)| name.as_str()).collect()
    }
}

impl CapabilitySource for Catalog {
    fn capability(&self, name: &str) -> Option<&Capability> {
        self.entries.get(name).map(|entry| &entry.capability)
    }

    fn names(&self) -> Vec<&str> {
        self.entries.keys().map(String::as_str).collect()
    }
}
