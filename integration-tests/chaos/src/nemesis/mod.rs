//! The one who breaks things: at random, with a seed, and always undoing what was done.

mod fault;

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::Error;
use crate::cluster::Cluster;
use crate::random::Random;
use fault::{Damage, Fault, Target};

/// How long a process may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(40);

/// How long a process is stranded before it is killed, at most: long enough to be in the middle of something.
const LONGEST_STRANDED: Duration = Duration::from_secs(1);

/// Faults by kind.
pub(crate) type Tally = BTreeMap<String, usize>;

/// Breaks things until then, and returns when everything is undone. Each fault is noted in the log.
/// Redis forgets only where the seed is odd.
pub(crate) async fn run(
    cluster: &Arc<Cluster>,
    seed: u64,
    until: Instant,
    log: &Path,
) -> Result<Tally, Error> {
    let mut random = Random::of(seed, "faults", 0);
    let redis_forgets = seed % 2 == 1;
    let mut log = File::create(log)?;
    let mut tally = Tally::new();
    let mut busy: HashSet<Target> = HashSet::new();
    let mut at_work: JoinSet<(Vec<Target>, Result<(), Error>)> = JoinSet::new();
    loop {
        sleep(random.millis(100, 1_000)).await;
        while let Some(done) = at_work.try_join_next() {
            let (targets, outcome) = done?;
            outcome?;
            targets.iter().for_each(|target| _ = busy.remove(target));
        }
        if Instant::now() >= until {
            break;
        }
        let fault = Fault::draw(&mut random, &cluster.topology, redis_forgets);
        let targets = fault.targets();
        if targets.iter().any(|target| busy.contains(target)) {
            continue;
        }
        writeln!(log, "{} {}", jiff::Timestamp::now(), fault.describe(&cluster.topology))?;
        *tally.entry(fault.kind(&cluster.topology)).or_default() += 1;
        busy.extend(&targets);
        let cluster = Arc::clone(cluster);
        at_work.spawn(async move { (targets, inflict(&cluster, &fault).await) });
    }
    while let Some(done) = at_work.join_next().await {
        done?.1?;
    }
    writeln!(log, "{} everything is undone", jiff::Timestamp::now())?;
    Ok(tally)
}

/// Does it, and undoes it after its time.
async fn inflict(cluster: &Cluster, Fault { damage, lasts }: &Fault) -> Result<(), Error> {
    let proxies = |links: &[usize]| {
        let links = links.to_vec();
        links.into_iter().map(|link| &cluster.topology.links[link].proxy)
    };
    match damage {
        Damage::Kill(process) => {
            cluster.processes[*process].lock().await.kill().await;
            sleep(*lasts).await;
            cluster.processes[*process].lock().await.start()?;
        }
        Damage::Strand(process, links, direction) => {
            proxies(links).for_each(|proxy| proxy.freeze(*direction));
            sleep((*lasts).min(LONGEST_STRANDED)).await;
            cluster.processes[*process].lock().await.kill().await;
            // What was on its way is lost with the process.
            proxies(links).for_each(|proxy| proxy.reset());
            proxies(links).for_each(|proxy| proxy.heal());
            cluster.processes[*process].lock().await.start()?;
        }
        Damage::Restart(process) => {
            cluster.processes[*process].lock().await.end(PATIENCE).await;
            sleep(*lasts).await;
            cluster.processes[*process].lock().await.start()?;
        }
        Damage::Pause(process) => {
            cluster.processes[*process].lock().await.pause().await;
            sleep(*lasts).await;
            cluster.processes[*process].lock().await.resume().await;
        }
        Damage::Reset(links) => proxies(links).for_each(|proxy| proxy.reset()),
        Damage::Cut(links) => {
            proxies(links).for_each(|proxy| proxy.cut());
            sleep(*lasts).await;
            proxies(links).for_each(|proxy| proxy.heal());
        }
        Damage::Freeze(links, direction) | Damage::Partition(links, direction) => {
            proxies(links).for_each(|proxy| proxy.freeze(*direction));
            sleep(*lasts).await;
            if matches!(damage, Damage::Partition(..)) {
                proxies(links).for_each(|proxy| proxy.reset());
            }
            proxies(links).for_each(|proxy| proxy.heal());
        }
        Damage::CrashPostgres | Damage::KillPostgres => {
            let mut stores = cluster.stores.lock().await;
            match damage {
                Damage::CrashPostgres => stores.crash_postgres().await,
                _ => stores.kill_postgres().await,
            }
            sleep(*lasts).await;
            stores.restart_postgres().await?;
        }
        Damage::KillRedis => {
            let mut stores = cluster.stores.lock().await;
            stores.kill_redis().await;
            sleep(*lasts).await;
            stores.restart_redis().await?;
        }
        Damage::FlushRedis => cluster.stores.lock().await.flush_redis().await?,
    }
    Ok(())
}
