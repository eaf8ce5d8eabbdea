//! `goalpost lint`: checks a blueprint file without a running system.

use std::path::PathBuf;

use clap::Args;
use goalpost_checker::{Checked, check, code};
use goalpost_model::{Blueprint, Severity, WorstCase};
use goalpost_notation::{Report, UNREADABLE, UNREADABLE_MEANING, read};

use crate::failure::Failure;
use crate::files;
use crate::out;
use crate::session::{Output, Session};

/// Exit code 0: no error (there may be warnings); 1: errors; 2: the file cannot be read as a blueprint,
/// or a catalog cannot be used. What each code means, and how it is mended: docs/findings.md.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The blueprint file, YAML or JSON.
    file: PathBuf,
    /// A catalog with the capabilities; may be given more than once. Without one the
    /// capabilities that the blueprint itself defines count.
    #[arg(long, env = "GOALPOST_CATALOG", value_delimiter = ',')]
    catalog: Vec<PathBuf>,
    /// Print SARIF 2.1.0, for code hosts and editors.
    #[arg(long)]
    sarif: bool,
}

pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<(), Failure> {
    let text = files::text(&arguments.file)?;
    let file = arguments.file.display().to_string();
    let report = |found| Report { file: &file, text: &text, found };
    match read(&text) {
        Ok(written) => {
            let checked = checked(&written.blueprint, &arguments.catalog)?;
            let found = written.place(checked.findings);
            let known = Known { blueprint: &written.blueprint, worst_case: checked.worst_case };
            print(session, arguments.sarif, &report(&found), Some(&known))?;
            let is_clean = report(&found).count(Severity::Error) == 0;
            if is_clean { Ok(()) } else { Err(Failure::Negative) }
        }
        Err(placed) => {
            print(session, arguments.sarif, &report(&[*placed]), None)?;
            Err(Failure::Shown(String::new()))
        }
    }
}

/// What is known of a blueprint besides its findings.
struct Known<'a> {
    blueprint: &'a Blueprint,
    worst_case: Option<WorstCase>,
}

fn checked(blueprint: &Blueprint, catalogs: &[PathBuf]) -> Result<Checked, Failure> {
    Ok(match catalogs {
        [] => check(blueprint, &blueprint.capabilities),
        catalogs => check(blueprint, &files::catalog(catalogs)?),
    })
}

fn print(
    session: &Session,
    sarif: bool,
    report: &Report<'_>,
    known: Option<&Known<'_>>,
) -> Result<(), Failure> {
    let worst_case = known.and_then(|known| known.worst_case.as_ref());
    if sarif {
        return out::line(format_args!("{:#}", report.sarif(&rules())));
    }
    if session.output == Output::Table {
        out::text(report.people(files::style(&std::io::stdout())))?;
        out::line(summary(report, known.map(|known| known.blueprint)))?;
        return worst_case.iter().try_for_each(out::line);
    }
    let mut object = report.json();
    if let Some(worst_case) = worst_case {
        object["worst_case"] = serde_json::json!(worst_case);
    }
    session.show(&object, || "")
}

fn summary(report: &Report<'_>, blueprint: Option<&Blueprint>) -> String {
    let count =
        |number: usize, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
    let mut parts = Vec::new();
    if let Some(blueprint) = blueprint {
        parts.extend([count(blueprint.tasks.len(), "task"), count(blueprint.edges.len(), "edge")]);
    }
    parts.push(count(report.count(Severity::Error), "error"));
    parts.push(count(report.count(Severity::Warning), "warning"));
    let hint = if report.found.is_empty() { "" } else { "; docs/findings.md explains each code" };
    format!("{}: {}{hint}", report.file, parts.join(", "))
}

/// Every code, with what it means.
fn rules() -> Vec<(&'static str, &'static str)> {
    let checked = code::ALL.iter().filter_map(|code| Some((*code, code::meaning(code)?)));
    std::iter::once((UNREADABLE, UNREADABLE_MEANING)).chain(checked).collect()
}
