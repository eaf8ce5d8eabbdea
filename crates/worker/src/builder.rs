//! Putting a worker together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use goalpost_peers::{Addresses, Credentials, InvalidAddress};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::handler::{Handler, handler};
use crate::secrets::{Sources, guarded};
use crate::worker::Offer;
use crate::{Attempt, Error, Failure, SecretSource, Worker};

/// A worker to be.
pub struct Builder {
    engines: Vec<String>,
    credentials: Credentials,
    name: String,
    max_concurrency: u32,
    drain_limit: Duration,
    handlers: BTreeMap<String, Wanted>,
    secrets: Sources,
}

/// A handler, and what it asks for.
struct Wanted {
    handler: Handler,
    sees_secrets: bool,
}

impl Builder {
    pub(crate) fn new(engine: String) -> Self {
        Self {
            engines: vec![engine],
            credentials: Credentials::default(),
            name: default_name(),
            max_concurrency: 10,
            drain_limit: Duration::from_secs(30),
            handlers: BTreeMap::new(),
            secrets: Vec::new(),
        }
    }

    /// Another engine, or several with commas between them. The worker begins with any of them, and
    /// goes to the next one when it loses its own.
    #[must_use]
    pub fn engine(mut self, endpoint: impl Into<String>) -> Self {
        self.engines.push(endpoint.into());
        self
    }

    /// What the worker shows engines: a key with the role `worker`, and how it connects to `https` addresses.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
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
        self.handlers.insert(name.into(), Wanted { handler: handler(function), sees_secrets: false });
        self
    }

    /// The same with secrets: a text of the input that is a reference to one comes as the secret itself; take
    /// it as a [`Secret`](crate::Secret), which does not print. Where its value is in the output or the failure
    /// there is the reference again, so a secret never comes into a history. Whoever writes a goal writes the
    /// references: offer no capability in this way that would send its input wherever a goal wants.
    #[must_use]
    pub fn capability_with_secrets<I, O, F>(
        mut self,
        name: impl Into<String>,
        function: impl Fn(Attempt, I) -> F + Send + Sync + 'static,
    ) -> Self
    where
        I: DeserializeOwned,
        O: Serialize,
        F: Future<Output = Result<O, Failure>> + Send + 'static,
    {
        self.handlers.insert(name.into(), Wanted { handler: handler(function), sees_secrets: true });
        self
    }

    /// Where secrets come from. Of several sources the first that has a secret gives it.
    #[must_use]
    pub fn secrets(mut self, source: impl SecretSource + 'static) -> Self {
        self.secrets.push(Box::new(source));
        self
    }

    /// The worker. Does not connect yet.
    pub fn build(self) -> Result<Worker, Error> {
        let Self { engines, credentials, name, max_concurrency, drain_limit, handlers, secrets } = self;
        if handlers.is_empty() {
            return Err(Error::NoCapability);
        }
        let without = handlers.iter().find(|(_, wanted)| wanted.sees_secrets && secrets.is_empty());
        if let Some((capability, _)) = without {
            return Err(Error::NoSecrets(capability.clone()));
        }
        let secrets = Arc::new(secrets);
        let handlers = handlers.into_iter().map(|(name, Wanted { handler, sees_secrets })| {
            (name, if sees_secrets { guarded(handler, Arc::clone(&secrets)) } else { handler })
        });
        let handlers = handlers.collect();
        let engines = engines.join(",").parse::<Addresses>();
        let engines = engines.map_err(|InvalidAddress(text)| Error::Endpoint(text))?;
        Ok(Worker::new(engines, credentials, Offer { name, max_concurrency, handlers }, drain_limit))
    }
}

fn default_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    if host.is_empty() { "worker".to_owned() } else { host.to_owned() }
}
