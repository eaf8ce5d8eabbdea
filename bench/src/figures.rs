//! What was measured: a table for people, JSON for machines.

use std::path::Path;

use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;

use crate::Error;

/// Every figure of one run, in the order in which they were taken.
#[derive(Default, Serialize)]
pub(crate) struct Figures {
    figures: Vec<Figure>,
}

#[derive(Serialize)]
struct Figure {
    probe: &'static str,
    what: String,
    value: f64,
    unit: &'static str,
}

impl Figures {
    pub(crate) fn add(
        &mut self,
        probe: &'static str,
        what: impl Into<String>,
        value: f64,
        unit: &'static str,
    ) {
        let what = what.into();
        eprintln!("{probe}  {what}: {} {unit}", round(value));
        self.figures.push(Figure { probe, what, value, unit });
    }

    /// A figure divided by one that was measured in the same run, if both are there.
    pub(crate) fn add_ratio(&mut self, probe: &'static str, what: &str, value: f64, of: (&str, &str)) {
        let base = self.figures.iter().find(|figure| (figure.probe, figure.what.as_str()) == of);
        if let Some(base) = base.map(|figure| figure.value).filter(|base| *base > 0.0) {
            self.add(probe, what, value / base, "ratio");
        }
    }

    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_header(["probe", "what", "value", "unit"]);
        for figure in &self.figures {
            table.add_row([figure.probe, &figure.what, &round(figure.value), figure.unit]);
        }
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, serde_json::to_string_pretty(self)?)?;
        Ok(())
    }
}

fn round(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// The value below which `share` (0 to 1) of the sorted samples lie.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = ((sorted.len() as f64 - 1.0) * share).round();
    sorted.get(place as usize).copied().unwrap_or(0.0)
}
