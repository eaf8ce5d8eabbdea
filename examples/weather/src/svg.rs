//! A chart: maxima and minima as lines, precipitation as bars.

use std::fmt::Write as _;

use crate::weather::Day;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 50.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;

/// The days as a picture.
pub(crate) fn chart(title: &str, days: &[Day]) -> String {
    let low = days.iter().map(|day| day.temp_min_c).fold(f64::MAX, f64::min).floor();
    let high = days.iter().map(|day| day.temp_max_c).fold(f64::MIN, f64::max).ceil().max(low + 1.0);
    let rain = days.iter().map(|day| day.precipitation_mm).fold(5.0, f64::max).ceil();
    let step = (WIDTH - LEFT - RIGHT) / days.len().max(1) as f64;
    let x = |place: usize| LEFT + step * (place as f64 + 0.5);
    let depth = HEIGHT - TOP - BOTTOM;
    let y = |value: f64, from: f64, to: f64| HEIGHT - BOTTOM - (value - from) / (to - from) * depth;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"15\">{}</text>\n",
        escape(title)
    );
    for tick in 0..=4 {
        let share = f64::from(tick) / 4.0;
        let (height, degrees, millimetres) = (y(share, 0.0, 1.0), low + (high - low) * share, rain * share);
        let (end, label) = (WIDTH - RIGHT, height + 4.0);
        // Writing to a string cannot fail.
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{end}\" y1=\"{height:.1}\" y2=\"{height:.1}\" stroke=\"#ddd\"/>"
        );
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{label:.1}\" text-anchor=\"end\">{degrees:.0} °C</text>",
            LEFT - 5.0
        );
        let _ = writeln!(svg, "<text x=\"{:.0}\" y=\"{label:.1}\">{millimetres:.0} mm</text>", end + 5.0);
    }
    for (place, day) in days.iter().enumerate() {
        let top = y(day.precipitation_mm, 0.0, rain);
        let (left, tall) = (x(place) - step * 0.3, HEIGHT - BOTTOM - top);
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{tall:.1}\" fill=\"#9ecae1\"/>",
            step * 0.6
        );
        let date = day.date.get(5..).unwrap_or(&day.date);
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
            x(place),
            HEIGHT - BOTTOM + 16.0,
            escape(date)
        );
    }
    for (name, colour, value) in [
        ("max", "#d62728", (|day| day.temp_max_c) as fn(&Day) -> f64),
        ("min", "#1f77b4", |day| day.temp_min_c),
    ] {
        let points: Vec<String> = days
            .iter()
            .enumerate()
            .map(|(place, day)| format!("{:.1},{:.1}", x(place), y(value(day), low, high)))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"><title>{name}</title></polyline>",
            points.join(" ")
        );
    }
    let legend = HEIGHT - 12.0;
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{legend}\"><tspan fill=\"#d62728\">maximum</tspan> · <tspan fill=\"#1f77b4\">minimum</tspan> · <tspan fill=\"#4a90b8\">precipitation</tspan></text>\n</svg>"
    );
    svg
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_a_bar_and_every_element_is_closed() {
        let day = |date: &str, max| Day {
            date: date.into(),
            temp_max_c: max,
            temp_min_c: max - 6.0,
            precipitation_mm: 2.0,
            weather: None,
        };
        let svg = chart("A < B & C", &[day("2026-01-01", 5.0), day("2026-01-02", 7.5)]);
        assert_eq!(svg.matches("fill=\"#9ecae1\"").count(), 2);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains("A &lt; B &amp; C") && !svg.contains("NaN"));
        for element in ["text", "polyline", "tspan", "svg", "title"] {
            let opened =
                svg.matches(&format!("<{element} ")).count() + svg.matches(&format!("<{element}>")).count();
            assert_eq!(opened, svg.matches(&format!("</{element}>")).count(), "{element}");
        }
    }
}
