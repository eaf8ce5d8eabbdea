//! The usual weather of Seattle, from a record of past years; see `data/README.md`.

use goalpost_worker::Failure;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

use crate::weather::{Day, Weather, summarise};

const RECORD: &str = include_str!("../data/seattle-weather.csv");
/// The only city that the record has.
const CITY: &str = "Seattle";

#[derive(Deserialize)]
struct Row {
    date: Date,
    precipitation: f64,
    temp_max: f64,
    temp_min: f64,
}

/// Means by calendar day of the 7 days before `today` and the 7 from it on. Failures: `NOT_FOUND` for
/// any other city than Seattle.
pub fn usual_weather(city: &str, today: Date) -> Result<Weather, Failure> {
    if !city.trim().eq_ignore_ascii_case(CITY) {
        return Err(Failure::new("NOT_FOUND", format!("the record is of {CITY}, not of '{city}'")));
    }
    let broken =
        |error: &dyn std::fmt::Display| Failure::new("RECORD", format!("the record cannot be read: {error}"));
    let rows: Vec<Row> = csv::Reader::from_reader(RECORD.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| broken(&error))?;
    let mut days = Vec::new();
    for offset in -7..7 {
        let date = today.checked_add(offset.days()).map_err(|error| broken(&error))?;
        days.extend(mean(&rows, date));
    }
    Ok(Weather {
        city: CITY.to_owned(),
        country: Some("United States".to_owned()),
        latitude: Some(47.449),
        longitude: Some(-122.309),
        source: "NOAA daily record of Seattle 2012-2015".to_owned(),
        live: false,
        summary: summarise("Seattle, usual weather of these days of the calendar, 2012-2015", &days),
        days,
    })
}

/// The mean of a day of the calendar over the years. 29 February is the mean of the one that there was.
fn mean(rows: &[Row], date: Date) -> Option<Day> {
    let same: Vec<&Row> =
        rows.iter().filter(|row| row.date.month() == date.month() && row.date.day() == date.day()).collect();
    let mean = |value: fn(&Row) -> f64| {
        let sum: f64 = same.iter().map(|row| value(row)).sum();
        (sum / same.len() as f64 * 100.0).round() / 100.0
    };
    (!same.is_empty()).then(|| Day {
        date: date.to_string(),
        temp_max_c: mean(|row| row.temp_max),
        temp_min_c: mean(|row| row.temp_min),
        precipitation_mm: mean(|row| row.precipitation),
        weather: None,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_the_mean_of_its_years() {
        let weather = usual_weather("seattle", date(2026, 1, 8)).unwrap();
        assert_eq!(weather.days.len(), 14);
        assert_eq!(weather.days[0].date, "2026-01-01");
        // 1 January 2012 to 2015: maxima 12.8, 5.0, 7.2, 5.6; minima 5.0, -2.8, 3.3, -3.2.
        let expected: Vec<f64> = RECORD
            .lines()
            .filter(|line| {
                line.split(',')
                    .next()
                    .is_some_and(|date| date.ends_with("-01-01") || date.ends_with("/01/01"))
            })
            .map(|line| line.split(',').nth(2).unwrap().parse().unwrap())
            .collect();
        assert_eq!(expected.len(), 4);
        let mean = expected.iter().sum::<f64>() / 4.0;
        assert!((weather.days[0].temp_max_c - mean).abs() < 0.006, "{} {mean}", weather.days[0].temp_max_c);
        assert!(!weather.live);
    }

    #[test]
    fn another_city_is_not_found() {
        assert_eq!(usual_weather("Paris", date(2026, 1, 8)).unwrap_err().kind, "NOT_FOUND");
    }
}
