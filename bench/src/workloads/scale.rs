//! W9: one graph of very many tasks, as wide and as long as may be. Ten times the tasks have to cost about ten
//! times as much, in time, memory and statements.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use goalpost_proto::v1::Blueprint;
use tokio_postgres::Client;

use crate::figures::Figures;
use crate::processes::{peak_resident_mib, usage_of_tree};
use crate::system::System;
use crate::workloads::{idle, start_workers};
use crate::{Error, blueprints, probe};

/// Tasks of the smaller and of the larger graph.
const SIZES: [usize; 2] = [1_000, 10_000];

/// The widest graph and the longest one; and the longest one again, handed to and fro between two engines.
const SHAPES: [Shape; 3] = [
    // A root, a join, and everything else between them.
    Shape { name: "fan-out and join", blueprint: |tasks| blueprints::fan_out(tasks - 2), engines: 1 },
    Shape { name: "chain", blueprint: blueprints::chain, engines: 1 },
    Shape { name: "chain at two engines", blueprint: blueprints::chain, engines: 2 },
];

struct Shape {
    name: &'static str,
    blueprint: fn(usize) -> Blueprint,
    engines: usize,
}

/// What a graph has cost, from its submission to its end.
struct Cost {
    submit_seconds: f64,
    wall_seconds: f64,
    cpu_seconds: f64,
    idle_mib: f64,
    peak_mib: f64,
    statements: f64,
}

pub(crate) async fn measure(goalpost: &Path, figures: &mut Figures) -> Result<(), Error> {
    for Shape { name, blueprint, engines } in SHAPES {
        let mut costs = Vec::new();
        for tasks in SIZES {
            let cost = in_new_systems(goalpost, engines, &blueprint(tasks)).await?;
            show(figures, &format!("{name}, {tasks} tasks"), tasks, &cost);
            costs.push(cost);
        }
        let [smaller, larger] = costs.as_slice() else { continue };
        let mut growth = |what: &str, of: fn(&Cost) -> f64| {
            figures.add("W9", format!("{name}: growth of {what}"), of(larger) / of(smaller), "ratio");
        };
        growth("wall time", |cost| cost.wall_seconds);
        growth("CPU", |cost| cost.cpu_seconds);
        growth("memory beyond that before", |cost| cost.peak_mib - cost.idle_mib);
        growth("statements", |cost| cost.statements);
    }
    Ok(())
}

fn show(figures: &mut Figures, what: &str, tasks: usize, cost: &Cost) {
    let mut add = |of: &str, value, unit| figures.add("W9", format!("{what}: {of}"), value, unit);
    add("wall time, submission included", cost.wall_seconds, "s");
    add("wall time for a task", cost.wall_seconds * 1e3 / tasks as f64, "ms");
    add("CPU of everything for a task", cost.cpu_seconds * 1e3 / tasks as f64, "ms");
    add("submission", cost.submit_seconds, "s");
    add("memory of goalpost before", cost.idle_mib, "MiB");
    add("peak memory of goalpost", cost.peak_mib, "MiB");
    add("SQL statements", cost.statements, "");
}

/// A peak of memory is that of a process's whole life: each graph has systems of its own, which share the
/// stores of the first.
async fn in_new_systems(goalpost: &Path, count: usize, blueprint: &Blueprint) -> Result<Cost, Error> {
    let mut systems = vec![System::start(goalpost).await?];
    let stores = systems[0].endpoints.clone();
    let stores = ["--database-url", &stores.database_url, "--redis-url", &stores.redis_url];
    while systems.len() < count {
        systems.push(System::start_with(goalpost, &stores).await?);
    }
    let outcome = run(&systems, blueprint).await;
    // The stores go last.
    while let Some(system) = systems.pop() {
        system.stop().await?;
    }
    outcome
}

async fn run(systems: &[System], blueprint: &Blueprint) -> Result<Cost, Error> {
    let first = &systems[0];
    let mut workers = Vec::new();
    for system in systems {
        workers.push(start_workers(system).await?);
    }
    let (database, mut client) = (first.database().await?, probe::connect(first).await?);
    // Who watches from outside is not counted.
    database
        .batch_execute("CREATE EXTENSION pg_stat_statements; SET pg_stat_statements.track = none")
        .await?;
    // The first ones compile, prepare and connect.
    probe::submit_many(&client, &blueprints::chain(5), 100).await?;
    probe::wait_for_all(&database).await?;
    let (statements, cpu) = (idle::statements(&database).await?, cpu_seconds(systems)?);
    let idle_mib = peak_mib(systems)?;

    let begin = now()?;
    let goal = probe::submit(&mut client, blueprint, 0).await?;
    let submit_seconds = now()? - begin;
    probe::wait_for_all(&database).await?;
    let cost = Cost {
        submit_seconds,
        wall_seconds: end_of(&database, &goal).await? - begin,
        cpu_seconds: cpu_seconds(systems)? - cpu,
        idle_mib,
        peak_mib: peak_mib(systems)?,
        statements: (idle::statements(&database).await? - statements) as f64,
    };
    for workers in workers {
        workers.stop().await?;
    }
    Ok(cost)
}

/// What goalpost and its stores have used, all of them together.
fn cpu_seconds(systems: &[System]) -> Result<f64, Error> {
    let mut sum = 0.0;
    for system in systems {
        sum += usage_of_tree(system.pid())?.values().map(|usage| usage.cpu_seconds).sum::<f64>();
    }
    Ok(sum)
}

/// The peaks of all goalpost processes together.
fn peak_mib(systems: &[System]) -> Result<f64, Error> {
    systems.iter().map(|system| peak_resident_mib(system.pid())).sum()
}

/// Seconds of the clock that the database has, too.
fn now() -> Result<f64, Error> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64())
}

async fn end_of(database: &Client, goal: &str) -> Result<f64, Error> {
    let end = "SELECT extract(epoch FROM ended_at)::float8 FROM goals WHERE id::text = $1";
    Ok(database.query_one(end, &[&goal]).await?.try_get(0)?)
}
