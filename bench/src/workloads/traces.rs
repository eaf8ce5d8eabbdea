//! W8: recorded runs of real workflows. With workers enough, a run takes at least its longest path of
//! recorded times; what it takes beyond that, the engine has added.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use goalpost_proto::blueprint_from_model;
use goalpost_wfformat::{TimeScale, Trace};

use crate::figures::Figures;
use crate::system::System;
use crate::{Error, blueprints, probe};

/// How long the longest path of each trace takes, in seconds.
const LONGEST_PATH: f64 = 5.0;

pub(crate) async fn measure(system: &System, folder: &Path, figures: &mut Figures) -> Result<(), Error> {
    // The first ones compile, prepare and connect.
    let client = probe::connect(system).await?;
    probe::submit_many(&client, &blueprints::chain(5), 100).await?;
    probe::wait_for_all(&system.database().await?).await?;
    for file in traces(folder)? {
        let wrong = |error: &dyn Display| Error::from(format!("{}: {error}", file.display()));
        let trace = Trace::parse(&std::fs::read_to_string(&file)?).map_err(|mistakes| wrong(&mistakes))?;
        let scale = trace.scale_to(LONGEST_PATH).map_err(|error| wrong(&error))?;
        let makespan = replay(system, &trace, scale).await.map_err(|error| wrong(&error))?;
        let longest = scale.replayed_seconds(trace.longest_path_seconds());
        let (name, tasks) = (file.file_stem().unwrap_or_default().to_string_lossy(), trace.tasks().len());
        figures.add("W8", format!("{name}, {tasks} tasks: longest path"), longest, "s");
        figures.add("W8", format!("{name}: makespan, submission included"), makespan, "s");
        figures.add("W8", format!("{name}: makespan / longest path"), makespan / longest, "ratio");
    }
    Ok(())
}

/// Runs the trace to its end; answers with the seconds from its submission on.
async fn replay(system: &System, trace: &Trace, scale: TimeScale) -> Result<f64, Error> {
    let (database, mut client) = (system.database().await?, probe::connect(system).await?);
    let blueprint = blueprint_from_model(&trace.blueprint(scale)?);
    probe::clear(&database).await?;
    probe::submit(&mut client, &blueprint, 0).await?;
    probe::wait_for_all(&database).await?;
    let (span, tasks) = (probe::span(&database).await?, trace.tasks().len());
    match span.steps == tasks as f64 {
        true => Ok(span.whole_seconds),
        false => Err(format!("{} of {tasks} tasks succeeded", span.steps).into()),
    }
}

/// The folder's JSON files, by name.
fn traces(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let files = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>())
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let is_trace = |file: &PathBuf| file.extension().is_some_and(|end| end == "json");
    let mut traces: Vec<PathBuf> = files.into_iter().filter(is_trace).collect();
    traces.sort_unstable();
    match traces.is_empty() {
        true => Err(format!("{} has no file that ends in .json", folder.display()).into()),
        false => Ok(traces),
    }
}
