//! Whose a delivery is stays known on every list, so that nobody's flood delays another's.

use goalpost_model::Lane;
use goalpost_queue::{Element, List};
use goalpost_store::takers::Lease;
use goalpost_testkit::wait_for;
use uuid::Uuid;

use crate::Stores;

#[tokio::test]
async fn timers_and_lost_attempts_go_by_the_lane_of_their_workflow() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(0).await;
    let lane: Lane = "acme:3".parse().unwrap();
    let (engine, workflow) = (Uuid::now_v7(), Uuid::now_v7());
    let lease = Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap();
    stores.workflow(workflow).await;
    let attempt = stores.ready_task(workflow, 0).await;
    stores.run_task(attempt, engine).await;
    stores
        .break_rule(&format!("UPDATE workflows SET lane = '{lane}'; UPDATE tasks SET lane = '{lane}'"))
        .await;
    let arm = "INSERT INTO timers (workflow_id, task, attempt, kind, fire_at) VALUES ($1, 0, 1, 'start_to_close', now())";
    stores.sql.execute(arm, &[&workflow]).await.unwrap();
    drop(lease);
    let expected = [
        Element { list: List::lost(), lane: lane.clone(), text: attempt.to_string() },
        Element { list: List::timers(), lane, text: format!("{attempt}:start_to_close") },
    ];
    delivered(&stores, &expected).await;
    stores.flush_redis().await;
    delivered(&stores, &expected).await;
}

async fn delivered(stores: &Stores, expected: &[Element]) {
    wait_for("both deliveries in their lane", async || {
        let waiting = stores.queue.contents().await.unwrap().waiting;
        expected.iter().all(|element| waiting.contains(element)).then_some(())
    })
    .await;
}
