//! Putting a worker together.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::transport::Endpoint;

use crate::handler::{Handler, handler};
use crate::{Attempt, Error, Failure, Worker};

/// A connection on which nothing was heard for this long is asked for a sign of life.
const KEEPALIVE: Duration = Duration::from_secs(20);
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const WINDOW: u32 = 16 << 20;

/// A worker to be.
pub struct Builder {
    endpoint: String,
    name: String,
    max_concurrency: u32,
    drain_limit: Duration,
    handlers: BTreeMap<String, Handler>,
}

impl Builder {
    pub(crate) fn new(endpoint: String) -> Self {
        Self {
            endpoint,
            name: default_name(),
            max_concurrency: 10,
            drain_limit: Duration::from_secs(30),
            handlers: BTreeMap::new(),
        }
    }

    /// A name for people; by default the host's.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How many attempts run at once: 1 to 10,000; by default 10.
    #[must_use]
    pub fn max_concurrency(mut self, attempts: u32) -> Self {
        self.max_concurrency = attempts;
        self
    }

    /// How long running attempts may go on once the worker is to stop; by default 30 s.
    #[must_use]
    pub fn drain_limit(mut self, limit: Duration) -> Self {
        self.drain_limit = limit;
        self
    }

    /// Offers a capability: an async function from typed input to typed output. Its error is
    /// the attempt's failure; a panic is the failure `WORKER_PANIC`.
    #[must_use]
    pub fn capability<I, O, F>(
        mut self,
        name: impl Into<String>,
        function: impl Fn(Attempt, I) -> F + Send + Sync + 'static,
    ) -> Self
    where
        I: DeserializeOwned,
        O: Serialize,
        F: Future<Output = Result<O, Failure>> + Send + 'static,
    {
        self.handlers.insert(name.into(), handler(function));
        self
    }

    /// The worker. Does not connect yet.
    pub fn build(self) -> Result<Worker, Error> {
        let Self { endpoint, name, max_concurrency, drain_limit, handlers } = self;
        if handlers.is_empty() {
            return Err(Error::NoCapability);
        }
        let address = Endpoint::from_shared(endpoint.clone()).map_err(|_| Error::Endpoint(endpoint))?;
        let endpoint = address
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW);
        Ok(Worker::new(endpoint, name, max_concurrency, drain_limit, handlers))
    }
}

fn default_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    if host.is_empty() { "worker".to_owned() } else { host.to_owned() }
}
