//! Where to connect next.

use std::hash::{BuildHasher as _, RandomState};

use http::Uri;
use http::uri::{Authority, Scheme};

use crate::endpoint::{port, unbracketed};
use crate::{Addresses, Credentials, Endpoint};

/// Names the addresses of a service one after the other, each once a round. A name that stands for
/// several addresses is looked up at the beginning of each round.
#[derive(Debug)]
pub struct Tour {
    addresses: Addresses,
    credentials: Credentials,
    /// What is left of this round, the next one last.
    round: Option<Vec<Stop>>,
    /// The one that was named last.
    latest: Option<Uri>,
}

/// An address, and the name that it was found under.
#[derive(Clone, Debug)]
struct Stop {
    address: Uri,
    name: Uri,
}

impl Tour {
    /// A tour of these addresses.
    pub fn new(addresses: Addresses, credentials: Credentials) -> Self {
        Self { addresses, credentials, round: None, latest: None }
    }

    /// The next address of the round; `None` if each had its turn. After that, another round.
    pub async fn next(&mut self) -> Option<Endpoint> {
        if self.round.is_none() {
            self.round = Some(self.look_up().await);
        }
        match self.round.as_mut().and_then(Vec::pop) {
            Some(Stop { address, name }) => {
                self.latest = Some(address.clone());
                Some(Endpoint::new(address, name, self.credentials.clone()))
            }
            None => {
                self.round = None;
                None
            }
        }
    }

    /// Begins another round, in which the latest address comes last: it was there, and is lost.
    pub fn begin_again(&mut self) {
        self.round = None;
    }

    /// All addresses in an order that is another one for everybody, the latest at the end.
    async fn look_up(&self) -> Vec<Stop> {
        let mut stops: Vec<Stop> = Vec::new();
        for name in &self.addresses.0 {
            for address in addresses_of(name).await {
                if stops.iter().all(|stop| stop.address != address) {
                    stops.push(Stop { address, name: name.clone() });
                }
            }
        }
        shuffle(&mut stops);
        // The round is walked from its end.
        stops.sort_by_key(|stop| Some(&stop.address) != self.latest.as_ref());
        stops
    }
}

/// What the name stands for; itself if that cannot be said.
async fn addresses_of(name: &Uri) -> Vec<Uri> {
    let Some(host) = name.host().map(unbracketed) else { return vec![name.clone()] };
    let default = if name.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    let found = match tokio::net::lookup_host((host, port(name, default))).await {
        Ok(found) => found,
        Err(error) => {
            tracing::debug!(%name, %error, "a name could not be looked up");
            return vec![name.clone()];
        }
    };
    found.filter_map(|address| with_authority(name, &address.to_string())).collect()
}

fn with_authority(name: &Uri, authority: &str) -> Option<Uri> {
    let mut parts = name.clone().into_parts();
    parts.authority = Some(authority.parse::<Authority>().ok()?);
    Uri::from_parts(parts).ok()
}

fn shuffle<T>(items: &mut [T]) {
    for end in (1..items.len()).rev() {
        items.swap(end, random(end + 1));
    }
}

/// Any number below `bound`.
pub(crate) fn random(bound: usize) -> usize {
    let random = RandomState::new().hash_one(bound);
    usize::try_from(random % (bound.max(1) as u64)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const THREE: [&str; 3] = ["http://127.0.0.1:1/", "http://127.0.0.2:1/", "http://127.0.0.3:1/"];

    fn tour() -> Tour {
        Tour::new(THREE.join(",").parse().unwrap(), Credentials::default())
    }

    async fn round(tour: &mut Tour) -> Vec<String> {
        let mut round = Vec::new();
        while let Some(endpoint) = tour.next().await {
            round.push(endpoint.uri().to_string());
        }
        round
    }

    #[tokio::test]
    async fn each_address_has_its_turn_once_a_round() {
        let mut tour = tour();
        for _ in 0..3 {
            let mut named = round(&mut tour).await;
            named.sort_unstable();
            assert_eq!(named, THREE);
        }
    }

    #[tokio::test]
    async fn an_address_that_was_lost_comes_last() {
        let mut tour = tour();
        for _ in 0..20 {
            let lost = tour.next().await.unwrap().uri().to_string();
            tour.begin_again();
            assert_eq!(round(&mut tour).await.last(), Some(&lost));
        }
    }

    #[tokio::test]
    async fn many_begin_everywhere() {
        let mut first = BTreeSet::new();
        for _ in 0..200 {
            first.insert(tour().next().await.unwrap().uri().to_string());
        }
        assert_eq!(first.len(), THREE.len());
    }

    #[tokio::test]
    async fn a_name_is_looked_up() {
        for scheme in ["http", "https"] {
            let mut local =
                Tour::new(format!("{scheme}://localhost:7").parse().unwrap(), Credentials::default());
            let found = local.next().await.unwrap().uri().to_string();
            let [v4, v6] = ["127.0.0.1", "[::1]"].map(|host| format!("{scheme}://{host}:7/"));
            assert!([v4, v6].contains(&found), "{found}");
        }
    }
}
