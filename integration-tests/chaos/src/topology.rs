//! Who there is and who talks to whom. Between any two stands a proxy of its own, so that any
//! two can be cut off from each other.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use goalpost_testkit::proxy::Proxy;

/// What a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    /// The public API.
    DecisionGroup,
    /// The planner.
    Planner,
    /// The graph engine.
    GraphEngine,
    /// The persistence service.
    Persistence,
    /// A worker of the harness.
    Worker,
}

/// Who can be talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Peer {
    /// PostgreSQL.
    Postgres,
    /// Redis.
    Redis,
    /// Any replica of a service.
    Service(Role),
}

/// The clients of the run, as they are called where they are an end of a link.
pub(crate) const CLIENTS: &str = "clients";

/// A process to be.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Its name, for example `graph-engine-1`.
    pub(crate) name: String,
    /// What it is.
    pub(crate) role: Role,
    /// Where it listens, if it is a service.
    pub(crate) listen: SocketAddr,
}

/// The way from one process to a peer.
pub(crate) struct Link {
    /// The process's name, or [`CLIENTS`].
    pub(crate) from: String,
    /// Whom it leads to.
    pub(crate) to: Peer,
    /// What stands between them.
    pub(crate) proxy: Proxy,
}

/// All processes and all links.
pub(crate) struct Topology {
    /// The processes.
    pub(crate) nodes: Vec<Node>,
    /// The links.
    pub(crate) links: Vec<Link>,
}

impl Role {
    /// Every role, in the order in which they are started.
    pub(crate) const ALL: [Self; 5] =
        [Self::Persistence, Self::Planner, Self::GraphEngine, Self::DecisionGroup, Self::Worker];

    /// Whom a process of this role talks to.
    pub(crate) fn peers(self) -> &'static [Peer] {
        match self {
            Self::DecisionGroup => &[
                Peer::Postgres,
                Peer::Redis,
                Peer::Service(Self::Planner),
                Peer::Service(Self::GraphEngine),
                Peer::Service(Self::Persistence),
            ],
            Self::GraphEngine | Self::Persistence => &[Peer::Postgres, Peer::Redis],
            Self::Planner => &[],
            Self::Worker => &[Peer::Service(Self::GraphEngine)],
        }
    }

    /// Its word in names.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::DecisionGroup => "decision-group",
            Self::Planner => "planner",
            Self::GraphEngine => "graph-engine",
            Self::Persistence => "persistence",
            Self::Worker => "worker",
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Service(role) => role.word(),
        })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.from, self.to)
    }
}

impl Topology {
    /// So many replicas of each service and so many workers, around two stores.
    pub(crate) async fn build(
        replicas: usize,
        workers: usize,
        postgres: SocketAddr,
        redis: SocketAddr,
    ) -> Self {
        let mut nodes = Vec::new();
        for role in Role::ALL {
            for number in 1..=if role == Role::Worker { workers } else { replicas } {
                let name = format!("{}-{number}", role.word());
                nodes.push(Node { name, role, listen: address(nodes.len()) });
            }
        }
        let servers = |peer| match peer {
            Peer::Postgres => vec![postgres],
            Peer::Redis => vec![redis],
            Peer::Service(role) => {
                nodes.iter().filter(|node| node.role == role).map(|node| node.listen).collect()
            }
        };
        let peers = nodes.iter().flat_map(|node| node.role.peers().iter().map(|peer| (&*node.name, *peer)));
        let clients = [(CLIENTS, Peer::Service(Role::DecisionGroup))];
        let mut links = Vec::new();
        for (from, to) in peers.chain(clients) {
            links.push(Link { from: from.to_owned(), to, proxy: Proxy::start(&servers(to)).await });
        }
        Self { nodes, links }
    }

    /// The address at which a process reaches a peer.
    ///
    /// # Panics
    /// If it never does.
    pub(crate) fn way(&self, from: &str, to: Peer) -> SocketAddr {
        let link = self.links.iter().find(|link| link.from == from && link.to == to);
        link.map(|link| link.proxy.address()).expect("the role's peers are linked")
    }

    /// Ends every fault of every link.
    pub(crate) fn heal(&self) {
        self.links.iter().for_each(|link| link.proxy.heal());
    }
}

/// An address of this run alone, where nothing else takes the port while its process is down: the
/// system picks ports of its own choice at 127.0.0.1.
fn address(place: usize) -> SocketAddr {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let place = u8::try_from(place).unwrap_or(u8::MAX);
    (Ipv4Addr::new(127, 1 + high % 250, low, 1 + place), 50_050).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_process_has_a_way_of_its_own_to_each_of_its_peers() {
        let store = SocketAddr::from(([127, 0, 0, 1], 1));
        let topology = Topology::build(2, 3, store, store).await;
        assert_eq!(topology.nodes.len(), 2 * 4 + 3);
        let mut ways: Vec<SocketAddr> = Vec::new();
        for node in &topology.nodes {
            ways.extend(node.role.peers().iter().map(|peer| topology.way(&node.name, *peer)));
        }
        ways.push(topology.way(CLIENTS, Peer::Service(Role::DecisionGroup)));
        let all = ways.len();
        ways.sort_unstable();
        ways.dedup();
        assert_eq!((ways.len(), all), (topology.links.len(), topology.links.len()));
    }
}
