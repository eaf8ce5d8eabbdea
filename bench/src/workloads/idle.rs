//! W5: what a system with a connected worker costs while nothing happens.

use std::time::Duration;

use tokio_postgres::Client;

use crate::Error;
use crate::figures::Figures;
use crate::processes::usage_of_tree;
use crate::system::System;

/// For connections and start-up work to settle.
const SETTLE: Duration = Duration::from_secs(10);

pub(crate) async fn measure(system: &System, seconds: u64, figures: &mut Figures) -> Result<(), Error> {
    let database = system.database().await?;
    let client = redis::Client::open(system.endpoints.redis_url.as_str())?;
    let mut redis = client.get_multiplexed_async_connection().await?;
    database.batch_execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await?;
    tokio::time::sleep(SETTLE).await;

    let before = (statements(&database).await?, commands(&mut redis).await?, usage_of_tree(system.pid())?);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let after = (statements(&database).await?, commands(&mut redis).await?, usage_of_tree(system.pid())?);

    // Redis counts the second look too.
    figures.add("W5", format!("SQL statements in {seconds} s"), (after.0 - before.0) as f64, "");
    figures.add("W5", format!("Redis commands in {seconds} s"), (after.1 - before.1 - 1) as f64, "");
    for (program, usage) in after.2 {
        let earlier = before.2.get(&program).copied().unwrap_or_default();
        let cpu = usage.cpu_seconds - earlier.cpu_seconds;
        figures.add("W5", format!("CPU of {program} in {seconds} s"), cpu, "s");
        figures.add("W5", format!("resident memory of {program}"), usage.resident_mib, "MiB");
    }
    Ok(())
}

/// Statements that the server has run, without those that ask for this.
pub(crate) async fn statements(database: &Client) -> Result<i64, Error> {
    let sql = "SELECT coalesce(sum(calls), 0)::int8 FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'";
    Ok(database.query_one(sql, &[]).await?.get(0))
}

async fn commands(redis: &mut redis::aio::MultiplexedConnection) -> Result<i64, Error> {
    let info: String = redis::cmd("INFO").arg("stats").query_async(redis).await?;
    let line = info.lines().find_map(|line| line.strip_prefix("total_commands_processed:"));
    Ok(line.ok_or("Redis does not count its commands")?.trim().parse()?)
}
