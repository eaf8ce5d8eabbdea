//! The system under test: stores, links and processes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

use crate::Error;
use crate::processes::{Process, Program};
use crate::stores::Stores;
use crate::topology::{CLIENTS, Node, Peer, Role, Topology};
use crate::workload::catalog::catalog;

/// Milliseconds that a worker may be away, and its engine may be dead, before its attempts are lost:
/// short, so that losses come to pass.
const GRACE_MS: &str = "1500";
const LOG_FILTER: &str = "info,tokio_postgres=warn,h2=warn,hyper=warn,tower=warn";

/// How large the system is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Replicas of each service.
    pub replicas: usize,
    /// Workers.
    pub workers: usize,
}

/// The system under test.
pub(crate) struct Cluster {
    /// The stores.
    pub(crate) stores: Mutex<Stores>,
    /// Who talks to whom.
    pub(crate) topology: Topology,
    /// Its processes, in the order of the topology's nodes.
    pub(crate) processes: Vec<Mutex<Process>>,
    folder: PathBuf,
}

impl Cluster {
    /// Starts everything in the folder, from the binaries in another one.
    pub(crate) async fn start(folder: &Path, binaries: &Path, size: Size) -> Result<Self, Error> {
        let stores = Stores::start(folder).await?;
        let (postgres, redis) = stores.addresses();
        let topology = Topology::build(size.replicas, size.workers, postgres, redis).await;
        std::fs::write(folder.join("catalog.yaml"), catalog())?;
        let program = |node| program(node, &stores, &topology, folder, binaries);
        let processes = topology.nodes.iter().map(|node| Mutex::new(Process::new(program(node)))).collect();
        let cluster = Self { stores: Mutex::new(stores), topology, processes, folder: folder.to_owned() };
        cluster.start_processes().await?;
        Ok(cluster)
    }

    /// Starts every process that does not run.
    pub(crate) async fn start_processes(&self) -> Result<(), Error> {
        for process in &self.processes {
            process.lock().await.start()?;
        }
        Ok(())
    }

    /// Ends every fault of links and processes.
    pub(crate) async fn heal(&self) -> Result<(), Error> {
        self.topology.heal();
        for process in &self.processes {
            process.lock().await.resume().await;
        }
        self.start_processes().await
    }

    /// Ends everything.
    pub(crate) async fn stop(&self) {
        for process in &self.processes {
            process.lock().await.kill().await;
        }
        let mut stores = self.stores.lock().await;
        stores.kill_postgres().await;
        stores.kill_redis().await;
    }

    /// Where clients reach a decision group.
    pub(crate) fn entrance(&self) -> String {
        http(self.topology.way(CLIENTS, Peer::Service(Role::DecisionGroup)))
    }

    /// Where a replica of the persistence service listens, without a proxy.
    pub(crate) fn persistence(&self) -> Option<String> {
        let node = self.topology.nodes.iter().find(|node| node.role == Role::Persistence)?;
        Some(http(node.listen))
    }

    /// What processes did that nobody asked for.
    pub(crate) async fn mishaps(&self) -> Vec<String> {
        let mut mishaps = Vec::new();
        for process in &self.processes {
            mishaps.extend(process.lock().await.mishaps());
        }
        mishaps
    }

    /// The workers' ledgers.
    pub(crate) fn ledgers(&self) -> Vec<PathBuf> {
        let workers = self.topology.nodes.iter().filter(|node| node.role == Role::Worker);
        workers.map(|node| ledger(&self.folder, node)).collect()
    }

    /// The logs of a role's processes.
    pub(crate) fn logs(&self, role: Role) -> Vec<PathBuf> {
        let nodes = self.topology.nodes.iter().filter(|node| node.role == role);
        nodes.map(|node| log(&self.folder, node)).collect()
    }
}

fn program(node: &Node, stores: &Stores, topology: &Topology, folder: &Path, binaries: &Path) -> Program {
    let way = |peer| topology.way(&node.name, peer);
    let service = |role| OsString::from(http(way(Peer::Service(role))));
    let listen = || [OsString::from("--listen"), node.listen.to_string().into()];
    let (binary, arguments): (&str, Vec<OsString>) = match node.role {
        Role::DecisionGroup => {
            let peers = [
                ("--planner", Role::Planner),
                ("--graph-engine", Role::GraphEngine),
                ("--persistence", Role::Persistence),
            ];
            let peers = peers.into_iter().flat_map(|(flag, role)| [flag.into(), service(role)]);
            ("goalpost-decision-group", listen().into_iter().chain(peers).collect())
        }
        Role::Planner => {
            let catalog = [OsString::from("--catalog"), folder.join("catalog.yaml").into()];
            ("goalpost-planner", [listen(), catalog].concat())
        }
        Role::GraphEngine => {
            ("goalpost-graph-engine", [listen(), ["--worker-grace-ms".into(), GRACE_MS.into()]].concat())
        }
        Role::Persistence => {
            ("goalpost-persistence", [listen(), ["--engine-grace-ms".into(), GRACE_MS.into()]].concat())
        }
        Role::Worker => {
            let engine = ["--engine".into(), service(Role::GraphEngine)];
            let name = ["--name".into(), node.name.clone().into()];
            (
                "goalpost-chaos-worker",
                [engine, name, ["--ledger".into(), ledger(folder, node).into()]].concat(),
            )
        }
    };
    let mut variables = vec![("RUST_LOG", LOG_FILTER.to_owned())];
    if node.role.peers().contains(&Peer::Postgres) {
        variables.push(("DATABASE_URL", stores.database_url(way(Peer::Postgres))));
        variables.push(("REDIS_URL", stores.redis_url(way(Peer::Redis))));
    }
    let (name, log) = (node.name.clone(), log(folder, node));
    Program { name, binary: binaries.join(binary), arguments, variables, log }
}

fn log(folder: &Path, node: &Node) -> PathBuf {
    folder.join(format!("{}.log", node.name))
}

fn ledger(folder: &Path, node: &Node) -> PathBuf {
    folder.join(format!("{}.ledger", node.name))
}

fn http(address: std::net::SocketAddr) -> String {
    format!("http://{address}")
}
