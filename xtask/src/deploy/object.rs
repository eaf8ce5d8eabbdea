//! Objects of Kubernetes, as they are written.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Error;

/// A document of YAML.
pub(super) type Object = Value;
/// Labels of an object.
pub(super) type Labels = BTreeMap<String, String>;

/// All documents of a text, empty ones left out.
pub(super) fn read(text: &str) -> Result<Vec<Object>, Error> {
    let documents: Vec<Object> = serde_saphyr::from_multiple(text)?;
    Ok(documents.into_iter().filter(|document| !document.is_null()).collect())
}

/// What it is called in a report: `Deployment/goalpost-planner`.
pub(super) fn title(object: &Object) -> String {
    format!("{}/{}", text(&object["kind"]), name(object))
}

pub(super) fn name(object: &Object) -> &str {
    text(&object["metadata"]["name"])
}

/// A text, or none at all.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(key, value)| (key.clone(), text(value).to_owned())).collect()
}

/// Whether the labels have all of the selector's.
pub(super) fn selects(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// What runs pods.
pub(super) struct Workload<'a> {
    pub(super) object: &'a Object,
    pub(super) labels: Labels,
    /// The pod's spec.
    pub(super) spec: &'a Value,
}

impl<'a> Workload<'a> {
    pub(super) fn containers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        list(&self.spec["initContainers"]).chain(list(&self.spec["containers"]))
    }

    pub(super) fn title(&self) -> String {
        title(self.object)
    }

    /// The number of a container's port; a name stands for it.
    pub(super) fn port(&self, port: &Value) -> Option<u64> {
        let of_name = |name| {
            let ports = self.containers().flat_map(|container| list(&container["ports"]));
            ports.filter(|port| text(&port["name"]) == name).find_map(|port| port["containerPort"].as_u64())
        };
        port.as_u64().or_else(|| of_name(port.as_str()?))
    }
}

/// Everything that runs pods.
pub(super) fn workloads(objects: &[Object]) -> Vec<Workload<'_>> {
    let run = objects.iter().filter(|object| object["spec"]["template"]["spec"].is_object());
    run.map(|object| Workload {
        object,
        labels: labels(&object["spec"]["template"]["metadata"]["labels"]),
        spec: &object["spec"]["template"]["spec"],
    })
    .collect()
}

pub(super) fn of_kind<'a>(objects: &'a [Object], kind: &'a str) -> impl Iterator<Item = &'a Object> {
    objects.iter().filter(move |object| object["kind"] == kind)
}

/// A container's variables that are given as text.
pub(super) fn variables(container: &Value) -> BTreeMap<&str, &str> {
    list(&container["env"]).map(|variable| (text(&variable["name"]), text(&variable["value"]))).collect()
}
