//! W1: many workflows of five steps, as fast as they go.

use crate::figures::Figures;
use crate::processes::usage_of_tree;
use crate::system::System;
use crate::{Error, blueprints, probe};

pub(crate) async fn measure(system: &System, count: usize, figures: &mut Figures) -> Result<(), Error> {
    let database = system.database().await?;
    let client = probe::connect(system).await?;
    let blueprint = blueprints::chain(5);
    // The first ones compile, prepare and connect.
    probe::submit_many(&client, &blueprint, 100).await?;
    probe::wait_for_all(&database).await?;
    probe::clear(&database).await?;
    let before = usage_of_tree(system.pid())?;
    probe::submit_many(&client, &blueprint, count).await?;
    probe::wait_for_all(&database).await?;
    let after = usage_of_tree(system.pid())?;
    let span = probe::span(&database).await?;
    figures.add(
        "W1",
        format!("{count} chains of 5, submission included"),
        span.steps / span.whole_seconds,
        "steps/s",
    );
    figures.add("W1", "first attempt to last end", span.steps / span.run_seconds, "steps/s");
    figures.add("W1", "workflows", count as f64 / span.whole_seconds, "1/s");
    let steps = span.steps / span.whole_seconds;
    figures.add_ratio(
        "W1",
        "steps for each commit that one connection could do",
        steps,
        ("raw", "commits on one connection"),
    );
    for (program, usage) in after {
        let earlier = before.get(&program).copied().unwrap_or_default();
        let microseconds = (usage.cpu_seconds - earlier.cpu_seconds) * 1e6 / span.steps;
        figures.add("W1", format!("CPU of {program} for a step"), microseconds, "us");
    }
    Ok(())
}
