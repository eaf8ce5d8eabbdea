//! W3: conditional diamonds: a choice between two, one of them skipped, joined again.

use crate::figures::Figures;
use crate::system::System;
use crate::{Error, blueprints, probe};

pub(crate) async fn measure(system: &System, count: usize, figures: &mut Figures) -> Result<(), Error> {
    let database = system.database().await?;
    let client = probe::connect(system).await?;
    probe::clear(&database).await?;
    probe::submit_many(&client, &blueprints::diamond(), count).await?;
    probe::wait_for_all(&database).await?;
    let span = probe::span(&database).await?;
    figures.add("W3", format!("{count} diamonds"), span.steps / span.whole_seconds, "steps/s");
    figures.add("W3", "workflows", count as f64 / span.whole_seconds, "1/s");
    Ok(())
}
