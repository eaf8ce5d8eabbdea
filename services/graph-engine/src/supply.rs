//! Who could take what waits: as all engines tell, and how much waits for them.
//!
//! An engine tells who its workers are when that changes, in its row among the takers. It says so once more when it
//! is registered again; a dead one offers nothing.

use std::collections::{BTreeMap, HashSet};

use goalpost_queue::List;
use goalpost_service::backoff::until_ok;
use goalpost_service::describe;
use goalpost_store::{Error, takers};

use crate::shared::Shared;

/// Tells who the workers of this engine are, whenever that changes.
pub(crate) async fn tell_workers(shared: Shared) {
    let mut changes = shared.sessions.changes();
    let stop = &shared.drain.stop;
    let telling = async {
        loop {
            shared.registration.held().await;
            changes.mark_unchanged();
            let workers = shared.sessions.told();
            let tell = || takers::tell_workers(&shared.store, shared.id.0, &workers);
            if until_ok("PostgreSQL", stop, tell).await.is_none() {
                return;
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = shared.registration.lost() => {}
            }
        }
    };
    stop.run_until_cancelled(telling).await;
}

/// What is known of some capabilities.
#[derive(Debug, Default)]
pub(crate) struct Supply {
    offered: HashSet<String>,
    /// Attempts that wait, by capability; what nobody could ask is not there.
    waiting: BTreeMap<String, u64>,
}

impl Supply {
    /// What is known of these capabilities now.
    pub(crate) async fn of(shared: &Shared, capabilities: &HashSet<&str>) -> Result<Self, Error> {
        if capabilities.is_empty() {
            return Ok(Self::default());
        }
        let wanted: Vec<&str> = capabilities.iter().copied().collect();
        let mut offered = takers::offered(&shared.store, &wanted).await?;
        // Those who have come a moment ago may not have been told of yet.
        let here = wanted.iter().filter(|capability| shared.sessions.is_offered(capability));
        offered.extend(here.map(|capability| (*capability).to_owned()));
        Ok(Self { offered, waiting: waiting(shared, &wanted).await })
    }

    /// Why an attempt that is ready does not run.
    pub(crate) fn reason(&self, capability: &str) -> String {
        let who = if self.offered.contains(capability) {
            format!("it waits for a free place at a worker that offers {capability}")
        } else {
            format!("no worker that offers {capability} is connected to any engine")
        };
        match self.waiting.get(capability) {
            None | Some(0) => who,
            Some(1) => format!("{who}; 1 attempt waits for one"),
            Some(several) => format!("{who}; {several} attempts wait for one"),
        }
    }
}

async fn waiting(shared: &Shared, capabilities: &[&str]) -> BTreeMap<String, u64> {
    let lists: Vec<List> = capabilities.iter().map(|capability| List::ready(capability)).collect();
    let depths = shared.queue.depths_of(&lists).await.unwrap_or_else(|error| {
        tracing::debug!(error = describe(&error), "nobody knows how much waits");
        BTreeMap::new()
    });
    let named = capabilities.iter().zip(&lists);
    named.filter_map(|(name, list)| Some(((*name).to_owned(), depths.get(list)?.elements))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_whether_anybody_offers_it_and_how_much_waits() {
        let supply = |waiting: &[(&str, u64)]| Supply {
            offered: HashSet::from(["a".to_owned()]),
            waiting: waiting.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect(),
        };
        let several = supply(&[("a", 7), ("b", 1)]);
        assert_eq!(
            several.reason("a"),
            "it waits for a free place at a worker that offers a; 7 attempts wait for one"
        );
        assert_eq!(
            several.reason("b"),
            "no worker that offers b is connected to any engine; 1 attempt waits for one"
        );
        assert_eq!(supply(&[]).reason("b"), "no worker that offers b is connected to any engine");
    }
}
