//! What is committed is in order, and a mistake in it would be found.

use serde_json::{Value, json};

use super::{Sources, agreement, compose, compose_file, policy, render};

fn found(objects: &[Value]) -> Vec<String> {
    let sources = Sources::read().unwrap();
    [policy::violations(objects), agreement::violations(objects, &sources)].concat()
}

#[test]
fn what_is_committed_is_in_order() {
    for (name, objects) in render::manifests() {
        assert!(objects.len() > 20, "{name}");
        assert_eq!(found(&objects), [""; 0], "{name}");
    }
    assert_eq!(compose::violations(&compose_file().unwrap(), &Sources::read().unwrap()), [""; 0]);
}

/// The manifests of a trial with one text in the place of another; it has to be there.
fn with(from: &str, to: &str) -> Vec<String> {
    let (_, objects) = render::manifests().pop().unwrap();
    let text = Value::from(objects).to_string();
    assert!(text.contains(from), "{from}");
    found(serde_json::from_str::<Value>(&text.replace(from, to)).unwrap().as_array().unwrap())
}

/// Whether exactly such mistakes are found, each time with these words.
fn finds(found: &[String], words: &str) {
    assert!(!found.is_empty(), "nothing was found; expected: {words}");
    assert!(found.iter().any(|wrong| wrong.contains(words)), "{words}: {found:#?}");
}

#[test]
fn a_misspelt_host_is_found() {
    finds(&with("@goalpost-redis:6379", "@goalpost-reddis:6379"), "REDIS_URL: no Service goalpost-reddis");
    finds(&with("@goalpost-postgresql:5432", "@postgresql:5432"), "DATABASE_URL: no Service postgresql");
    finds(
        &with("http://goalpost-planner:", "http://goalpost-planer:"),
        "GOALPOST_PLANNER: no Service goalpost-planer",
    );
}

#[test]
fn a_wrong_port_is_found() {
    finds(
        &with("goalpost-planner:50052", "goalpost-planner:50051"),
        "Service goalpost-planner has no port 50051",
    );
    finds(
        &with("0.0.0.0:50053", "0.0.0.0:50063"),
        "GOALPOST_GRAPH_ENGINE_LISTEN and the port grpc must both be 50053",
    );
    finds(&with("\"containerPort\":9464", "\"containerPort\":9465"), "the port metrics must be the same");
    finds(&with("\"targetPort\":\"grpc\"", "\"targetPort\":\"http\""), "no container has the port");
}

#[test]
fn a_wrong_setting_is_found() {
    finds(
        &with("GOALPOST_LOG_FORMAT", "GOALPOST_LOGFORMAT"),
        "its program has no setting GOALPOST_LOGFORMAT",
    );
    finds(&with("\"DATABASE_URL\"", "\"DATABASE_URI\""), "its program has no setting DATABASE_URI");
}

#[test]
fn a_wrong_image_is_found() {
    finds(&with("goalpost/graph-engine:", "goalpost/engine:"), "no image engine in deploy/Dockerfile");
    finds(&with("goalpost/planner:0.1.0", "goalpost/planner:latest"), "must have a tag, and not latest");
}

#[test]
fn a_wrong_probe_is_found() {
    finds(
        &with("goalpost.v1.GraphEngine", "goalpost.v1.Engine"),
        "asks for goalpost.v1.Engine, which its health does not know",
    );
    let (from, to) = (
        "\"livenessProbe\":{\"failureThreshold\":3,\"periodSeconds\":10,\"tcpSocket\":{\"port\":\"grpc\"}",
        "\"livenessProbe\":{\"grpc\":{\"port\":50051,\"service\":\"goalpost.v1.CentralDecisionGroup\"}",
    );
    finds(&with(from, to), "would restart the service because a store is away");
    finds(
        &with("\"terminationGracePeriodSeconds\":20", "\"terminationGracePeriodSeconds\":15"),
        "have more time than that",
    );
}

#[test]
fn a_wrong_edge_is_found() {
    let peer = |component: &str| json!({ "app.kubernetes.io/component": component }).to_string();
    let inside = peer("planner").replace(['{', '}'], "");
    let (_, mut objects) = render::manifests().pop().unwrap();
    let policies = objects.iter_mut().filter(|object| object["kind"] == "NetworkPolicy");
    for policy in policies.filter(|policy| policy["metadata"]["name"] == "goalpost-planner") {
        assert!(policy.to_string().contains(&inside));
        policy["spec"]["ingress"] = json!([]);
    }
    finds(
        &found(&objects),
        "GOALPOST_PLANNER: no NetworkPolicy lets it in to Deployment/goalpost-planner, port 50052",
    );
}

#[test]
fn a_pod_that_may_do_more_is_found() {
    finds(
        &with("\"readOnlyRootFilesystem\":true", "\"readOnlyRootFilesystem\":false"),
        "must not write to its image",
    );
    finds(&with("\"runAsNonRoot\":true", "\"runAsNonRoot\":false"), "must run as somebody else than root");
    finds(&with("\"drop\":[\"ALL\"]", "\"drop\":[]"), "must drop all capabilities");
    finds(
        &with("\"serviceAccountName\":\"goalpost-planner\"", "\"serviceAccountName\":\"default\""),
        "a ServiceAccount of its own",
    );
    finds(&with("\"memory\":\"512Mi\"", "\"other\":\"512Mi\""), "must have resources.limits.memory");
    finds(
        &with("\"fsGroupChangePolicy\":\"OnRootMismatch\"", "\"fsGroupChangePolicy\":\"Always\""),
        "must leave its data's group alone",
    );
    finds(
        &with("\"policyTypes\":[\"Ingress\",\"Egress\"]", "\"policyTypes\":[\"Ingress\"]"),
        "whom it may talk to (Egress)",
    );
    finds(&with("\"startupProbe\"", "\"beginProbe\""), "must have a startupProbe");
}

#[test]
fn a_metric_that_is_not_there_is_found() {
    let (_, objects) = render::manifests().swap_remove(0);
    let text = Value::from(objects)
        .to_string()
        .replace("goalpost_relay_seconds_bucket", "goalpost_relais_seconds_bucket");
    let objects: Vec<Value> = serde_json::from_str(&text).unwrap();
    finds(&found(&objects), "no metric goalpost_relais_seconds_bucket");
}

#[test]
fn a_mistake_in_the_compose_file_is_found() {
    let (file, sources) = (compose_file().unwrap(), Sources::read().unwrap());
    let with = |from: &str, to: &str| {
        let text = file.to_string();
        assert!(text.contains(from), "{from}");
        compose::violations(&serde_json::from_str(&text.replace(from, to)).unwrap(), &sources)
    };
    finds(&with("redis://redis:6379", "redis://reddis:6379"), "REDIS_URL: no service reddis");
    finds(&with("http://planner:50052", "http://planner:50053"), "planner listens on 50052");
    finds(&with("\"GOALPOST_CATALOG\"", "\"GOALPOST_CATALOGUE\""), "no setting GOALPOST_CATALOGUE");
    finds(&with("\"target\":\"migrate\"", "\"target\":\"migrations\""), "its target another one");
    finds(&with("-service=goalpost.v1.Planner", "-service=planner"), "its healthcheck must ask");
    finds(&with("\"read_only\":true", "\"read_only\":false"), "must be read_only");
    finds(&with("127.0.0.1:50051:50051", "50051:50051"), "from this machine alone");
}

#[test]
fn a_build_sees_every_member_of_the_workspace() {
    let read = |name: &str| std::fs::read_to_string(crate::run::root().join(name)).unwrap();
    let (manifest, ignored) = (read("Cargo.toml"), read(".dockerignore"));
    let members = super::sources::between(&manifest, "members = [", "]").unwrap();
    let folders: Vec<&str> =
        members.split('"').skip(1).step_by(2).filter_map(|member| member.split('/').next()).collect();
    assert!(folders.len() > 5);
    for folder in folders {
        assert!(ignored.lines().any(|line| line == format!("!{folder}")), "{folder}");
    }
}
