use goalpost_proto::v1::{
    Blueprint, Budget, Capability, CheckBlueprintRequest, Edge, RetryPolicy, Severity, Task,
};
use serde_json::json;

use crate::{demo, fields, start, violations};

fn fetch() -> Blueprint {
    let input = Some(fields(json!({"city": "Seattle"})));
    let task =
        Task { name: "fetch".to_owned(), capability: "weather.fetch".to_owned(), input, ..Task::default() };
    Blueprint { name: "mine".to_owned(), tasks: vec![task], ..Blueprint::default() }
}

#[tokio::test]
async fn a_sound_blueprint_comes_back_with_its_capabilities_and_its_digest() {
    let mut planner = start(vec![demo()]).await;
    let request = CheckBlueprintRequest { blueprint: Some(fetch()), ..CheckBlueprintRequest::default() };
    let answer = planner.client.check_blueprint(request).await.unwrap().into_inner();
    assert!(answer.findings.is_empty(), "{:?}", answer.findings);
    assert_eq!(answer.blueprint.unwrap().capabilities[0].name, "weather.fetch");
    assert_eq!(answer.blueprint_digest.len(), 64);
    let worst_case = answer.worst_case.unwrap();
    assert_eq!((worst_case.tasks, worst_case.total.unwrap().attempts), (1, 1));
    assert_eq!(worst_case.without_money, ["weather.fetch"]);
}

#[tokio::test]
async fn definitions_that_are_kept_count_before_the_catalogs() {
    let mut planner = start(vec![demo()]).await;
    let capability = |name: &str| Capability {
        name: name.to_owned(),
        description: "as it was planned".to_owned(),
        ..Capability::default()
    };
    let mut blueprint = fetch();
    let bake = Task { name: "bake".to_owned(), capability: "cake.bake".to_owned(), ..Task::default() };
    blueprint.tasks.push(bake);
    blueprint.capabilities = vec![capability("cake.bake"), capability("weather.fetch")];
    let mut check = async |keep_capabilities| {
        let request = CheckBlueprintRequest {
            blueprint: Some(blueprint.clone()),
            keep_capabilities,
            namespace: String::new(),
        };
        planner.client.check_blueprint(request).await.unwrap().into_inner()
    };
    let kept = check(true).await.blueprint.unwrap();
    assert!(kept.capabilities.iter().all(|kept| kept.description == "as it was planned"), "{kept:?}");
    assert!(check(false).await.blueprint.is_none(), "nobody has cake.bake any more");
}

#[tokio::test]
async fn everything_that_is_wrong_is_found_at_once() {
    let mut planner = start(vec![demo()]).await;
    let mut blueprint = fetch();
    blueprint.tasks.push(Task {
        name: "bake".to_owned(),
        capability: "cake.bake".to_owned(),
        ..Task::default()
    });
    blueprint.edges.push(Edge {
        source: "fetch".to_owned(),
        target: "nowhere".to_owned(),
        condition: "1 +".to_owned(),
        ..Edge::default()
    });
    let request = CheckBlueprintRequest { blueprint: Some(blueprint), ..CheckBlueprintRequest::default() };
    let answer = planner.client.check_blueprint(request).await.unwrap().into_inner();
    let errors: Vec<&str> = answer
        .findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Error)
        .map(|finding| finding.node.as_str())
        .collect();
    assert!(errors.contains(&"task bake") && errors.contains(&"edge fetch -> nowhere"), "{errors:?}");
    assert!(errors.len() >= 3, "{:?}", answer.findings);
    assert!(answer.blueprint.is_none() && answer.blueprint_digest.is_empty());
}

#[tokio::test]
async fn a_blueprint_over_its_budget_is_refused_with_what_it_would_come_to() {
    let mut planner = start(vec![demo()]).await;
    let mut blueprint = fetch();
    blueprint.tasks[0].retry = Some(RetryPolicy { max_attempts: 5, ..RetryPolicy::default() });
    blueprint.budget = Some(Budget { attempts: 4, ..Budget::default() });
    let request = CheckBlueprintRequest { blueprint: Some(blueprint), ..CheckBlueprintRequest::default() };
    let answer = planner.client.check_blueprint(request).await.unwrap().into_inner();
    let found: Vec<(&str, &str)> =
        answer.findings.iter().map(|finding| (finding.code.as_str(), finding.field.as_str())).collect();
    assert_eq!((found, answer.blueprint), (vec![("GP080", "budget.attempts")], None));
    assert_eq!(answer.worst_case.unwrap().total.unwrap().attempts, 5);
}

#[tokio::test]
async fn a_blueprint_that_cannot_be_read_is_refused_with_its_fields() {
    let mut planner = start(vec![]).await;
    let none = planner.client.check_blueprint(CheckBlueprintRequest::default()).await.unwrap_err();
    assert_eq!(violations(&none), ["blueprint"]);
    let mut blueprint = fetch();
    blueprint.tasks[0].join = 99;
    let request = CheckBlueprintRequest { blueprint: Some(blueprint), ..CheckBlueprintRequest::default() };
    let refused = planner.client.check_blueprint(request).await.unwrap_err();
    assert_eq!(violations(&refused), ["blueprint.tasks[0].join"]);
}
