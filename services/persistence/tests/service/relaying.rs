//! From a commit to a list.

use goalpost_queue::List;
use goalpost_store::outbox::Outbox;

use crate::Stores;

#[tokio::test]
async fn a_submitted_goal_reaches_its_list_and_leaves_the_outbox() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(5_000).await;
    let goal = stores.goal().await;
    assert_eq!(stores.take(List::goals(), 1).await, [goal.to_string()]);
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
}

#[tokio::test]
async fn what_was_committed_while_nobody_relayed_is_delivered_in_order() {
    let stores = Stores::new().await;
    let goals = [stores.goal().await, stores.goal().await, stores.goal().await];
    let _persistence = stores.persistence(5_000).await;
    assert_eq!(stores.take(List::goals(), 3).await, goals.map(|goal| goal.to_string()));
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
}

#[tokio::test]
async fn what_a_new_redis_is_told_is_not_delivered_once_more() {
    let stores = Stores::new().await;
    let goals = [stores.goal().await, stores.goal().await];
    // No state tells of this one.
    stores.queue_numbers_up_to(1).await;
    let _persistence = stores.persistence(5_000).await;
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
    let depths = stores.queue.depths().await.unwrap();
    assert_eq!(depths[&List::goals()].elements, 3);
    let expected = [goals[0].to_string(), goals[1].to_string(), "1".to_owned()];
    assert_eq!(stores.take(List::goals(), 3).await, expected);
}

#[tokio::test]
async fn a_batch_that_no_notification_can_carry_arrives_whole_and_in_order() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(5_000).await;
    arrives_whole_and_in_order(&stores, 12_000).await;
}

#[tokio::test]
async fn a_batch_that_takes_several_notifications_arrives_whole_and_in_order() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(5_000).await;
    arrives_whole_and_in_order(&stores, 900).await;
}

async fn arrives_whole_and_in_order(stores: &Stores, count: usize) {
    stores.queue_numbers_up_to(count).await;
    let expected: Vec<String> = (1..=count).map(|number| number.to_string()).collect();
    assert_eq!(stores.take(List::goals(), count).await, expected);
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
}

#[tokio::test]
async fn a_drain_does_not_end_early_because_somebody_else_deletes() {
    let stores = Stores::new().await;
    stores.queue_numbers_up_to(12).await;
    let other = stores.database.client().await;
    other.batch_execute("BEGIN; DELETE FROM outbox WHERE element::integer <= 5").await.unwrap();
    let mut outbox = Outbox::open(&stores.store).await.unwrap();
    let draining = tokio::spawn(async move {
        let drained = outbox.drain(5).await.unwrap();
        let elements: Vec<String> = drained.deliveries.iter().map(|row| row.element.clone()).collect();
        drained.keep().await.unwrap();
        elements
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    stores.wait_for_count(waiting, 1).await;
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(draining.await.unwrap(), ["6", "7", "8", "9", "10"]);
}
