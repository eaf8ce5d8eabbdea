//! Reading histories and figures.

use goalpost_proto::v1::{EventType, GetStatsRequest, ListEventsRequest};
use tonic::Code;
use uuid::Uuid;

use crate::{Stores, violations};

fn list(id: impl ToString, after: i64, page_size: i32) -> ListEventsRequest {
    ListEventsRequest { workflow_id: id.to_string(), after, page_size }
}

#[tokio::test]
async fn a_history_is_read_in_pages_and_outputs_come_with_their_events() {
    let stores = Stores::new().await;
    let mut client = stores.persistence(5_000).await.client;
    let id = stores.goal().await;
    stores.set_goal(id, "RUNNING").await;
    stores.workflow(id).await;
    let task = stores.ready_task(id, 0).await;
    stores.run_task(task, Uuid::now_v7()).await;
    stores.succeed_task(task, "{\"celsius\": 12.5}").await;
    let page = client.list_events(list(id, 0, 4)).await.unwrap().into_inner();
    assert_eq!(page.last_number, 6);
    let kinds: Vec<EventType> = page.events.iter().map(|event| event.r#type()).collect();
    assert_eq!(
        kinds,
        [EventType::GoalSubmitted, EventType::GoalPlanned, EventType::WorkflowStarted, EventType::TaskReady]
    );
    let page = client.list_events(list(id, 4, 0)).await.unwrap().into_inner();
    let numbers: Vec<i64> = page.events.iter().map(|event| event.number).collect();
    assert_eq!(numbers, [5, 6]);
    assert_eq!(page.events[1].task, "task0");
    assert!(format!("{:?}", page.events[1].output).contains("12.5"));
}

#[tokio::test]
async fn a_page_of_large_outputs_stays_small_enough_to_be_received() {
    let stores = Stores::new().await;
    let mut client = stores.persistence(5_000).await.client;
    let id = Uuid::now_v7();
    stores.workflow(id).await;
    let output = format!("\"{}\"", "x".repeat(1_000_000));
    for ordinal in 0..8 {
        let task = stores.ready_task(id, ordinal).await;
        stores.run_task(task, Uuid::now_v7()).await;
        stores.succeed_task(task, &output).await;
    }
    let (mut after, mut outputs) = (0, 0);
    loop {
        let page = client.list_events(list(id, after, 0)).await.unwrap().into_inner();
        outputs += page.events.iter().filter(|event| event.output.is_some()).count();
        after = page.events.last().unwrap().number;
        if after == page.last_number {
            break;
        }
    }
    assert_eq!(outputs, 8);
}

#[tokio::test]
async fn wrong_requests_are_refused_with_the_names_of_the_fields() {
    let stores = Stores::new().await;
    let mut client = stores.persistence(5_000).await.client;
    let refused = client.list_events(list("x", -1, 10_001)).await.unwrap_err();
    assert_eq!(violations(&refused), ["page_size", "workflow_id", "after"]);
    let unknown = client.list_events(list(Uuid::now_v7(), 0, 0)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn figures_count_what_is_there() {
    let stores = Stores::new().await;
    let mut client = stores.persistence(5_000).await.client;
    stores.goal().await;
    let workflow = Uuid::now_v7();
    stores.workflow(workflow).await;
    stores.ready_task(workflow, 0).await;
    let stats = goalpost_testkit::wait_for("both lists", async || {
        let stats = client.get_stats(GetStatsRequest {}).await.unwrap().into_inner();
        (stats.lists.len() == 2 && stats.outbox == 0).then_some(stats)
    })
    .await;
    assert_eq!(stats.goals["SUBMITTED"], 1);
    assert_eq!(stats.workflows["RUNNING"], 1);
    assert_eq!(stats.tasks["READY"], 1);
    assert_eq!(stats.lists["goals"], 1);
    assert_eq!(stats.lists["ready:weather.fetch"], 1);
}
