use std::io::Write as _;
use std::path::PathBuf;

use goalpost_planner::{CatalogError, Config, Error, build};
use goalpost_proto::v1::PlanRequest;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::{demo, start};

async fn refused(catalogs: Vec<PathBuf>) -> CatalogError {
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), catalogs, ..Config::default() };
    match build(config).await {
        Err(Error::Catalog(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it started"),
    }
}

#[tokio::test]
async fn it_serves_as_soon_as_it_runs() {
    let planner = start(vec![demo()]).await;
    let channel = Endpoint::from_shared(planner.url.clone()).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel);
    for service in ["", "goalpost.v1.Planner"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
}

#[tokio::test]
async fn without_a_catalog_it_starts_and_says_that_it_has_none() {
    let mut planner = start(vec![]).await;
    let request = PlanRequest { goal: "anything".to_owned(), ..PlanRequest::default() };
    let failure = planner.client.plan(request).await.unwrap().into_inner().failure.unwrap();
    assert!(failure.message.contains("--catalog"), "{}", failure.message);
}

#[tokio::test]
async fn every_file_that_cannot_be_read_is_named() {
    let CatalogError::Unreadable(files) = refused(vec!["/none/a".into(), demo(), "/none/b".into()]).await
    else {
        panic!("they were read")
    };
    assert_eq!(files.len(), 2);
}

#[tokio::test]
async fn a_catalog_with_mistakes_stops_the_start_and_lists_them() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"methods:\n  - { name: a b, tasks: [] }\n").unwrap();
    let CatalogError::Wrong(mistakes) = refused(vec![file.path().to_owned()]).await else {
        panic!("it was read")
    };
    assert!(mistakes.0.len() >= 2, "{mistakes}");
    assert!(mistakes.0.iter().all(|mistake| mistake.line == 2));
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_its_flag() {
    let planner = start(vec![]).await;
    let taken = planner.url.trim_start_matches("http://").parse().unwrap();
    let error = build(Config { listen: taken, ..Config::default() }).await.err().unwrap();
    assert!(error.to_string().contains("--listen"), "{error}");
}
