//! Whether certificates say who a service is, under the names that it is called by.

use serde_json::Value;

use super::object::{Object, Workload, labels, list, name, of_kind, text, title};

const COMPONENT: &str = "app.kubernetes.io/component";

pub(super) fn violations(objects: &[Object], workloads: &[Workload<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for certificate in of_kind(objects, "Certificate") {
        let wrongs = of_certificate(objects, workloads, certificate);
        found.extend(wrongs.into_iter().map(|wrong| format!("{}: {wrong}", title(certificate))));
    }
    found
}

fn of_certificate(objects: &[Object], workloads: &[Workload<'_>], certificate: &Object) -> Vec<String> {
    let (spec, component) = (&certificate["spec"], component(&certificate["metadata"]["labels"]));
    let has = |field: &str, wanted: &str| list(&spec[field]).any(|value| value == wanted);
    let mut found = Vec::new();
    let identity = format!("spiffe://goalpost/service/{component}");
    if !has("uris", &identity) {
        found.push(format!("must have the URI {identity}"));
    }
    for usage in ["server auth", "client auth"] {
        if !has("usages", usage) {
            found.push(format!("must be good for {usage}"));
        }
    }
    let services = of_kind(objects, "Service")
        .filter(|service| self::component(&service["metadata"]["labels"]) == component);
    let unnamed = services.map(name).filter(|service| !has("dnsNames", service));
    found.extend(unnamed.map(|service| format!("must have the name of Service {service}")));
    let mounts = |workload: &Workload<'_>| {
        let secrets = list(&workload.spec["volumes"]).map(|volume| text(&volume["secret"]["secretName"]));
        workload.labels.get(COMPONENT) == Some(&component)
            && secrets.into_iter().any(|secret| secret == text(&spec["secretName"]))
    };
    if !workloads.iter().any(mounts) {
        found.push(format!("its Secret is mounted by no pod of {component}"));
    }
    found
}

fn component(labels_of: &Value) -> String {
    labels(labels_of).remove(COMPONENT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::deploy::object::workloads;

    fn found(identity: &str, secret: &str, dns: &str) -> Vec<String> {
        let labels = json!({ COMPONENT: "planner" });
        let objects = [
            json!({ "kind": "Service", "metadata": { "name": "gp-planner", "labels": labels } }),
            json!({ "kind": "Deployment", "metadata": { "name": "gp-planner" }, "spec": { "template": {
                "metadata": { "labels": labels },
                "spec": { "volumes": [{ "name": "tls", "secret": { "secretName": "planner-tls" } }] } } } }),
            json!({ "kind": "Certificate", "metadata": { "name": "gp-planner", "labels": labels }, "spec": {
                "secretName": secret, "uris": [identity], "dnsNames": [dns],
                "usages": ["server auth", "client auth"] } }),
        ];
        violations(&objects, &workloads(&objects))
    }

    #[test]
    fn a_certificate_says_who_the_service_is_and_is_mounted() {
        let identity = "spiffe://goalpost/service/planner";
        assert_eq!(found(identity, "planner-tls", "gp-planner"), [""; 0]);
        for (wrong, words) in [
            (found("spiffe://goalpost/planner", "planner-tls", "gp-planner"), "must have the URI"),
            (found(identity, "planner", "gp-planner"), "is mounted by no pod"),
            (found(identity, "planner-tls", "planner"), "must have the name of Service gp-planner"),
        ] {
            assert!(wrong.len() == 1 && wrong[0].contains(words), "{words}: {wrong:?}");
        }
    }
}
