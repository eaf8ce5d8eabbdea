//! What people see.

pub(crate) mod access;
pub(crate) mod approvals;
pub(crate) mod catalog;
pub(crate) mod describe;
pub(crate) mod events;
pub(crate) mod goal;
pub(crate) mod history;
pub(crate) mod live;
pub(crate) mod operations;
pub(crate) mod rungs;

use comfy_table::{Table, presets::NOTHING};
use goalpost_client::v1::Failure;
pub(crate) use goalpost_notation::drawing::shorten;
use pbjson_types::Timestamp;

/// The last part of an enum's name in the API, in lower case: `GOAL_STATE_RUNNING` -> `running`.
pub(crate) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase().replace('_', " ")
}

/// A table without lines and colours, for the columns with these names.
pub(crate) fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header);
    table
}

/// The table in lines without spaces at their ends.
pub(crate) fn aligned(table: &Table) -> String {
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end().strip_prefix(' ').unwrap_or(line.trim_end()));
        text.push('\n');
    }
    text
}

/// A time of day and its day, to the second; nothing if there is none.
pub(crate) fn at(timestamp: Option<&Timestamp>) -> String {
    let at = timestamp.and_then(|at| jiff::Timestamp::new(at.seconds, 0).ok());
    at.map(|at| at.to_string()).unwrap_or_default()
}

/// The time of day, to the millisecond, in UTC.
pub(crate) fn clock(timestamp: Option<&Timestamp>) -> String {
    let at = timestamp.and_then(|at| jiff::Timestamp::new(at.seconds, at.nanos).ok());
    at.map(|at| at.strftime("%H:%M:%S%.3f").to_string()).unwrap_or_default()
}

/// Seconds since the beginning of time.
pub(crate) fn seconds(timestamp: &Timestamp) -> f64 {
    timestamp.seconds as f64 + f64::from(timestamp.nanos) / 1e9
}

/// A span for people: to the millisecond below ten seconds, then to the second, the minute, the hour.
pub(crate) fn span(seconds: f64) -> String {
    match seconds.max(0.0) {
        short if short < 10.0 => format!("{short:.3} s"),
        short if short < 120.0 => format!("{short:.0} s"),
        long if long < 7_200.0 => format!("{:.0} min", long / 60.0),
        long => format!("{:.1} h", long / 3_600.0),
    }
}

/// A failure in one line.
pub(crate) fn failure(failure: &Failure) -> String {
    format!("{}: {}", failure.kind, shorten(&failure.message, 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_as_exact_as_it_is_short() {
        let spans = [0.0123, 59.6, 600.0, 9_000.0].map(span);
        assert_eq!(spans, ["0.012 s", "60 s", "10 min", "2.5 h"]);
    }

    #[test]
    fn a_table_has_no_lines_and_no_spaces_around_it() {
        let mut table = table(["A", "B"]);
        table.add_row(["1", ""]).add_row(["two", "x"]);
        assert_eq!(aligned(&table), "A    B\n1\ntwo  x\n");
    }
}
