//! What pods may do, and what they have to have.

use std::collections::BTreeSet;

use serde_json::Value;

use super::object::{Object, Workload, labels, list, name, of_kind, selects, text, workloads};

/// Volumes that the restricted Pod Security Standard knows.
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// Everything that is not as it has to be.
pub(super) fn violations(objects: &[Object]) -> Vec<String> {
    let accounts: BTreeSet<&str> = of_kind(objects, "ServiceAccount").map(name).collect();
    let mut found = Vec::new();
    for workload in workloads(objects) {
        let wrongs = pod(&workload, &accounts)
            .into_iter()
            .chain(open(&workload, objects))
            .chain(workload.containers().flat_map(|one| container(&workload, one)));
        found.extend(wrongs.map(|wrong| format!("{}: {wrong}", workload.title())));
    }
    found
}

fn pod(workload: &Workload<'_>, accounts: &BTreeSet<&str>) -> Vec<String> {
    let (spec, security) = (workload.spec, &workload.spec["securityContext"]);
    let mut found = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            found.push(what.to_owned());
        }
    };
    must(security["runAsNonRoot"] == true, "must run as somebody else than root (runAsNonRoot)");
    must(security["runAsUser"].as_u64().is_some_and(|user| user > 0), "must name its user (runAsUser)");
    must(
        security["seccompProfile"]["type"] == "RuntimeDefault",
        "must have the seccomp profile RuntimeDefault",
    );
    for shared in ["hostNetwork", "hostPID", "hostIPC"] {
        must(spec[shared] != true, &format!("must not share the node's {shared}"));
    }
    let account = text(&spec["serviceAccountName"]);
    must(!["", "default"].contains(&account), "must have a ServiceAccount of its own");
    must(account.is_empty() || accounts.contains(account), "its ServiceAccount is not there");
    must(spec["automountServiceAccountToken"] == false, "must not have the ServiceAccount's token mounted");
    // Data whose group may read them are none to PostgreSQL: the kubelet must not open them at each start.
    let keeps = list(&workload.object["spec"]["volumeClaimTemplates"]).next().is_some();
    let leaves = security["fsGroupChangePolicy"] == "OnRootMismatch";
    must(!keeps || leaves, "must leave its data's group alone (fsGroupChangePolicy)");
    let kinds =
        |volume: &Value| volume.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
    for volume in list(&spec["volumes"]) {
        let kinds: Vec<String> = kinds(volume);
        let known = kinds.iter().all(|kind| kind == "name" || VOLUMES.contains(&kind.as_str()));
        must(known, &format!("volume {} is of a kind that is not allowed", text(&volume["name"])));
    }
    found
}

/// Where there are NetworkPolicies nobody is left out.
fn open(workload: &Workload<'_>, objects: &[Object]) -> Vec<String> {
    let policies: Vec<&Object> = of_kind(objects, "NetworkPolicy").collect();
    let is_bound = |direction: &str| {
        let mut bind = policies
            .iter()
            .map(|policy| &policy["spec"])
            .filter(|spec| list(&spec["policyTypes"]).any(|kind| kind == direction));
        bind.any(|spec| selects(&labels(&spec["podSelector"]["matchLabels"]), &workload.labels))
    };
    let unbound =
        ["Ingress", "Egress"].into_iter().filter(|direction| !policies.is_empty() && !is_bound(direction));
    unbound.map(|direction| format!("no NetworkPolicy says whom it may talk to ({direction})")).collect()
}

fn container(workload: &Workload<'_>, container: &Value) -> Vec<String> {
    let security = &container["securityContext"];
    let mut found = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            found.push(format!("container {}: {what}", text(&container["name"])));
        }
    };
    must(
        security["allowPrivilegeEscalation"] == false,
        "must not gain privileges (allowPrivilegeEscalation)",
    );
    must(security["privileged"] != true, "must not be privileged");
    must(security["readOnlyRootFilesystem"] == true, "must not write to its image (readOnlyRootFilesystem)");
    let capabilities = &security["capabilities"];
    must(list(&capabilities["drop"]).any(|dropped| dropped == "ALL"), "must drop all capabilities");
    must(list(&capabilities["add"]).next().is_none(), "must add no capability");
    let tag = text(&container["image"]).rsplit('/').next().and_then(|image| image.split_once(':'));
    must(tag.is_some_and(|(_, tag)| tag != "latest"), "its image must have a tag, and not latest");
    for kind in ["requests", "limits"] {
        for resource in ["cpu", "memory"] {
            let has = !container["resources"][kind][resource].is_null();
            must(has, &format!("must have resources.{kind}.{resource}"));
        }
    }
    if workload.object["kind"] != "Job" {
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            must(container[probe].is_object(), &format!("must have a {probe}"));
        }
    }
    let mut seen = BTreeSet::new();
    for variable in list(&container["env"]).map(|variable| text(&variable["name"])) {
        must(seen.insert(variable), &format!("has the variable {variable} twice"));
    }
    found
}
