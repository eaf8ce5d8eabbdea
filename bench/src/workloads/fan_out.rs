//! W4: one workflow that spreads to 1,000 tasks and joins them.

use crate::figures::Figures;
use crate::system::System;
use crate::{Error, blueprints, probe};

const WIDTH: usize = 1_000;

pub(crate) async fn measure(system: &System, figures: &mut Figures) -> Result<(), Error> {
    let database = system.database().await?;
    let mut client = probe::connect(system).await?;
    probe::clear(&database).await?;
    probe::submit(&mut client, &blueprints::fan_out(WIDTH), 0).await?;
    probe::wait_for_all(&database).await?;
    let span = probe::span(&database).await?;
    figures.add("W4", format!("fan-out of {WIDTH} and join"), span.run_seconds * 1e3, "ms");
    figures.add("W4", "steps", span.steps / span.run_seconds, "steps/s");
    Ok(())
}
