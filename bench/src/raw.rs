//! The raw limits of the machine: what each part of a step costs on its own.

use std::time::{Duration, Instant};

use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::Error;
use crate::figures::{Figures, percentile};
use crate::system::System;

/// How long each probe runs.
const LENGTH: Duration = Duration::from_secs(2);

pub(crate) async fn measure(system: &System, figures: &mut Figures) -> Result<(), Error> {
    let database = system.database().await?;
    database.batch_execute("CREATE TABLE IF NOT EXISTS bench_probe (id bigint)").await?;
    let insert = database.prepare("INSERT INTO bench_probe VALUES (1)").await?;
    let commits = sample(async || {
        database.execute(&insert, &[]).await?;
        Ok(())
    })
    .await?;
    figures.add("raw", "commit, p50", percentile(&commits, 0.5), "ms");
    figures.add("raw", "commits on one connection", rate(&commits), "1/s");
    database.batch_execute("DROP TABLE bench_probe").await?;

    let client = redis::Client::open(system.endpoints.redis_url.as_str())?;
    let mut redis = client.get_multiplexed_async_connection().await?;
    let pings = sample(async || Ok(redis::cmd("PING").exec_async(&mut redis).await?)).await?;
    figures.add("raw", "Redis round trip, p50", percentile(&pings, 0.5), "ms");

    let channel = Channel::from_shared(system.endpoints.persistence.clone())?.connect().await?;
    let mut health = HealthClient::new(channel);
    let calls = sample(async || {
        health.check(HealthCheckRequest::default()).await?;
        Ok(())
    })
    .await?;
    figures.add("raw", "gRPC unary call, p50", percentile(&calls, 0.5), "ms");
    Ok(())
}

/// Times of repeated calls in milliseconds, sorted.
async fn sample(mut call: impl AsyncFnMut() -> Result<(), Error>) -> Result<Vec<f64>, Error> {
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < LENGTH {
        let begin = Instant::now();
        call().await?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

fn rate(times: &[f64]) -> f64 {
    times.len() as f64 * 1e3 / times.iter().sum::<f64>()
}
