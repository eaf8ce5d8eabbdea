//! Whether NetworkPolicies let one pod reach another.

use serde_json::Value;

use super::object::{Object, Workload, labels, list, of_kind, selects, text};

#[derive(Clone, Copy)]
struct Direction {
    policy_type: &'static str,
    rules: &'static str,
    peers: &'static str,
}

const OUT: Direction = Direction { policy_type: "Egress", rules: "egress", peers: "to" };
const IN: Direction = Direction { policy_type: "Ingress", rules: "ingress", peers: "from" };

/// Why `from` does not reach the port of `to`, if it does not.
pub(super) fn blocked(
    objects: &[Object],
    from: &Workload<'_>,
    to: &Workload<'_>,
    port: u64,
) -> Option<String> {
    if !lets(objects, from, to, port, OUT) {
        return Some(format!("no NetworkPolicy lets it out to {}, port {port}", to.title()));
    }
    if !lets(objects, to, from, port, IN) {
        return Some(format!("no NetworkPolicy lets it in to {}, port {port}", to.title()));
    }
    None
}

/// Whether the policies of `pod` let it talk to `other`. Without any policy everybody may.
fn lets(
    objects: &[Object],
    pod: &Workload<'_>,
    other: &Workload<'_>,
    port: u64,
    direction: Direction,
) -> bool {
    let mut policies = of_kind(objects, "NetworkPolicy")
        .filter(|policy| selects(&labels(&policy["spec"]["podSelector"]["matchLabels"]), &pod.labels))
        .filter(|policy| list(&policy["spec"]["policyTypes"]).any(|kind| kind == direction.policy_type))
        .peekable();
    policies.peek().is_none()
        || policies
            .flat_map(|policy| list(&policy["spec"][direction.rules]))
            .any(|rule| has_port(rule, port) && has_peer(&rule[direction.peers], other))
}

fn has_port(rule: &Value, port: u64) -> bool {
    let is_it = |entry: &Value| entry["port"] == port && ["TCP", ""].contains(&text(&entry["protocol"]));
    rule["ports"].is_null() || list(&rule["ports"]).any(is_it)
}

/// Those of another namespace are others.
fn has_peer(peers: &Value, other: &Workload<'_>) -> bool {
    let is_it = |peer: &Value| {
        peer["namespaceSelector"].is_null()
            && peer["podSelector"].is_object()
            && selects(&labels(&peer["podSelector"]["matchLabels"]), &other.labels)
    };
    peers.is_null() || list(peers).any(is_it)
}
