//! Compiled blueprints by digest: they never change, so they are compiled once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use goalpost_checker::{CompiledBlueprint, compile_stored};
use goalpost_model::{Digest, PayloadLimit};
use goalpost_store::{Error, Store, workflows};

/// Blueprints held at most; beyond, all are forgotten and compiled again when needed.
const CAPACITY: usize = 1_000;

/// Why a digest gives no compiled blueprint.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// It is not stored.
    #[error("no blueprint with this digest is stored")]
    NotFound,
    /// It does not compile.
    #[error("the stored blueprint does not compile: {0}")]
    Invalid(String),
}

pub(crate) struct Blueprints {
    compiled: Mutex<HashMap<Digest, Arc<CompiledBlueprint>>>,
    /// How large inputs and outputs of their workflows may be.
    pub(crate) payload_limit: PayloadLimit,
}

impl Blueprints {
    pub(crate) fn new(payload_limit: PayloadLimit) -> Self {
        Self { compiled: Mutex::default(), payload_limit }
    }

    /// The compiled blueprint with this digest.
    pub(crate) async fn get(
        &self,
        store: &Store,
        digest: Digest,
    ) -> Result<Result<Arc<CompiledBlueprint>, Problem>, Error> {
        if let Some(found) = self.lock().get(&digest) {
            return Ok(Ok(Arc::clone(found)));
        }
        let Some(blueprint) = workflows::blueprint(store, digest).await? else {
            return Ok(Err(Problem::NotFound));
        };
        // A large one takes a while: not on a thread that serves others.
        let compiled = tokio::task::spawn_blocking(move || compile_stored(&blueprint)).await;
        let compiled = compiled.unwrap_or_else(|panic| Err(panic.to_string()));
        Ok(compiled.map(|compiled| self.keep(digest, compiled)).map_err(Problem::Invalid))
    }

    fn keep(&self, digest: Digest, compiled: CompiledBlueprint) -> Arc<CompiledBlueprint> {
        let mut held = self.lock();
        if held.len() >= CAPACITY {
            held.clear();
        }
        Arc::clone(held.entry(digest).or_insert_with(|| Arc::new(compiled)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<CompiledBlueprint>>> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
