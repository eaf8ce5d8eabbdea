//! Whether the compose file says what the code says, and takes as little as the manifests do.

use serde_json::Value;

use super::addresses::{self, Address};
use super::object::{Object, list, text};
use super::sources::{Program, Sources};

/// Everything in which they do not agree.
pub(super) fn violations(file: &Object, sources: &Sources) -> Vec<String> {
    let services = file["services"].as_object().into_iter().flatten();
    let mut found = Vec::new();
    for (name, service) in services {
        let wrongs = hardening(service).into_iter().chain(agreement(file, service, sources));
        found.extend(wrongs.map(|wrong| format!("compose.yaml, {name}: {wrong}")));
    }
    found
}

fn hardening(service: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            found.push(what.to_owned());
        }
    };
    must(service["read_only"] == true, "must be read_only");
    must(list(&service["cap_drop"]).any(|dropped| dropped == "ALL"), "must drop all capabilities");
    must(
        list(&service["security_opt"]).any(|option| option == "no-new-privileges:true"),
        "must gain no privileges (no-new-privileges)",
    );
    must(!["", "0", "0:0", "root"].contains(&text(&service["user"])), "must run as somebody else than root");
    let open = list(&service["ports"]).find(|port| !text(port).starts_with("127.0.0.1:"));
    must(open.is_none(), "must be reached from this machine alone");
    found
}

fn agreement(file: &Object, service: &Value, sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    let others = service["depends_on"].as_object().into_iter().flatten();
    found.extend(
        others
            .filter(|(other, _)| file["services"][other].is_null())
            .map(|(other, _)| format!("no service {other}")),
    );
    for (variable, value) in settings(service) {
        let lost = addresses::of_setting(variable, value)
            .into_iter()
            .filter_map(|address| lost(file, &address, sources));
        found.extend(lost.map(|wrong| format!("{variable}: {wrong}")));
    }
    let Some(image) = text(&service["image"]).strip_prefix("goalpost/") else { return found };
    let image = image.split(':').next().unwrap_or_default();
    if service["build"]["target"] != image {
        found.push(format!("its image is {image}, and its target another one"));
    }
    match sources.programs.get(image) {
        None => found.push(format!("no image {image} in deploy/Dockerfile")),
        Some(program) => found.extend(program_agrees(service, program)),
    }
    found
}

fn program_agrees(service: &Value, program: &Program) -> Vec<String> {
    let mut found = Vec::new();
    let unknown = settings(service).filter(|(name, _)| !program.knows(name));
    found.extend(unknown.map(|(name, _)| format!("its program has no setting {name}")));
    let Some((variable, port)) = &program.listen else { return found };
    if settings(service).find(|(name, _)| *name == variable).map(|(_, value)| value)
        != Some(&format!("0.0.0.0:{port}"))
    {
        found.push(format!("{variable} must be 0.0.0.0:{port}"));
    }
    let asks = |argument: &str| list(&service["healthcheck"]["test"]).any(|part| part == argument);
    let knows = program.health.iter().any(|name| asks(&format!("-service={name}")));
    if !knows || !asks(&format!("-addr=127.0.0.1:{port}")) {
        found.push(format!("its healthcheck must ask at 127.0.0.1:{port} for one of {:?}", program.health));
    }
    found
}

fn settings(service: &Value) -> impl Iterator<Item = (&String, &str)> {
    service["environment"].as_object().into_iter().flatten().map(|(name, value)| (name, text(value)))
}

/// Why the address leads nowhere, if it does. Of a store the image has the port.
fn lost(file: &Object, Address { host, port }: &Address, sources: &Sources) -> Option<String> {
    let service = &file["services"][host];
    if service.is_null() {
        return Some(format!("no service {host}"));
    }
    let image = text(&service["image"]).split(':').next().unwrap_or_default();
    let expected = match image {
        "postgres" => Some(5432),
        "redis" => Some(6379),
        _ => {
            let program = sources.programs.get(image.strip_prefix("goalpost/").unwrap_or(image));
            program.and_then(|program| program.listen.as_ref()).map(|(_, port)| *port)
        }
    };
    (*port != expected).then(|| format!("{host} listens on {}", expected.unwrap_or_default()))
}
