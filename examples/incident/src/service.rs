//! A service of the site: what its file says, and what follows from it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// More errors than this share of the requests, and it is not well.
pub(crate) const MOST_ERRORS: f64 = 0.05;
/// More memory than this, and it is not well.
pub(crate) const MOST_MEMORY_PERCENT: f64 = 90.0;
/// With this much of its traffic, a service does without what it depends on.
const FRUGAL_PERCENT: u32 = 50;

/// A service, as `services/NAME.json` has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Who is on call for it.
    pub on_call: String,
    /// The services that it needs.
    pub depends_on: Vec<String>,
    /// Whether the monitoring sees it. If not, `metrics.query` fails.
    pub monitored: bool,
    /// Requests that come in a second, before any are turned away.
    pub requests_per_second: f64,
    /// Requests that one replica can take in a second.
    pub requests_per_replica: f64,
    /// How many replicas it has.
    pub replicas: u32,
    /// How much of the traffic it is let, 0 to 100.
    pub traffic_percent: u32,
    /// How much of its memory is taken.
    pub memory_percent: f64,
    /// The version that runs; one of `releases`.
    pub running: String,
    /// Since when.
    pub running_since: Timestamp,
    /// Everything that was ever deployed, in order.
    pub releases: Vec<Release>,
    /// Its metrics some minutes ago.
    pub archive: Vec<Point>,
    /// Some requests that took long.
    pub slow_requests: Vec<Value>,
}

/// A version of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Its name.
    pub version: String,
    /// The share of requests that fail while it runs, 0 to 1.
    pub error_rate: f64,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
}

impl Service {
    fn error_rate(&self) -> f64 {
        self.releases.iter().find(|one| one.version == self.running).map_or(0.0, |one| one.error_rate)
    }

    /// What it has to do against what it can: above 1 requests wait.
    fn load(&self) -> f64 {
        let traffic = self.requests_per_second * f64::from(self.traffic_percent) / 100.0;
        traffic / (f64::from(self.replicas.max(1)) * self.requests_per_replica)
    }

    /// What the monitoring says of it now.
    pub(crate) fn metrics(&self) -> Vec<Point> {
        let point = |name: &str, value| Point { name: name.to_owned(), value };
        vec![
            point("error_rate", self.error_rate()),
            point("load", self.load()),
            point("memory_percent", self.memory_percent),
        ]
    }

    /// The version that was deployed before the one that runs.
    pub(crate) fn previous(&self) -> Option<&str> {
        let place = self.releases.iter().position(|release| release.version == self.running)?;
        self.releases.get(place.checked_sub(1)?).map(|release| release.version.as_str())
    }

    /// What ails it, whatever it depends on.
    pub(crate) fn ailments(&self) -> Vec<String> {
        let (errors, load) = (self.error_rate(), self.load());
        let mut ailments = Vec::new();
        if errors > MOST_ERRORS {
            ailments.push(format!("{:.0} % of its requests fail", errors * 100.0));
        }
        if load > 1.0 {
            ailments.push(format!("it has {:.0} % of the load that it can take", load * 100.0));
        }
        if self.memory_percent > MOST_MEMORY_PERCENT {
            ailments.push(format!("{:.0} % of its memory is taken", self.memory_percent));
        }
        ailments
    }

    /// Whether it would miss what it depends on.
    pub(crate) fn needs_dependencies(&self) -> bool {
        self.traffic_percent > FRUGAL_PERCENT
    }
}
