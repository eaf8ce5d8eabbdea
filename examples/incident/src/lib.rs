//! Incident response: everything that `catalogs/incident.yaml` promises, done on a small site of files.
//!
//! ```text
//! looking    reads: alerts, metrics, logs, deployments, dependencies, health
//! diagnosis  decides what the cause may be
//! changing   writes: switches versions, scales, restarts, limits traffic
//! telling    writes: tickets, the channel, the pager
//! ```

pub mod changing;
pub mod diagnosis;
pub mod looking;
mod service;
mod site;
pub mod telling;

use std::pin::Pin;

use goalpost_worker::{Attempt, Builder, Failure};

pub use service::{Point, Release, Service};
pub use site::Site;

/// Offers everything of the catalog for this site.
pub fn offer(builder: Builder, site: &Site) -> Builder {
    builder
        .capability("alerts.get", on_thread(site, looking::alert))
        .capability("metrics.query", on_thread(site, looking::metrics))
        .capability("metrics.recall", on_thread(site, looking::recall))
        .capability("logs.search", on_thread(site, looking::errors))
        .capability("traces.sample", on_thread(site, looking::traces))
        .capability("deploys.list", on_thread(site, looking::deploys))
        .capability("dependencies.status", on_thread(site, looking::dependencies))
        .capability("oncall.find", on_thread(site, looking::on_call))
        .capability("incident.diagnose", on_thread(site, diagnosis::diagnose))
        .capability("incident.describe", on_thread(site, looking::describe))
        .capability("health.verify", on_thread(site, looking::verify))
        .capability("deploys.switch", on_thread(site, changing::switch))
        .capability("service.scale", on_thread(site, changing::scale))
        .capability("service.restart", on_thread(site, changing::restart))
        .capability("traffic.limit", on_thread(site, changing::limit))
        .capability("tickets.open", on_thread(site, telling::open_ticket))
        .capability("tickets.close", on_thread(site, telling::close_ticket))
        .capability("chat.post", on_thread(site, telling::post))
        .capability("pager.page", on_thread(site, telling::page))
}

type Pending<O> = Pin<Box<dyn Future<Output = Result<O, Failure>> + Send>>;

/// The handler, on a thread that may wait for files. What it has begun it ends, even if nobody wants it any more.
fn on_thread<I: Send + 'static, O: Send + 'static>(
    site: &Site,
    handle: fn(&Site, I) -> Result<O, Failure>,
) -> impl Fn(Attempt, I) -> Pending<O> + Send + Sync + 'static {
    let site = site.clone();
    move |_, input| {
        let site = site.clone();
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || handle(&site, input)).await;
            done.unwrap_or_else(|error| Err(Failure::new("SITE", error.to_string())))
        })
    }
}

#[cfg(test)]
mod tests;
