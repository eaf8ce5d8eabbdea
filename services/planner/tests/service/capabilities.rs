use goalpost_proto::v1::ListCapabilitiesRequest;

use crate::{demo, start, violations};

fn page(page_size: i32, page_token: &str) -> ListCapabilitiesRequest {
    ListCapabilitiesRequest { page_size, page_token: page_token.to_owned() }
}

#[tokio::test]
async fn what_the_catalog_has_comes_page_by_page() {
    let mut planner = start(vec![demo().with_file_name("incident.yaml")]).await;
    let all = planner.client.list_capabilities(page(0, "")).await.unwrap().into_inner();
    assert_eq!(all.next_page_token, "");
    assert!(all.capabilities.iter().all(|capability| capability.input_schema.is_some()));
    assert!(all.capabilities.is_sorted_by_key(|capability| &capability.name));
    assert_eq!(all.methods[0].name, "oncall.page");
    // Pages that end within the capabilities, with the last of them, within the methods, and all on one.
    for size in [1, 2, 5, all.capabilities.len() as i32, 1_000] {
        let (mut capabilities, mut methods, mut token) = (Vec::new(), Vec::new(), String::new());
        loop {
            let answer = planner.client.list_capabilities(page(size, &token)).await.unwrap().into_inner();
            assert!((1..=size as usize).contains(&(answer.capabilities.len() + answer.methods.len())));
            capabilities.extend(answer.capabilities);
            methods.extend(answer.methods);
            token = answer.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(
            (capabilities, methods),
            (all.capabilities.clone(), all.methods.clone()),
            "{size} at once"
        );
    }
}

#[tokio::test]
async fn methods_tell_what_they_decompose_and_for_whom() {
    let mut planner = start(vec![demo().with_file_name("incident.yaml")]).await;
    let all = planner.client.list_capabilities(page(0, "")).await.unwrap().into_inner();
    let found = |name: &str| all.methods.iter().find(|method| method.name == name).unwrap();
    let (drill, restart) = (found("incident.drill"), found("service.restart_asked"));
    assert!(drill.is_template && !restart.is_template);
    assert_eq!(
        (drill.goal_type.as_str(), drill.namespaces.as_slice()),
        ("incident.drill", &["drills".to_owned()][..])
    );
    assert_eq!(
        (restart.patterns.as_slice(), restart.namespaces.len()),
        (&["Restart {service}".to_owned()][..], 2)
    );
    assert!(found("incident.handle").namespaces.is_empty());
}

#[tokio::test]
async fn what_plans_are_made_of_comes_with_the_capabilities() {
    let incident = demo().with_file_name("incident.yaml");
    let mut planner = start(vec![incident]).await;
    let all = planner.client.list_capabilities(page(0, "")).await.unwrap().into_inner();
    assert_eq!(all.capabilities.len(), all.facts.len());
    let place = all.capabilities.iter().position(|capability| capability.name == "deploys.list").unwrap();
    assert_eq!(all.facts[place].needs["service"], "service");
    assert_eq!(all.facts[place].produces["version"], "output.current");
    assert_eq!(all.catalog_version.len(), 64);
}

#[tokio::test]
async fn a_wrong_page_is_refused() {
    let mut planner = start(vec![]).await;
    let refused = planner.client.list_capabilities(page(-1, &"x".repeat(200))).await.unwrap_err();
    assert_eq!(violations(&refused), ["page_size", "page_token"]);
    let refused = planner.client.list_capabilities(page(1, "method:gone")).await.unwrap_err();
    assert_eq!(violations(&refused), ["page_token"]);
}
