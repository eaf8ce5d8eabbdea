//! What can be done to a system, drawn at random.

use std::time::Duration;

use goalpost_testkit::proxy::Direction;

use crate::random::Random;
use crate::topology::{Peer, Topology};

/// One thing that is done to the system, and undone.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// What is done.
    pub(crate) damage: Damage,
    /// How long it lasts.
    pub(crate) lasts: Duration,
}

/// What is done. Processes and links are named by their places in the topology.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    /// `kill -9`, and a new start.
    Kill(usize),
    /// Some of its links are frozen, so that it is in the middle of something, and then it is killed there.
    Strand(usize, Vec<usize>, Direction),
    /// A request to end, as at a new version's arrival, and a new start.
    Restart(usize),
    /// SIGSTOP, SIGCONT.
    Pause(usize),
    /// Connections are reset; new ones are refused for a while.
    Cut(Vec<usize>),
    /// Connections are reset; new ones work at once.
    Reset(Vec<usize>),
    /// Nothing arrives any more in a direction, and nobody is told. It all arrives later.
    Freeze(Vec<usize>, Direction),
    /// The same, until TCP would give up: then connections are reset.
    Partition(Vec<usize>, Direction),
    /// PostgreSQL is stopped at once.
    CrashPostgres,
    /// PostgreSQL is killed.
    KillPostgres,
    /// Redis is killed and comes back empty.
    KillRedis,
    /// Redis forgets everything.
    FlushRedis,
}

/// What a fault holds on to while it lasts: two faults do not share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// A process.
    Process(usize),
    /// A link.
    Link(usize),
    /// A store.
    Store(Peer),
}

impl Fault {
    /// Draws one. If Redis keeps its memory, what gets lost on its way stays lost: a Redis that forgets
    /// is told of everything again.
    pub(crate) fn draw(random: &mut Random, topology: &Topology, redis_forgets: bool) -> Self {
        let lasts = match random.below(10) {
            0..5 => random.millis(20, 400),
            5..9 => random.millis(400, 2_500),
            _ => random.millis(2_500, 7_000),
        };
        let process = usize::try_from(random.below(topology.nodes.len() as u64)).unwrap_or_default();
        // PostgreSQL takes seconds to recover: too many of its crashes would leave nothing to break.
        let damage = match random.below(100) {
            0..16 => Damage::Kill(process),
            16..24 => strand(random, topology, process),
            24..32 => Damage::Restart(process),
            32..48 => Damage::Pause(process),
            48..58 => Damage::Cut(links(random, topology)),
            58..66 => Damage::Reset(links(random, topology)),
            66..80 => Damage::Freeze(links(random, topology), direction(random)),
            80..86 => Damage::Partition(links(random, topology), direction(random)),
            86..88 => Damage::CrashPostgres,
            88 => Damage::KillPostgres,
            _ if !redis_forgets => strand(random, topology, process),
            89..94 => Damage::KillRedis,
            _ => Damage::FlushRedis,
        };
        Self { damage, lasts }
    }

    /// What it holds on to.
    pub(crate) fn targets(&self) -> Vec<Target> {
        match &self.damage {
            Damage::Kill(process) | Damage::Restart(process) | Damage::Pause(process) => {
                vec![Target::Process(*process)]
            }
            Damage::Strand(process, links, _) => {
                links.iter().map(|link| Target::Link(*link)).chain([Target::Process(*process)]).collect()
            }
            Damage::Cut(links)
            | Damage::Reset(links)
            | Damage::Freeze(links, _)
            | Damage::Partition(links, _) => links.iter().map(|link| Target::Link(*link)).collect(),
            Damage::CrashPostgres | Damage::KillPostgres => vec![Target::Store(Peer::Postgres)],
            Damage::KillRedis | Damage::FlushRedis => vec![Target::Store(Peer::Redis)],
        }
    }

    /// Its kind, for the count of faults.
    pub(crate) fn kind(&self, topology: &Topology) -> String {
        let role = |process: &usize| topology.nodes[*process].role.word();
        match &self.damage {
            Damage::Kill(process) => format!("kill {}", role(process)),
            Damage::Strand(process, ..) => format!("strand {}", role(process)),
            Damage::Restart(process) => format!("restart {}", role(process)),
            Damage::Pause(process) => format!("pause {}", role(process)),
            Damage::Cut(_) => "cut links".to_owned(),
            Damage::Reset(_) => "reset links".to_owned(),
            Damage::Freeze(..) => "freeze links".to_owned(),
            Damage::Partition(..) => "partition links".to_owned(),
            Damage::CrashPostgres => "crash postgres".to_owned(),
            Damage::KillPostgres => "kill postgres".to_owned(),
            Damage::KillRedis => "kill redis".to_owned(),
            Damage::FlushRedis => "flush redis".to_owned(),
        }
    }

    /// What it is and what it hits, for the log.
    pub(crate) fn describe(&self, topology: &Topology) -> String {
        let names: Vec<String> = self
            .targets()
            .iter()
            .map(|target| match target {
                Target::Process(process) => topology.nodes[*process].name.clone(),
                Target::Link(link) => topology.links[*link].to_string(),
                Target::Store(store) => store.to_string(),
            })
            .collect();
        format!("{:?} for {:?}: {}", self.damage, self.lasts, names.join(", "))
    }
}

/// A process without links is simply killed.
fn strand(random: &mut Random, topology: &Topology, process: usize) -> Damage {
    let name = &topology.nodes[process].name;
    let mut links: Vec<usize> = (0..topology.links.len()).collect();
    links.retain(|link| topology.links[*link].from == *name);
    if links.is_empty() {
        return Damage::Kill(process);
    }
    if random.chance(75) {
        links = vec![*random.pick(&links)];
    }
    Damage::Strand(process, links, direction(random))
}

/// One link, all links of one end, or all links to one peer.
fn links(random: &mut Random, topology: &Topology) -> Vec<usize> {
    let all: Vec<usize> = (0..topology.links.len()).collect();
    let chosen = &topology.links[*random.pick(&all)];
    let is_hit: &dyn Fn(&usize) -> bool = match random.below(4) {
        0 => &|link| topology.links[*link].from == chosen.from,
        1 => &|link| topology.links[*link].to == chosen.to,
        _ => &|link| std::ptr::eq(&topology.links[*link], chosen),
    };
    all.into_iter().filter(is_hit).collect()
}

fn direction(random: &mut Random) -> Direction {
    random.weighted(&[(2, Direction::Both), (1, Direction::ToServer), (1, Direction::ToClient)])
}
