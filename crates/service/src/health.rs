//! Health: a service serves while every part that it needs is up.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthReporter;
use tonic_health::server::HealthService;

/// The health of one process. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    reporter: HealthReporter,
    services: Arc<[&'static str]>,
    parts: Arc<Mutex<BTreeMap<&'static str, bool>>>,
    /// Set once the process is to end: it does not serve any more, whatever is up.
    ends: Arc<AtomicBool>,
    serving: watch::Sender<bool>,
}

impl Health {
    /// The health of these gRPC services, which serve once all of `parts` are up.
    pub async fn new(services: &[&'static str], parts: &[&'static str]) -> Self {
        let health = Self {
            reporter: HealthReporter::new(),
            services: services.into(),
            parts: Arc::new(Mutex::new(parts.iter().map(|part| (*part, false)).collect())),
            ends: Arc::default(),
            serving: watch::Sender::new(false),
        };
        health.report(parts.is_empty()).await;
        health
    }

    /// A part came up or went away. Logs each change once.
    pub async fn set(&self, part: &'static str, is_up: bool) {
        let serving = {
            let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
            if parts.insert(part, is_up) == Some(is_up) {
                return;
            }
            parts.values().all(|up| *up)
        };
        match is_up {
            true => tracing::info!(part, serving, "connected"),
            false => tracing::warn!(part, "not connected; calls that need it are refused until it is back"),
        }
        self.report(serving).await;
    }

    /// The process is to end: from now on it does not serve.
    pub(crate) async fn drain(&self) {
        self.ends.store(true, Ordering::Relaxed);
        self.report(false).await;
    }

    /// Lets those go who watch the health, once there is nothing more to say.
    pub(crate) async fn end(&self) {
        for service in self.services.iter().copied().chain([""]) {
            self.reporter.clone().clear_service_status(service).await;
        }
    }

    /// Returns when every part is up.
    pub async fn serving(&self) {
        let mut serving = self.serving.subscribe();
        // The sender lives as long as this.
        let _ = serving.wait_for(|serving| *serving).await;
    }

    /// The gRPC health service.
    pub(crate) fn service(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }

    async fn report(&self, serving: bool) {
        let serving = serving && !self.ends.load(Ordering::Relaxed);
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for service in self.services.iter().copied().chain([""]) {
            self.reporter.set_service_status(service, status).await;
        }
        self.serving.send_replace(serving);
    }
}
