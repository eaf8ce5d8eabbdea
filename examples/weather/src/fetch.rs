//! Live weather from Open-Meteo, which wants no key.

use std::time::Duration;

use goalpost_worker::Failure;
use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::weather::{Day, Weather, summarise};

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client of Open-Meteo.
#[derive(Clone, Debug)]
pub struct OpenMeteo {
    client: Client,
    geocoding_url: String,
    forecast_url: String,
}

#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    results: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    name: String,
    #[serde(default)]
    country: Option<String>,
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
struct Forecast {
    daily: Daily,
}

/// Columns of equal length; what is not known yet is null.
#[derive(Deserialize)]
struct Daily {
    time: Vec<String>,
    temperature_2m_max: Vec<Option<f64>>,
    temperature_2m_min: Vec<Option<f64>>,
    precipitation_sum: Vec<Option<f64>>,
    weather_code: Vec<Option<f64>>,
}

impl OpenMeteo {
    /// A client of the services at these addresses.
    pub fn new(
        geocoding_url: impl Into<String>,
        forecast_url: impl Into<String>,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder().timeout(TIMEOUT).build()?;
        Ok(Self { client, geocoding_url: geocoding_url.into(), forecast_url: forecast_url.into() })
    }

    /// The past 7 days and the next 7 of a city. Failures: `NOT_FOUND`, `TIMEOUT`, `HTTP`.
    pub async fn fetch(&self, city: &str) -> Result<Weather, Failure> {
        let place = [("name", city), ("count", "1")];
        let places: Places = self.get(&self.geocoding_url, &place).await?;
        let place = places.results.into_iter().next();
        let place =
            place.ok_or_else(|| Failure::new("NOT_FOUND", format!("Open-Meteo knows no city '{city}'")))?;
        let (latitude, longitude) = (place.latitude.to_string(), place.longitude.to_string());
        let query = [
            ("latitude", latitude.as_str()),
            ("longitude", longitude.as_str()),
            ("daily", "temperature_2m_max,temperature_2m_min,precipitation_sum,weather_code"),
            ("past_days", "7"),
            ("forecast_days", "7"),
            ("timezone", "auto"),
        ];
        let forecast: Forecast = self.get(&self.forecast_url, &query).await?;
        let days = days(forecast.daily);
        Ok(Weather {
            summary: summarise(&format!("{}, the past 7 days and the next 7", place.name), &days),
            city: place.name,
            country: place.country,
            latitude: Some(place.latitude),
            longitude: Some(place.longitude),
            source: "Open-Meteo live data".to_owned(),
            live: true,
            days,
        })
    }

    async fn get<T: DeserializeOwned>(&self, url: &str, query: &[(&str, &str)]) -> Result<T, Failure> {
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let answer = self.client.get(format!("{url}?{}", query.join("&"))).send().await;
        let answer =
            answer.and_then(reqwest::Response::error_for_status).map_err(|error| failure(url, error))?;
        answer.json().await.map_err(|error| failure(url, error))
    }
}

/// Days with every figure; the others are left out.
fn days(daily: Daily) -> Vec<Day> {
    let Daily { time, temperature_2m_max, temperature_2m_min, precipitation_sum, weather_code } = daily;
    let columns =
        temperature_2m_max.into_iter().zip(temperature_2m_min).zip(precipitation_sum).zip(weather_code);
    time.into_iter()
        .zip(columns)
        .filter_map(|(date, (((max, min), rain), code))| {
            Some(Day {
                date,
                temp_max_c: max?,
                temp_min_c: min?,
                precipitation_mm: rain?,
                weather: code.map(|code| word(code).to_owned()),
            })
        })
        .collect()
}

/// The WMO code of a weather in one word.
fn word(code: f64) -> &'static str {
    match code {
        code if code < 1.5 => "sun",
        code if code < 3.5 => "cloud",
        code if code < 49.0 => "fog",
        code if code < 58.0 => "drizzle",
        code if code < 68.0 => "rain",
        code if code < 78.0 => "snow",
        code if code < 83.0 => "rain",
        code if code < 87.0 => "snow",
        _ => "storm",
    }
}

fn failure(url: &str, error: reqwest::Error) -> Failure {
    let kind = if error.is_timeout() { "TIMEOUT" } else { "HTTP" };
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    Failure::new(kind, format!("{url}: {}", causes.join(": ")))
}

/// Percent-encoding of a value in a query.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
