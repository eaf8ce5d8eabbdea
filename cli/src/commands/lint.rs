//! `goalpost lint`: checks a blueprint file without a running system.

use std::path::PathBuf;

use clap::Args;
use goalpost_checker::check;
use goalpost_model::Severity;

use crate::failure::Failure;
use crate::files;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The blueprint file, YAML or JSON.
    file: PathBuf,
    /// A catalog with the capabilities; may be given more than once. Without one the
    /// capabilities that the blueprint itself defines count.
    #[arg(long, env = "GOALPOST_CATALOG", value_delimiter = ',')]
    catalog: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let blueprint = files::blueprint(&arguments.file)?;
    let checked = match arguments.catalog.as_slice() {
        [] => check(&blueprint, &blueprint.capabilities),
        catalogs => check(&blueprint, &files::catalog(catalogs)?),
    };
    for finding in &checked.findings {
        println!("{finding}");
    }
    let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let (tasks, edges) = (blueprint.tasks.len(), blueprint.edges.len());
    println!("{}: {tasks} tasks, {edges} edges, {errors} errors", arguments.file.display());
    if errors == 0 { Ok(()) } else { Err(Failure::Negative) }
}
