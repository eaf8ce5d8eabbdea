//! What changes something. Each change is all or nothing; what undoes it is the catalog's to say.

use goalpost_worker::Failure;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::looking::OfService;
use crate::site::Site;

/// More replicas than this are a mistake.
const MAX_REPLICAS: u32 = 100;
/// What memory a service has taken when it has just begun.
const FRESH_MEMORY_PERCENT: f64 = 30.0;

/// Which version of which service.
#[derive(Debug, Deserialize)]
pub struct Switch {
    /// The service.
    pub service: String,
    /// The version that is to run.
    pub version: String,
}

/// The version that runs.
#[derive(Debug, Serialize)]
pub struct Switched {
    /// Its name.
    pub version: String,
}

/// How much more, or less, of a service.
#[derive(Debug, Deserialize)]
pub struct Scale {
    /// The service.
    pub service: String,
    /// So many replicas more; fewer if it is negative.
    pub by: i64,
}

/// How many replicas a service has.
#[derive(Debug, Serialize)]
pub struct Scaled {
    /// The number.
    pub replicas: u32,
}

/// What was restarted.
#[derive(Debug, Serialize)]
pub struct Restarted {
    /// How many replicas.
    pub restarted: u32,
}

/// How much traffic a service is let.
#[derive(Debug, Deserialize)]
pub struct Limit {
    /// The service.
    pub service: String,
    /// Percent of its traffic.
    pub percent: u32,
}

/// How much traffic a service is let now.
#[derive(Debug, Serialize)]
pub struct Limited {
    /// Percent of its traffic.
    pub percent: u32,
}

/// `deploys.switch`. Failures: `NOT_FOUND` for a version that was never deployed.
pub fn switch(site: &Site, Switch { service, version }: Switch) -> Result<Switched, Failure> {
    site.change(&service, |found| {
        if found.releases.iter().all(|release| release.version != version) {
            let message = format!("version '{version}' of {service} was never deployed");
            return Err(Failure::new("NOT_FOUND", message));
        }
        found.running.clone_from(&version);
        found.running_since = Timestamp::now();
        let said = format!("switched to {version}");
        Ok((Switched { version }, said))
    })
}

/// `service.scale`. Failures: `INVALID` if that would be none, or more than 100.
pub fn scale(site: &Site, Scale { service, by }: Scale) -> Result<Scaled, Failure> {
    site.change(&service, |found| {
        let wanted = i64::from(found.replicas).saturating_add(by);
        let replicas = u32::try_from(wanted).ok().filter(|wanted| (1..=MAX_REPLICAS).contains(wanted));
        let replicas = replicas.ok_or_else(|| {
            let message = format!("{service} would have {wanted} replicas: 1 to {MAX_REPLICAS} may be");
            Failure::new("INVALID", message)
        })?;
        found.replicas = replicas;
        Ok((Scaled { replicas }, format!("has {replicas} replicas")))
    })
}

/// `service.restart`.
pub fn restart(site: &Site, OfService { service }: OfService) -> Result<Restarted, Failure> {
    site.change(&service, |found| {
        found.memory_percent = FRESH_MEMORY_PERCENT;
        Ok((Restarted { restarted: found.replicas }, "restarted".to_owned()))
    })
}

/// `traffic.limit`. Failures: `INVALID`.
pub fn limit(site: &Site, Limit { service, percent }: Limit) -> Result<Limited, Failure> {
    if percent > 100 {
        return Err(Failure::new("INVALID", format!("{percent} % of the traffic is more than all of it")));
    }
    site.change(&service, |found| {
        found.traffic_percent = percent;
        Ok((Limited { percent }, format!("is let {percent} % of its traffic")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::looking::verify;

    fn site() -> (tempfile::TempDir, Site) {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::open(folder.path()).unwrap();
        (folder, site)
    }

    fn of(service: &str) -> OfService {
        OfService { service: service.to_owned() }
    }

    #[test]
    fn what_ails_a_service_is_gone_after_what_helps() {
        let (_folder, site) = site();
        let switch_to = |service: &str, version: &str| {
            switch(&site, Switch { service: service.into(), version: version.into() })
        };
        assert!(verify(&site, of("checkout")).unwrap_err().message.contains("31 % of its requests fail"));
        switch_to("checkout", "2.3.1").unwrap();
        verify(&site, of("checkout")).unwrap();
        assert_eq!(verify(&site, of("payments")).unwrap_err().kind, "UNHEALTHY");
        assert_eq!(scale(&site, Scale { service: "payments".into(), by: 2 }).unwrap().replicas, 4);
        verify(&site, of("payments")).unwrap();
        assert_eq!(verify(&site, of("mail")).unwrap_err().kind, "UNHEALTHY");
        assert_eq!(restart(&site, of("mail")).unwrap().restarted, 1);
        verify(&site, of("mail")).unwrap();
        // The version before is no better.
        switch_to("search", "7.0.2").unwrap();
        assert_eq!(verify(&site, of("search")).unwrap_err().kind, "UNHEALTHY");
    }

    #[test]
    fn with_half_of_its_traffic_a_service_does_without_what_it_depends_on() {
        let (_folder, site) = site();
        switch(&site, Switch { service: "checkout".into(), version: "2.3.1".into() }).unwrap();
        site.change("inventory", |found| Ok((found.memory_percent = 99.0, "fills up".to_owned()))).unwrap();
        assert!(
            verify(&site, of("checkout")).unwrap_err().message.contains("inventory, which it needs, is down")
        );
        limit(&site, Limit { service: "checkout".into(), percent: 50 }).unwrap();
        verify(&site, of("checkout")).unwrap();
    }

    #[test]
    fn what_cannot_be_changes_nothing() {
        let (_folder, site) = site();
        let before = site.service("mail").unwrap();
        let unknown = switch(&site, Switch { service: "mail".into(), version: "9".into() }).unwrap_err();
        assert_eq!(unknown.kind, "NOT_FOUND");
        for by in [-1, 100, i64::MAX, i64::MIN] {
            assert_eq!(scale(&site, Scale { service: "mail".into(), by }).unwrap_err().kind, "INVALID");
        }
        assert_eq!(limit(&site, Limit { service: "mail".into(), percent: 101 }).unwrap_err().kind, "INVALID");
        assert_eq!(site.service("mail").unwrap(), before);
    }
}
