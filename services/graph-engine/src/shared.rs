//! What the parts of the engine's process share.

use std::sync::Arc;
use std::time::Duration;

use goalpost_model::EngineId;
use goalpost_queue::Queue;
use goalpost_service::drain::Drain;
use goalpost_service::lease::Registration;
use goalpost_store::Store;
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
    /// While it is held, what the engine gives out is watched over.
    pub(crate) registration: Registration,
    /// What takes from lists; ends when the engine is to stop.
    pub(crate) takers: TaskTracker,
    /// What serves workers; ends when they have gone.
    pub(crate) streams: TaskTracker,
    pub(crate) drain: Drain,
}
