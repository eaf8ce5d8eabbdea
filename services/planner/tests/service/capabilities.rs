use goalpost_proto::v1::ListCapabilitiesRequest;

use crate::{demo, start, violations};

fn page(page_size: i32, page_token: &str) -> ListCapabilitiesRequest {
    ListCapabilitiesRequest { page_size, page_token: page_token.to_owned() }
}

#[tokio::test]
async fn capabilities_come_by_name_page_by_page() {
    let mut planner = start(vec![demo()]).await;
    let mut names = Vec::new();
    let mut token = String::new();
    for _ in 0..3 {
        let answer = planner.client.list_capabilities(page(1, &token)).await.unwrap().into_inner();
        assert_eq!(answer.capabilities.len(), 1);
        names.push(answer.capabilities[0].name.clone());
        token = answer.next_page_token;
    }
    assert_eq!(names, ["report.write", "weather.climatology", "weather.fetch"]);
    assert_eq!(token, "");
    let all = planner.client.list_capabilities(page(0, "")).await.unwrap().into_inner();
    assert_eq!((all.capabilities.len(), all.next_page_token.as_str()), (3, ""));
    assert!(all.capabilities[2].input_schema.is_some());
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
}
