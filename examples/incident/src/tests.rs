//! What the catalog promises is what the worker does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use goalpost_model::Effect;
use goalpost_planning::{Catalog, Source};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{changing, diagnosis, looking, telling};
use crate::{Failure, Site};

const CATALOG: &str = include_str!("../../../catalogs/incident.yaml");

type Run = Box<dyn Fn(&Site) -> Value>;

/// Runs a handler as the SDK does: JSON in, JSON out.
fn run<I: DeserializeOwned + 'static, O: Serialize + 'static>(
    handle: fn(&Site, I) -> Result<O, Failure>,
    input: &Value,
) -> Run {
    let input = input.clone();
    Box::new(move |site| {
        let input = serde_json::from_value(input.clone()).unwrap();
        serde_json::to_value(handle(site, input).unwrap()).unwrap()
    })
}

/// An input for each capability, and what handles it.
fn samples() -> BTreeMap<&'static str, (Value, Run)> {
    let checkout = json!({"service": "checkout"});
    let gathered = json!({
        "metrics": [{"name": "error_rate", "value": 0.31}], "logs": [" ERROR 2.4.0 "],
        "deploys": {"current": "2.4.0", "previous": "2.3.1", "deployed_at": "2026-11-30T09:12:00Z"}, "dependencies": [],
    });
    let diagnosis = json!({"cause": "deploy", "confidence": 0.9, "summary": "It fails."});
    let mut samples: BTreeMap<&'static str, (Value, Run)> = BTreeMap::new();
    let mut add = |name, input: Value, run: Run| drop(samples.insert(name, (input, run)));
    let input = json!({"alert_id": "A-17"});
    add("alerts.get", input.clone(), run(looking::alert, &input));
    add("metrics.query", checkout.clone(), run(looking::metrics, &checkout));
    add("metrics.recall", checkout.clone(), run(looking::recall, &checkout));
    add("logs.search", checkout.clone(), run(looking::errors, &checkout));
    add("traces.sample", checkout.clone(), run(looking::traces, &checkout));
    add("deploys.list", checkout.clone(), run(looking::deploys, &checkout));
    add("dependencies.status", checkout.clone(), run(looking::dependencies, &checkout));
    add("oncall.find", checkout.clone(), run(looking::on_call, &checkout));
    add("incident.diagnose", gathered.clone(), run(diagnosis::diagnose, &gathered));
    let input = json!({"diagnosis": diagnosis, "traces": [{"ms": 4100}], "responder": "ann"});
    add("incident.describe", input.clone(), run(looking::describe, &input));
    let input = json!({"service": "inventory"});
    add("health.verify", input.clone(), run(looking::verify, &input));
    let input = json!({"service": "checkout", "version": "2.3.1"});
    add("deploys.switch", input.clone(), run(changing::switch, &input));
    let input = json!({"service": "payments", "by": 2});
    add("service.scale", input.clone(), run(changing::scale, &input));
    add("service.restart", checkout.clone(), run(changing::restart, &checkout));
    let input = json!({"service": "checkout", "percent": 50});
    add("traffic.limit", input.clone(), run(changing::limit, &input));
    let input = json!({"title": "Alert A-17"});
    add("tickets.open", input.clone(), run(telling::open_ticket, &input));
    let input = json!({"ticket": "T-1"});
    add("tickets.close", input.clone(), run(telling::close_ticket, &input));
    let input = json!({"text": "Well again"});
    add("chat.post", input.clone(), run(telling::post, &input));
    let input = json!({"who": "ann", "text": "Alert A-17 needs you"});
    add("pager.page", input.clone(), run(telling::page, &input));
    samples
}

/// Every file below the folder, with its text.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            found.insert(path, text);
        }
    }
    found
}

fn assert_fits(what: &str, value: &Value, schema: Option<&Value>) {
    let Some(schema) = schema else { return };
    let fault = jsonschema::validate(schema, value).err().map(|error| error.to_string());
    assert_eq!(fault, None, "{what}: {value}");
}

#[test]
fn every_capability_of_the_catalog_is_done_as_it_is_promised() {
    let catalog = Catalog::parse(&[Source { name: "incident.yaml", text: CATALOG }]).unwrap();
    let samples = samples();
    let promised: Vec<&str> = catalog.capabilities().map(|capability| capability.name.as_str()).collect();
    assert_eq!(samples.keys().copied().collect::<Vec<_>>(), promised);
    for capability in catalog.capabilities() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::open(folder.path()).unwrap();
        if capability.name == "tickets.close" {
            telling::open_ticket(&site, serde_json::from_value(json!({"title": "Alert"})).unwrap()).unwrap();
        }
        let (input, run) = &samples[capability.name.as_str()];
        assert_fits(&capability.name, input, capability.input_schema.as_ref());
        let before = files(folder.path());
        let output = run(&site);
        assert_fits(&capability.name, &output, capability.output_schema.as_ref());
        let has_changed = files(folder.path()) != before;
        assert_eq!(has_changed, capability.effect == Effect::Write, "{}", capability.name);
    }
}
