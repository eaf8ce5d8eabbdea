//! Whether dashboards, alerts and scaling ask for metrics and lists that there are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::object::{Object, labels, list, of_kind, selects, text, title};
use super::sources::Sources;

/// What a histogram has at the end of its name.
const OF_HISTOGRAMS: [&str; 3] = ["_bucket", "_sum", "_count"];

pub(super) fn violations(objects: &[Object], sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    for rule in of_kind(objects, "PrometheusRule") {
        found.extend(
            unknown(&rule.to_string(), sources).map(|metric| format!("{}: no metric {metric}", title(rule))),
        );
    }
    for map in of_kind(objects, "ConfigMap") {
        let dashboards =
            map["data"].as_object().into_iter().flatten().filter(|(file, _)| file.ends_with(".json"));
        for (file, dashboard) in dashboards {
            let Ok(dashboard) = serde_json::from_str::<Value>(text(dashboard)) else {
                found.push(format!("{}: {file} is no JSON", title(map)));
                continue;
            };
            let panels = dashboard["panels"].to_string();
            found.extend(unknown(&panels, sources).map(|metric| format!("{file}: no metric {metric}")));
        }
    }
    for monitor in of_kind(objects, "ServiceMonitor") {
        found.extend(
            unseen(objects, monitor)
                .map(|port| format!("{}: no Service with the port {port}", title(monitor))),
        );
    }
    for scaled in of_kind(objects, "ScaledObject") {
        let lists = list(&scaled["spec"]["triggers"]).map(|trigger| text(&trigger["metadata"]["listName"]));
        let wrong = lists.filter(|name| !is_lane(name, &sources.lane_prefix));
        found.extend(wrong.map(|name| format!("{}: {name} is no lane of a list", title(scaled))));
    }
    found
}

/// Ports that a ServiceMonitor wants, and which no Service has that it selects.
fn unseen<'a>(objects: &'a [Object], monitor: &'a Object) -> impl Iterator<Item = &'a str> {
    let selector = labels(&monitor["spec"]["selector"]["matchLabels"]);
    let ports = list(&monitor["spec"]["endpoints"]).map(|endpoint| text(&endpoint["port"]));
    ports.filter(move |port| {
        let selected = |service: &&Object| selects(&selector, &labels(&service["metadata"]["labels"]));
        let mut offered =
            of_kind(objects, "Service").filter(selected).flat_map(|service| list(&service["spec"]["ports"]));
        !offered.any(|offer| text(&offer["name"]) == *port)
    })
}

/// `goalpost:lane:NAMESPACE:RANK:LIST`.
fn is_lane(key: &str, prefix: &str) -> bool {
    let parts: Vec<&str> = key.strip_prefix(prefix).unwrap_or_default().splitn(3, ':').collect();
    matches!(parts.as_slice(), [namespace, "1" | "2" | "3", list]
        if !namespace.is_empty() && (["goals", "plans", "drafts"].contains(list) || list.starts_with("ready:")))
}

fn unknown<'a>(text: &'a str, sources: &'a Sources) -> impl Iterator<Item = &'a str> {
    let starts = text.match_indices("goalpost_").map(|(at, _)| &text[at..]);
    let names: BTreeSet<&str> = starts.map(word).collect();
    names.into_iter().filter(|name| {
        let plain = OF_HISTOGRAMS.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        !sources.metrics.contains(plain)
    })
}

fn word(text: &str) -> &str {
    let end =
        text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    &text[..end]
}
