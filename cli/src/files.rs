//! Files that commands read.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use goalpost_model::{Blueprint, Policy};
use goalpost_notation::{Placed, Report, Style, read};
use goalpost_planning::{Catalog, Source};
use goalpost_policy::{Mistake, read_policy};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// A blueprint file, YAML or JSON. The failure shows where it is none.
pub(crate) fn blueprint(path: &Path) -> Result<Blueprint, Failure> {
    let text = text(path)?;
    let blueprint = read(&text).map(|written| written.blueprint);
    blueprint.map_err(|placed| shown(path, &text, *placed))
}

/// The failure that shows this in the file.
pub(crate) fn shown(path: &Path, text: &str, placed: Placed) -> Failure {
    let file = path.display().to_string();
    let report = Report { file: &file, text, found: &[placed] };
    Failure::Shown(report.people(style(&std::io::stderr())))
}

/// With colours on a terminal, unless they are not wanted: <https://no-color.org>.
pub(crate) fn style(stream: &impl IsTerminal) -> Style {
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if stream.is_terminal() && !is_plain { Style::Coloured } else { Style::Plain }
}

/// The catalogs as one.
pub(crate) fn catalog(paths: &[PathBuf]) -> Result<Catalog, Failure> {
    let texts = texts(paths)?;
    Catalog::parse(&sources(&texts)).map_err(|mistakes| Failure::Input(mistakes.to_string()))
}

/// A file with the policy of a goal.
pub(crate) fn policy(path: &Path) -> Result<Policy, Failure> {
    read_policy(&text(path)?).map_err(|mistakes| Failure::Input(told(path, &mistakes)))
}

/// What is wrong with a file of policies, a line each.
pub(crate) fn told(path: &Path, mistakes: &[Mistake]) -> String {
    let lines: Vec<String> =
        mistakes.iter().map(|mistake| format!("{}: {mistake}", path.display())).collect();
    lines.join("\n")
}

/// The names of the files, and their texts.
pub(crate) fn texts(paths: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    paths.iter().map(|path| Ok((path.display().to_string(), text(path)?))).collect()
}

/// Texts as the sources of a catalog.
pub(crate) fn sources(texts: &[(String, String)]) -> Vec<Source<'_>> {
    texts.iter().map(|(name, text)| Source { name, text }).collect()
}

/// The input of a goal: JSON, or `@` and the name of a file with JSON.
pub(crate) fn input(text_or_file: &str) -> Result<Map<String, Value>, Failure> {
    let json = match text_or_file.strip_prefix('@') {
        Some(path) => text(Path::new(path))?,
        None => text_or_file.to_owned(),
    };
    serde_json::from_str(&json)
        .map_err(|error| Failure::Input(format!("--input must be a JSON object: {error}")))
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::Input(format!("cannot read {}: {error}", path.display())))
}
