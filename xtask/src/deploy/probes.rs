//! Whether probes ask for what there is, and whether a pod has the time that its service takes.

use serde_json::Value;

use super::object::{Object, Workload, list, name, of_kind, text, variables};
use super::sources::Program;

/// A question for the health of a service.
struct Question {
    port: u64,
    service: String,
}

pub(super) fn violations(
    objects: &[Object],
    workload: &Workload<'_>,
    container: &Value,
    program: &Program,
) -> Vec<String> {
    let mut found = Vec::new();
    let Some((_, port)) = &program.listen else { return found };
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        let Some(question) = question(&container[probe]) else { continue };
        if question.port != *port {
            found.push(format!("{probe} asks at port {}, and the service listens on {port}", question.port));
        }
        if !program.health.contains(&question.service) {
            found.push(format!("{probe} asks for {}, which its health does not know", question.service));
        }
        if probe != "readinessProbe" && program.needs_stores {
            found.push(format!("{probe} would restart the service because a store is away"));
        }
    }
    if question(&container["readinessProbe"]).is_none() {
        found.push("its readinessProbe does not ask for the health of the service".to_owned());
    }
    found.extend(names(objects, container));
    found.extend(grace(workload, container));
    found
}

fn question(probe: &Value) -> Option<Question> {
    if let Some(port) = probe["grpc"]["port"].as_u64() {
        return Some(Question { port, service: text(&probe["grpc"]["service"]).to_owned() });
    }
    let (_, port) = argument(probe, "-addr=")?.rsplit_once(':')?;
    Some(Question { port: port.parse().ok()?, service: argument(probe, "-service=")?.to_owned() })
}

fn argument<'a>(probe: &'a Value, name: &str) -> Option<&'a str> {
    list(&probe["exec"]["command"]).find_map(|argument| text(argument).strip_prefix(name))
}

/// With TLS: the probe is given a name that the certificate has, and the authority that the service has.
fn names(objects: &[Object], container: &Value) -> Vec<String> {
    let (probe, variables) = (&container["readinessProbe"], variables(container));
    let authority = variables.get("GOALPOST_TLS_CA").copied();
    let mut found = Vec::new();
    if argument(probe, "-tls-ca-cert=") != authority {
        found.push(
            "its readinessProbe must use TLS just if the service does, with the same authority".to_owned(),
        );
    }
    if let Some(server) = argument(probe, "-tls-server-name=")
        && !of_kind(objects, "Service").any(|service| name(service) == server)
    {
        found.push(format!("its readinessProbe asks for {server}, and there is no such Service"));
    }
    found
}

/// Nobody is killed before the time is over that it was told.
fn grace(workload: &Workload<'_>, container: &Value) -> Option<String> {
    let sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap_or_default();
    let drain = variables(container).get("GOALPOST_DRAIN_SECONDS").and_then(|text| text.parse::<u64>().ok());
    let grace = workload.spec["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
    let enough = sleep > 0 && drain.is_some_and(|drain| grace > sleep + drain);
    (!enough).then(|| format!("must sleep before it ends, and have more time than that and GOALPOST_DRAIN_SECONDS, not {grace} s"))
}
