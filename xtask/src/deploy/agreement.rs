//! Whether manifests say what the code says, and what each other say.

use serde_json::Value;

use super::addresses::{self, Address};
use super::object::{
    Object, Workload, labels, list, name, of_kind, selects, text, title, variables, workloads,
};
use super::sources::{Program, Sources};
use super::{certificates, monitoring, network, probes};

/// Everything in which they do not agree.
pub(super) fn violations(objects: &[Object], sources: &Sources) -> Vec<String> {
    let workloads = workloads(objects);
    let mut found = Vec::new();
    for workload in &workloads {
        let wrongs =
            workload.containers().flat_map(|container| of_container(objects, workload, container, sources));
        found.extend(wrongs.map(|wrong| format!("{}: {wrong}", workload.title())));
    }
    found.extend(selectors(objects, &workloads));
    found.extend(targets(objects));
    found.extend(certificates::violations(objects, &workloads));
    found.extend(monitoring::violations(objects, sources));
    found
}

fn of_container(
    objects: &[Object],
    workload: &Workload<'_>,
    container: &Value,
    sources: &Sources,
) -> Vec<String> {
    let mut found = Vec::new();
    for (variable, value) in variables(container) {
        for address in addresses::of_setting(variable, value) {
            found
                .extend(unreachable(objects, workload, &address).map(|wrong| format!("{variable}: {wrong}")));
        }
    }
    let Some(target) = target(text(&container["image"])) else { return found };
    let Some(program) = sources.programs.get(target) else {
        found.push(format!("no image {target} in deploy/Dockerfile"));
        return found;
    };
    found.extend(settings(container, program));
    found.extend(ports(workload, container, program));
    found.extend(probes::violations(objects, workload, container, program));
    found.extend(files(container));
    found
}

/// The target of the Dockerfile that an image of this project is built from.
fn target(image: &str) -> Option<&str> {
    let (folder, name) = image.rsplit_once('/')?;
    folder.ends_with("goalpost").then(|| name.split(':').next().unwrap_or(name))
}

/// Variables that the program does not read. Those that are only put into others may have any name.
fn settings(container: &Value, program: &Program) -> Vec<String> {
    let texts: Vec<&str> = list(&container["env"]).map(|variable| text(&variable["value"])).collect();
    let is_part = |name: &str| texts.iter().any(|value| value.contains(&format!("$({name})")));
    let names = list(&container["env"]).map(|variable| text(&variable["name"]));
    let unknown = names.filter(|name| !program.knows(name) && !is_part(name));
    unknown.map(|name| format!("its program has no setting {name}")).collect()
}

/// It listens where its port says, and that is its usual one.
fn ports(workload: &Workload<'_>, container: &Value, program: &Program) -> Vec<String> {
    let mut found = Vec::new();
    let variables = variables(container);
    let listens = |variable: &str| {
        let (_, port) = variables.get(variable)?.rsplit_once(':')?;
        port.parse::<u64>().ok()
    };
    if let Some((variable, usual)) = &program.listen {
        let (listens, named) = (listens(variable), workload.port(&Value::from("grpc")));
        if listens != Some(*usual) || named != Some(*usual) {
            found.push(format!(
                "{variable} and the port grpc must both be {usual}, as the code and the docs have it"
            ));
        }
    }
    if listens("GOALPOST_METRICS_LISTEN") != workload.port(&Value::from("metrics")) {
        found.push("GOALPOST_METRICS_LISTEN and the port metrics must be the same".to_owned());
    }
    found
}

/// Files that settings name are in something that is mounted.
fn files(container: &Value) -> Vec<String> {
    let mounts: Vec<&str> = list(&container["volumeMounts"]).map(|mount| text(&mount["mountPath"])).collect();
    let mut found = Vec::new();
    for (variable, value) in variables(container) {
        let paths = value.split(',').filter(|path| path.starts_with('/'));
        let lost = paths.filter(|path| !mounts.iter().any(|mount| path.starts_with(*mount)));
        found.extend(lost.map(|path| format!("{variable}: nothing is mounted at {path}")));
    }
    found
}

/// Why the address leads nowhere, if it does.
fn unreachable(objects: &[Object], from: &Workload<'_>, Address { host, port }: &Address) -> Option<String> {
    let service = of_kind(objects, "Service").find(|service| {
        let rest = host.strip_prefix(name(service));
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(&format!(".{}", text(&service["metadata"]["namespace"])))
        })
    });
    let Some(service) = service else { return Some(format!("no Service {host}")) };
    let Some(port) = port else { return Some(format!("no port for {host}")) };
    let Some(entry) = list(&service["spec"]["ports"]).find(|entry| entry["port"] == *port) else {
        return Some(format!("Service {host} has no port {port}"));
    };
    let all = workloads(objects);
    let selector = labels(&service["spec"]["selector"]);
    let to = all.iter().find(|workload| selects(&selector, &workload.labels))?;
    let target = if entry["targetPort"].is_null() { &entry["port"] } else { &entry["targetPort"] };
    let Some(target) = to.port(target) else {
        return Some(format!("Service {host}: no container has the port {target}"));
    };
    network::blocked(objects, from, to, target)
}

/// What selects pods selects some.
fn selectors(objects: &[Object], workloads: &[Workload<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for object in objects {
        let spec = &object["spec"];
        let selector = match text(&object["kind"]) {
            "Service" => &spec["selector"],
            "PodDisruptionBudget" => &spec["selector"]["matchLabels"],
            "NetworkPolicy" => &spec["podSelector"]["matchLabels"],
            _ => continue,
        };
        let selector = labels(selector);
        if selector.is_empty() || !workloads.iter().any(|workload| selects(&selector, &workload.labels)) {
            found.push(format!("{} selects no pod", title(object)));
        }
    }
    for workload in workloads {
        let selector = &workload.object["spec"]["selector"]["matchLabels"];
        if selector.is_object() && !selects(&labels(selector), &workload.labels) {
            found.push(format!("{} does not select its own pods", workload.title()));
        }
    }
    found
}

/// What is scaled is there, unless it is a worker of the user's.
fn targets(objects: &[Object]) -> Vec<String> {
    let is_there = |target: &str| of_kind(objects, "Deployment").any(|deployment| name(deployment) == target);
    let scaling = of_kind(objects, "HorizontalPodAutoscaler").chain(of_kind(objects, "ScaledObject"));
    let ours =
        scaling.filter(|object| object["metadata"]["labels"]["app.kubernetes.io/component"] != "worker");
    let lost = ours.filter(|object| !is_there(text(&object["spec"]["scaleTargetRef"]["name"])));
    lost.map(|object| format!("{} scales nothing", title(object))).collect()
}
