//! The report: Markdown, with a chart as SVG beside it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use goalpost_worker::Failure;
use serde::{Deserialize, Serialize};

use crate::svg::chart;
use crate::weather::Weather;

/// What a report is made of.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// The city that was asked for.
    pub city: String,
    /// The report's title.
    #[serde(default)]
    pub title: Option<String>,
    /// The weather.
    pub weather: Weather,
}

/// Where the report is, and what it says.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The Markdown file.
    pub path: PathBuf,
    /// The SVG file.
    pub chart_path: PathBuf,
    /// The text.
    pub markdown: String,
    /// Who the weather is from.
    pub source: String,
    /// Whether it is live data.
    pub live: bool,
}

/// Writes the report into the folder. `key` makes its name unique: a second attempt with the same key
/// writes the same files. Failures: `WRITE`.
pub fn write(folder: &Path, key: &str, request: Request) -> Result<Report, Failure> {
    let Request { city, title, weather } = request;
    let title = title.unwrap_or_else(|| format!("Weather in {city}"));
    let name: String = city
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(40)
        .collect();
    let failed = |error: std::io::Error| Failure::new("WRITE", format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let folder = folder.canonicalize().map_err(failed)?;
    let (path, chart_path) =
        (folder.join(format!("{name}-{key}.md")), folder.join(format!("{name}-{key}.svg")));
    let chart_name = format!("{name}-{key}.svg");
    let markdown = markdown(&title, &weather, &chart_name);
    put(&chart_path, &chart(&title, &weather.days)).map_err(failed)?;
    put(&path, &markdown).map_err(failed)?;
    Ok(Report { path, chart_path, markdown, source: weather.source, live: weather.live })
}

fn markdown(title: &str, weather: &Weather, chart: &str) -> String {
    let kind =
        if weather.live { "live data" } else { "a record of past years, because live data could not be had" };
    let mut text = format!(
        "# {title}\n\n{}\n\nThis report uses {kind}. Source: {}.\n\n",
        weather.summary, weather.source
    );
    // Writing to a string cannot fail.
    let _ = write!(text, "![Temperatures and precipitation]({chart})\n\n");
    text.push_str("| date | max °C | min °C | precipitation mm | weather |\n|---|---:|---:|---:|---|\n");
    for day in &weather.days {
        let word = day.weather.as_deref().unwrap_or("");
        let _ = writeln!(
            text,
            "| {} | {:.1} | {:.1} | {:.1} | {word} |",
            day.date, day.temp_max_c, day.temp_min_c, day.precipitation_mm
        );
    }
    text
}

/// Writes a file whole or not at all.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(unfinished, path)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::climatology::usual_weather;

    #[test]
    fn a_report_says_which_data_it_used_and_stands_beside_its_chart() {
        let folder = tempfile::tempdir().unwrap();
        let weather = usual_weather("Seattle", date(2026, 7, 1)).unwrap();
        let request = Request { city: "Seattle".into(), title: None, weather };
        let report = write(folder.path(), "k1", request).unwrap();
        assert!(!report.live);
        assert!(report.markdown.contains("a record of past years") && report.markdown.contains("NOAA"));
        assert_eq!(std::fs::read_to_string(&report.path).unwrap(), report.markdown);
        assert!(report.markdown.contains(report.chart_path.file_name().unwrap().to_str().unwrap()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
