//! What the parts of the engine's process share.

use std::sync::Arc;
use std::time::Duration;

use goalpost_model::EngineId;
use goalpost_queue::Queue;
use goalpost_store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::engine::{Blueprints, Engine};
use crate::workers::{Offered, Sessions};

/// Handles to everything. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) id: EngineId,
    pub(crate) store: Store,
    pub(crate) queue: Queue,
    pub(crate) engine: Engine,
    pub(crate) blueprints: Arc<Blueprints>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) offered: Arc<Offered>,
    /// How long a worker may be away before its attempts are lost.
    pub(crate) worker_grace: Duration,
    /// Cancelled once the engine is registered: what it gives out is watched over.
    pub(crate) registered: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}
