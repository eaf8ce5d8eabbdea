//! `goalpost import`: makes a blueprint of a file of another system.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use goalpost_notation::{Language, write};
use goalpost_wfformat::{TimeScale, Trace};

use crate::failure::Failure;
use crate::files;
use crate::out;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    from: Source,
}

#[derive(Subcommand)]
enum Source {
    /// A recorded run of a workflow in WfFormat 1.5: each task sleeps its recorded time, scaled, in a
    /// worker that offers `wfformat.sleep`.
    Wfformat(Wfformat),
}

#[derive(Args)]
struct Wfformat {
    /// The trace, JSON.
    file: PathBuf,
    /// What recorded times are divided by: 100 replays a hundred times as fast.
    #[arg(long)]
    time_scale: TimeScale,
    /// Where the blueprint goes. [default: standard output]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// The blueprint's language. [default: JSON if the file is named so, else YAML]
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.from {
        Source::Wfformat(trace) => wfformat(trace),
    }
}

fn wfformat(arguments: &Wfformat) -> Result<(), Failure> {
    let Wfformat { file, time_scale, to, format } = arguments;
    let wrong = |mistakes| Failure::Input(format!("{}: {mistakes}", file.display()));
    let trace = Trace::parse(&files::text(file)?).map_err(wrong)?;
    let blueprint = trace.blueprint(*time_scale).map_err(wrong)?;
    let format = format.unwrap_or_else(|| Format::of(to.as_deref()));
    let text = write(&blueprint, format.into());
    match to {
        Some(path) => std::fs::write(path, text)
            .map_err(|error| Failure::Input(format!("cannot write {}: {error}", path.display())))?,
        None => out::text(text)?,
    }
    let longest = trace.longest_path_seconds();
    // Standard output may be the blueprint.
    out::note(format_args!(
        "{}: {} tasks, {} edges; the longest path takes {longest:.3} s, scaled {:.3} s\n",
        file.display(),
        blueprint.tasks.len(),
        blueprint.edges.len(),
        time_scale.replayed_seconds(longest),
    ));
    Ok(())
}

impl Format {
    /// As the file's end says.
    fn of(output: Option<&Path>) -> Self {
        let end = output.and_then(Path::extension);
        if end.is_some_and(|end| end.eq_ignore_ascii_case("json")) { Self::Json } else { Self::Yaml }
    }
}

impl From<Format> for Language {
    fn from(format: Format) -> Self {
        match format {
            Format::Yaml => Self::Yaml,
            Format::Json => Self::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOSAIC: &str = include_str!("../../../examples/wfformat/data/mosaic.json");

    #[test]
    fn what_is_written_is_read_again_in_both_languages() {
        // Ids that YAML could take for something else.
        let trace =
            MOSAIC.replace("project:a", "no").replace("project:b", "1e5").replace("1.list", "# ~: \\\"x\\\"");
        let trace = Trace::parse(&trace).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let blueprint = trace.blueprint("10".parse().unwrap()).unwrap();
        for format in [Format::Yaml, Format::Json] {
            let text = write(&blueprint, format.into());
            assert_eq!(goalpost_notation::read(&text).unwrap().blueprint, blueprint, "{text}");
        }
    }

    #[test]
    fn the_end_of_the_file_chooses_the_language() {
        for (output, is_json) in
            [(None, false), (Some("a.JSON"), true), (Some("a.yaml"), false), (Some("json"), false)]
        {
            assert_eq!(matches!(Format::of(output.map(Path::new)), Format::Json), is_json, "{output:?}");
        }
    }
}
