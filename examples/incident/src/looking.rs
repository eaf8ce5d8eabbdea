//! What only looks.

use goalpost_worker::Failure;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diagnosis::Diagnosis;
use crate::service::Point;
use crate::site::Site;

/// Errors of a log that are told at most, the last ones.
const MAX_LINES: usize = 100;

/// Which alert.
#[derive(Debug, Deserialize)]
pub struct OfAlert {
    /// Its id.
    pub alert_id: String,
}

/// An alert.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alert {
    /// The service that it is about.
    pub service: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it says.
    pub text: String,
}

/// How bad an alert is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can wait.
    Low,
    /// It cannot wait long.
    High,
    /// Somebody loses something already.
    Critical,
}

/// Which service.
#[derive(Clone, Debug, Deserialize)]
pub struct OfService {
    /// Its name.
    pub service: String,
}

/// Metrics of a service: `error_rate` and `load` as shares, `memory_percent`.
#[derive(Debug, Serialize)]
pub struct Metrics {
    /// One a metric.
    pub points: Vec<Point>,
}

/// Errors that a service has logged.
#[derive(Debug, Serialize)]
pub struct Errors {
    /// The lines, oldest first.
    pub lines: Vec<String>,
}

/// Slow requests of a service.
#[derive(Debug, Serialize)]
pub struct Traces {
    /// The requests.
    pub traces: Vec<Value>,
}

/// What was deployed of a service last.
#[derive(Debug, Serialize, Deserialize)]
pub struct Deploys {
    /// The version that runs.
    pub current: String,
    /// The one that ran before; empty if there was none.
    pub previous: String,
    /// Since when the current one runs.
    pub deployed_at: Timestamp,
}

/// What a service depends on.
#[derive(Debug, Serialize)]
pub struct Dependencies {
    /// Those of them that are down.
    pub down: Vec<String>,
}

/// Who is on call.
#[derive(Debug, Serialize)]
pub struct OnCall {
    /// Their name.
    pub responder: String,
}

/// What a report is made of.
#[derive(Debug, Deserialize)]
pub struct Findings {
    /// What the cause may be.
    pub diagnosis: Diagnosis,
    /// Slow requests.
    pub traces: Vec<Value>,
    /// Who is on call.
    pub responder: String,
}

/// A report for people.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Markdown.
    pub report: String,
}

/// That a service is healthy.
#[derive(Debug, Serialize)]
pub struct Healthy {
    /// When that was seen.
    pub healthy_at: Timestamp,
}

/// `alerts.get`.
pub fn alert(site: &Site, OfAlert { alert_id }: OfAlert) -> Result<Alert, Failure> {
    site.read("alerts", &alert_id)
}

/// `metrics.query`. Failures: `NOT_MONITORED`.
pub fn metrics(site: &Site, OfService { service }: OfService) -> Result<Metrics, Failure> {
    let found = site.service(&service)?;
    if !found.monitored {
        return Err(Failure::new("NOT_MONITORED", format!("the monitoring does not see {service} now")));
    }
    Ok(Metrics { points: found.metrics() })
}

/// `metrics.recall`.
pub fn recall(site: &Site, OfService { service }: OfService) -> Result<Metrics, Failure> {
    Ok(Metrics { points: site.service(&service)?.archive })
}

/// `logs.search`.
pub fn errors(site: &Site, OfService { service }: OfService) -> Result<Errors, Failure> {
    let log = site.log(&service)?;
    let errors: Vec<&str> = log.lines().filter(|line| line.contains(" ERROR ")).collect();
    let last = errors.len().saturating_sub(MAX_LINES);
    Ok(Errors { lines: errors.iter().skip(last).map(|&line| line.to_owned()).collect() })
}

/// `traces.sample`.
pub fn traces(site: &Site, OfService { service }: OfService) -> Result<Traces, Failure> {
    Ok(Traces { traces: site.service(&service)?.slow_requests })
}

/// `deploys.list`.
pub fn deploys(site: &Site, OfService { service }: OfService) -> Result<Deploys, Failure> {
    let service = site.service(&service)?;
    let previous = service.previous().unwrap_or_default().to_owned();
    Ok(Deploys { current: service.running, previous, deployed_at: service.running_since })
}

/// `dependencies.status`. One is down if something ails it.
pub fn dependencies(site: &Site, OfService { service }: OfService) -> Result<Dependencies, Failure> {
    let mut down = Vec::new();
    for name in site.service(&service)?.depends_on {
        if !site.service(&name)?.ailments().is_empty() {
            down.push(name);
        }
    }
    Ok(Dependencies { down })
}

/// `oncall.find`.
pub fn on_call(site: &Site, OfService { service }: OfService) -> Result<OnCall, Failure> {
    Ok(OnCall { responder: site.service(&service)?.on_call })
}

/// `incident.describe`.
pub fn describe(_: &Site, Findings { diagnosis, traces, responder }: Findings) -> Result<Report, Failure> {
    let Diagnosis { cause: _, confidence, summary } = diagnosis;
    let mut report =
        format!("# Incident\n\nOn call: {responder}\n\n{summary} ({:.0} % sure)\n", confidence * 100.0);
    if !traces.is_empty() {
        report.push_str("\nSlow requests:\n\n");
        report.extend(traces.iter().map(|trace| format!("- `{trace}`\n")));
    }
    Ok(Report { report })
}

/// `health.verify`. Failures: `UNHEALTHY`, with everything that ails the service.
pub fn verify(site: &Site, input: OfService) -> Result<Healthy, Failure> {
    let service = site.service(&input.service)?;
    let mut ailments = service.ailments();
    if service.needs_dependencies() {
        let down = dependencies(site, input.clone())?.down;
        ailments.extend(down.iter().map(|name| format!("{name}, which it needs, is down")));
    }
    if ailments.is_empty() {
        return Ok(Healthy { healthy_at: Timestamp::now() });
    }
    Err(Failure::new("UNHEALTHY", format!("{}: {}", input.service, ailments.join("; "))))
}
