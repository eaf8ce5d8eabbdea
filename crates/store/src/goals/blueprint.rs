//! Blueprints that goals bring into the store.

use std::collections::BTreeMap;

use goalpost_model::{Blueprint, Digest};

use crate::{Error, Json};

/// A blueprint to be stored, if it is not there yet.
#[derive(Clone, Debug)]
pub struct NewBlueprint {
    /// Digest of its canonical form.
    pub digest: Digest,
    /// The blueprint as JSON.
    pub body: Json,
}

impl NewBlueprint {
    /// A blueprint under its digest.
    pub fn of(blueprint: &Blueprint) -> Self {
        Self { digest: blueprint.digest(), body: Json::of(blueprint) }
    }

    /// The blueprint itself.
    pub fn blueprint(&self) -> Result<Blueprint, Error> {
        self.body.parse("a blueprint")
    }
}

/// Each blueprint once, as columns, in the order of the digests: two writers that store the same
/// ones wait for each other in one order.
pub(crate) fn distinct<'a>(
    blueprints: impl Iterator<Item = &'a NewBlueprint>,
) -> (Vec<&'a [u8]>, Vec<&'a Json>) {
    let distinct: BTreeMap<&[u8], &Json> =
        blueprints.map(|blueprint| (blueprint.digest.0.as_slice(), &blueprint.body)).collect();
    distinct.into_iter().unzip()
}
