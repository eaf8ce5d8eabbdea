//! What the cause of an incident may be: a few rules over what was gathered.

use goalpost_worker::Failure;
use serde::{Deserialize, Serialize};

use crate::looking::Deploys;
use crate::service::{MOST_ERRORS, MOST_MEMORY_PERCENT, Point};
use crate::site::Site;

/// What was gathered.
#[derive(Debug, Deserialize)]
pub struct Gathered {
    /// Metrics of the service.
    pub metrics: Vec<Point>,
    /// Its errors.
    pub logs: Vec<String>,
    /// What runs, and what ran before.
    pub deploys: Deploys,
    /// What it depends on and is down.
    pub dependencies: Vec<String>,
}

/// What the cause may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The cause.
    pub cause: Cause,
    /// How sure that is, 0 to 1.
    pub confidence: f64,
    /// A sentence for people.
    pub summary: String,
}

/// A cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The version that runs.
    Deploy,
    /// Too many requests for so few replicas.
    Load,
    /// Too little memory.
    Memory,
    /// Something that the service depends on.
    Dependency,
    /// Nothing that is known here.
    Unknown,
}

/// `incident.diagnose`. What can be seen for itself goes before what only correlates.
pub fn diagnose(_: &Site, gathered: Gathered) -> Result<Diagnosis, Failure> {
    let Gathered { metrics, logs, deploys, dependencies } = gathered;
    let metric =
        |name: &str| metrics.iter().find(|point| point.name == name).map_or(0.0, |point| point.value);
    let (errors, load, memory) = (metric("error_rate"), metric("load"), metric("memory_percent"));
    let of_version = format!(" {} ", deploys.current);
    let logged = logs.iter().filter(|line| line.contains(&of_version)).count();
    let (cause, confidence, summary) = if !dependencies.is_empty() {
        (Cause::Dependency, 0.8, format!("{} is down", dependencies.join(", ")))
    } else if memory > MOST_MEMORY_PERCENT {
        (Cause::Memory, 0.9, format!("{memory:.0} % of its memory is taken"))
    } else if load > 1.0 {
        (Cause::Load, 0.8, format!("it has {:.0} % of the load that it can take", load * 100.0))
    } else if errors > MOST_ERRORS {
        let share = errors * 100.0;
        let told = format!(
            "{share:.0} % of its requests fail, {logged} of its errors name version {}",
            deploys.current
        );
        (Cause::Deploy, if logged > 0 { 0.9 } else { 0.5 }, told)
    } else {
        (Cause::Unknown, 0.0, "nothing is wrong that can be seen from here".to_owned())
    };
    Ok(Diagnosis { cause, confidence, summary })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(metrics: &[(&str, f64)], logs: &[&str], dependencies: &[&str]) -> (Cause, f64) {
        let folder = tempfile::tempdir().unwrap();
        let gathered = Gathered {
            metrics: metrics
                .iter()
                .map(|(name, value)| Point { name: (*name).to_owned(), value: *value })
                .collect(),
            logs: logs.iter().map(|&line| line.to_owned()).collect(),
            deploys: Deploys {
                current: "2.4.0".into(),
                previous: "2.3.1".into(),
                deployed_at: "2026-11-30T09:12:00Z".parse().unwrap(),
            },
            dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
        };
        let diagnosis = diagnose(&Site::open(folder.path()).unwrap(), gathered).unwrap();
        (diagnosis.cause, diagnosis.confidence)
    }

    #[test]
    fn the_plainest_cause_is_taken() {
        let all = [("error_rate", 0.3), ("load", 1.2), ("memory_percent", 95.0)];
        assert_eq!(of(&all, &[], &["inventory"]).0, Cause::Dependency);
        assert_eq!(of(&all, &[], &[]).0, Cause::Memory);
        assert_eq!(of(&all[..2], &[], &[]).0, Cause::Load);
        assert_eq!(of(&[], &[], &[]), (Cause::Unknown, 0.0));
    }

    #[test]
    fn a_version_is_blamed_for_sure_only_if_its_own_errors_are_there() {
        let failing = [("error_rate", 0.3)];
        assert_eq!(of(&failing, &["T ERROR 2.4.0 checkout: no"], &[]), (Cause::Deploy, 0.9));
        assert_eq!(of(&failing, &["T ERROR 2.3.1 checkout: no"], &[]), (Cause::Deploy, 0.5));
    }
}
