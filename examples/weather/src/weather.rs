//! The shape in which both sources answer; see `catalogs/weather.yaml`.

use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct City {
    /// Its name.
    pub city: String,
}

/// Weather of a city, by day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weather {
    /// The city.
    pub city: String,
    /// Its country, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Degrees north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// Who says so.
    pub source: String,
    /// True for live data, false for a record of past years.
    pub live: bool,
    /// One or two sentences for people.
    pub summary: String,
    /// The days, ascending.
    pub days: Vec<Day>,
}

/// One day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// YYYY-MM-DD.
    pub date: String,
    /// Degrees Celsius.
    pub temp_max_c: f64,
    /// Degrees Celsius.
    pub temp_min_c: f64,
    /// Millimetres.
    pub precipitation_mm: f64,
    /// One word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weather: Option<String>,
}

/// A sentence about the days.
pub fn summarise(what: &str, days: &[Day]) -> String {
    let (mut warmest, mut coldest, mut rain) = (f64::MIN, f64::MAX, 0.0);
    for day in days {
        warmest = warmest.max(day.temp_max_c);
        coldest = coldest.min(day.temp_min_c);
        rain += day.precipitation_mm;
    }
    format!("{what}: {coldest:.1} to {warmest:.1} °C, {rain:.1} mm of precipitation in {} days.", days.len())
}
