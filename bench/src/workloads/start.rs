//! W6: from the start of `goalpost dev` on an empty directory to the end of its first workflow.

use std::path::Path;
use std::time::Instant;

use crate::figures::Figures;
use crate::system::System;
use crate::workloads::start_workers;
use crate::{Error, blueprints, probe};

pub(crate) async fn measure(goalpost: &Path, figures: &mut Figures) -> Result<(), Error> {
    let begin = Instant::now();
    let system = System::start(goalpost).await?;
    figures.add("W6", "start to ready", begin.elapsed().as_secs_f64(), "s");
    let outcome = first_workflow(&system).await;
    figures.add("W6", "start to first workflow ended", begin.elapsed().as_secs_f64(), "s");
    system.stop().await?;
    outcome
}

async fn first_workflow(system: &System) -> Result<(), Error> {
    let workers = start_workers(system).await?;
    let database = system.database().await?;
    let mut client = probe::connect(system).await?;
    probe::submit(&mut client, &blueprints::chain(5), 0).await?;
    probe::wait_for_all(&database).await?;
    workers.stop().await
}
