//! W7: very many tasks under a short retention. Tables, Redis and memory have to become flat.

use std::path::Path;
use std::time::Duration;

use tokio_postgres::Client;

use crate::figures::Figures;
use crate::processes::usage_of_tree;
use crate::system::System;
use crate::workloads::start_workers;
use crate::{Error, blueprints, probe};

/// As short as days are long: what is older than two partitions goes.
const POLICY: [&str; 4] = ["--retention-seconds", "20", "--history-partition-seconds", "10"];
/// The clock of the server's housekeeping is as short: by default it looks once a minute, three times
/// the retention.
const HOUSEKEEPING: [&str; 2] = ["ALTER SYSTEM SET autovacuum_naptime = '1s'", "SELECT pg_reload_conf()"];
/// Tasks between two looks.
const ROUND: usize = 50_000;
const CHAIN: usize = 5;

pub(crate) async fn measure(goalpost: &Path, tasks: usize, figures: &mut Figures) -> Result<(), Error> {
    let system = System::start_with(goalpost, &POLICY).await?;
    let outcome = run(&system, tasks, figures).await;
    system.stop().await?;
    outcome
}

async fn run(system: &System, tasks: usize, figures: &mut Figures) -> Result<(), Error> {
    let workers = start_workers(system).await?;
    let (database, client) = (system.database().await?, probe::connect(system).await?);
    for statement in HOUSEKEEPING {
        database.execute(statement, &[]).await?;
    }
    let blueprint = blueprints::chain(CHAIN);
    for round in 1..=tasks.div_ceil(ROUND) {
        probe::submit_many(&client, &blueprint, ROUND / CHAIN).await?;
        probe::wait_for_all(&database).await?;
        look(system, &database, &format!("after {} tasks", round * ROUND), figures).await?;
    }
    // This watches from outside and is no part of the system: it asks.
    while count(&database, "goals").await? > 0 {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    look(system, &database, "when all is old enough", figures).await?;
    workers.stop().await
}

async fn look(system: &System, database: &Client, when: &str, figures: &mut Figures) -> Result<(), Error> {
    for table in ["goals", "tasks", "events", "outbox", "timers", "event_partitions"] {
        figures.add("W7", format!("{table} {when}"), count(database, table).await? as f64, "rows");
    }
    let size = "SELECT pg_database_size(current_database())::float8 / 1048576";
    figures.add("W7", format!("database {when}"), database.query_one(size, &[]).await?.try_get(0)?, "MiB");
    let client = redis::Client::open(system.endpoints.redis_url.as_str())?;
    let mut redis = client.get_multiplexed_async_connection().await?;
    let info: String = redis::cmd("INFO").arg("memory").query_async(&mut redis).await?;
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).ok_or("no used_memory")?;
    figures.add("W7", format!("Redis {when}"), used.trim().parse::<f64>()? / 1_048_576.0, "MiB");
    if let Some(usage) = usage_of_tree(system.pid())?.get("goalpost") {
        figures.add("W7", format!("resident memory of goalpost {when}"), usage.resident_mib, "MiB");
    }
    Ok(())
}

async fn count(database: &Client, table: &str) -> Result<i64, Error> {
    Ok(database.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.try_get(0)?)
}
