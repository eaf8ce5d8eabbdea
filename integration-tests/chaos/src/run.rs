//! A run: start, work while things break, heal, wait for the end, prove.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use goalpost_client::v1::VerifyRequest;
use goalpost_proto::v1::persistence_client::PersistenceClient;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::checker::{History, check};
use crate::cluster::{Cluster, Size};
use crate::records::Records;
use crate::report::{Report, Waits};
use crate::workload::Workload;
use crate::{Error, collect, ledger, nemesis};

/// How long a healed system may take until every goal has ended and every watcher knows.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the last deliveries may take after that.
const LAST_DELIVERIES: Duration = Duration::from_secs(30);
/// How long the system may take to come up.
const START: Duration = Duration::from_secs(60);
/// Between two looks. Only the harness looks again and again; the system itself is told.
const PAUSE: Duration = Duration::from_millis(100);

/// What a run is like.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Decides goals and faults.
    pub seed: u64,
    /// How long things break.
    pub lasts: Duration,
    /// How large the system is.
    pub size: Size,
    /// How many goals are open at once.
    pub open_goals: usize,
    /// Where the binaries of the services and of the worker are.
    pub binaries: PathBuf,
    /// Where logs, ledgers and the stores' data go.
    pub folder: PathBuf,
}

/// Makes a run. Whatever it started has ended when this returns.
pub async fn run(settings: &Settings) -> Result<Report, Error> {
    let cluster = Cluster::start(&settings.folder, &settings.binaries, settings.size).await?;
    let cluster = Arc::new(cluster);
    let outcome = break_and_prove(settings, &cluster).await;
    cluster.stop().await;
    outcome
}

async fn break_and_prove(settings: &Settings, cluster: &Arc<Cluster>) -> Result<Report, Error> {
    let records = Arc::new(Records::default());
    let workload = Workload::new(settings.seed, &cluster.entrance(), Arc::clone(&records))?;
    let stop = CancellationToken::new();
    let at_work = tokio::spawn(workload.run(settings.open_goals, stop.clone()));
    wait_for_the_first_goal(&records).await?;

    let until = Instant::now() + settings.lasts;
    let log = settings.folder.join("nemesis.log");
    let faults = nemesis::run(cluster, settings.seed, until, &log).await?;
    stop.cancel();
    cluster.heal().await?;

    let (healed, healed_at) = (Instant::now(), Timestamp::now());
    // Whoever is still on the way by then has found something: the records say what.
    let ended = timeout_at(healed + PATIENCE, at_work).await;
    ended.unwrap_or(Ok(()))?;
    wait_until_all_has_ended(cluster, healed + PATIENCE).await?;
    let until_ended = healed.elapsed();
    let last_delivery = wait_for_the_last_deliveries(cluster, Instant::now() + LAST_DELIVERIES).await?;

    let until_delivered = healed.elapsed();

    let history = collect_history(settings, cluster, &records).await?;
    let violations = check(&history);
    let waits = Waits { healed_at, until_ended, until_delivered, last_delivery };
    Ok(Report::of(settings, cluster, history, violations, faults, waits))
}

async fn wait_for_the_first_goal(records: &Records) -> Result<(), Error> {
    let begun = Instant::now();
    while !records.told().watched.values().any(|watched| watched.is_complete) {
        if begun.elapsed() > START {
            return Err("the system does not come up; its logs tell why".into());
        }
        sleep(PAUSE).await;
    }
    Ok(())
}

async fn wait_until_all_has_ended(cluster: &Cluster, deadline: Instant) -> Result<(), Error> {
    let database = cluster.stores.lock().await.database().await?;
    while collect::open_goals(&database).await? > 0 && Instant::now() < deadline {
        sleep(PAUSE).await;
    }
    Ok(())
}

/// Answers with what was there last.
async fn wait_for_the_last_deliveries(cluster: &Cluster, deadline: Instant) -> Result<Option<String>, Error> {
    let stores = cluster.stores.lock().await;
    let (database, mut redis) = (stores.database().await?, stores.redis().await?);
    let mut last = None;
    loop {
        let left = collect::left(&database, &mut redis).await?;
        let Some((place, content)) = left.first() else { return Ok(last) };
        last = Some(format!("{place}: {content}"));
        if Instant::now() >= deadline {
            return Ok(last);
        }
        sleep(PAUSE).await;
    }
}

async fn collect_history(
    settings: &Settings,
    cluster: &Cluster,
    records: &Records,
) -> Result<History, Error> {
    let stores = cluster.stores.lock().await;
    let (database, mut redis) = (stores.database().await?, stores.redis().await?);
    let told = records.told();
    let mut mishaps = told.mishaps;
    mishaps.extend(cluster.mishaps().await);
    Ok(History {
        goals: collect::goals(&database, settings.seed).await?,
        accepted: told.accepted.into_values().collect(),
        ledger: read_ledgers(&cluster.ledgers())?,
        watches: told.watched.into_values().collect(),
        verified: verify(cluster).await?,
        left: collect::left(&database, &mut redis).await?,
        mishaps,
    })
}

fn read_ledgers(ledgers: &[PathBuf]) -> Result<Vec<ledger::Line>, Error> {
    let mut lines = Vec::new();
    for path in ledgers.iter().filter(|path| Path::exists(path)) {
        lines.extend(ledger::read(path)?);
    }
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}

/// What the system finds about itself.
async fn verify(cluster: &Cluster) -> Result<Vec<(String, String)>, Error> {
    let address = cluster.persistence().ok_or("there is no persistence service")?;
    let mut client = PersistenceClient::connect(address).await?;
    let verified = client.verify(VerifyRequest::default()).await?.into_inner();
    let found = verified.violations.into_iter();
    Ok(found.map(|found| (found.workflow_id, format!("{}: {}", found.kind, found.message))).collect())
}
