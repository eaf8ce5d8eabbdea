//! W2: the latency of a step: one workflow of 20 steps at a time on an idle system.

use crate::figures::{Figures, percentile};
use crate::system::System;
use crate::{Error, blueprints, probe};

const STEPS: usize = 20;
const ROUNDS: usize = 40;

pub(crate) async fn measure(system: &System, figures: &mut Figures) -> Result<(), Error> {
    let database = system.database().await?;
    let mut client = probe::connect(system).await?;
    let blueprint = blueprints::chain(STEPS);
    probe::clear(&database).await?;
    for number in 0..ROUNDS {
        probe::submit(&mut client, &blueprint, number).await?;
        probe::wait_for_all(&database).await?;
    }
    // From one step's end to the next one's, without the first rounds.
    let rows = database
        .query(
            "SELECT extract(epoch FROM ended_at - lag(ended_at) OVER (PARTITION BY workflow_id ORDER BY ordinal))::float8 * 1000 \
             FROM tasks WHERE workflow_id IN (SELECT id FROM workflows ORDER BY created_at OFFSET 5)",
            &[],
        )
        .await?;
    let mut steps: Vec<f64> = rows.iter().filter_map(|row| row.get::<_, Option<f64>>(0)).collect();
    steps.sort_by(f64::total_cmp);
    figures.add("W2", "step latency, p50", percentile(&steps, 0.5), "ms");
    figures.add("W2", "step latency, p99", percentile(&steps, 0.99), "ms");
    figures.add_ratio(
        "W2",
        "commits' worth of time in a step",
        percentile(&steps, 0.5),
        ("raw", "commit, p50"),
    );
    Ok(())
}
