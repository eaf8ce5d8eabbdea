//! A workflow out of what is stored of it and of its blueprints.

use std::collections::HashMap;
use std::sync::Arc;

use goalpost_checker::CompiledBlueprint;
use goalpost_model::Digest;
use goalpost_store::workflows::StoredWorkflow;
use goalpost_store::{Error, Store};

use crate::engine::blueprints::Blueprints;
use crate::engine::live::Live;

/// Compiled blueprints by their digests.
type Graphs = HashMap<Digest, Arc<CompiledBlueprint>>;

impl Blueprints {
    /// The workflow of these rows, or why they cannot be read.
    pub(crate) async fn restore(
        &self,
        store: &Store,
        row: StoredWorkflow,
        round: u64,
    ) -> Result<Result<Live, String>, Error> {
        let planned = match self.planned(store, &row).await? {
            Ok(planned) => planned,
            Err(problem) => return Ok(Err(problem)),
        };
        let digest = row.blueprint_digest;
        Ok(match self.get(store, digest).await? {
            Ok(blueprint) => Live::restore(blueprint, &planned, row, round).map(|mut live| {
                live.core.payload_limit = self.payload_limit;
                live
            }),
            Err(problem) => Err(format!("workflow {}: blueprint {digest}: {problem}", row.id)),
        })
    }

    /// The graphs that came up while it ran, as far as the row's tasks name them.
    async fn planned(&self, store: &Store, row: &StoredWorkflow) -> Result<Result<Graphs, String>, Error> {
        let mut planned = HashMap::new();
        for digest in row.tasks.iter().filter_map(|task| task.body_digest) {
            match self.get(store, digest).await? {
                Ok(blueprint) => drop(planned.insert(digest, blueprint)),
                Err(problem) => {
                    return Ok(Err(format!("workflow {}: blueprint {digest}: {problem}", row.id)));
                }
            }
        }
        Ok(Ok(planned))
    }
}
