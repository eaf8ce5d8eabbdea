//! The lists on a real Redis.
#![cfg(test)]

use goalpost_queue::{Error, List, Pushed, Queue, Taker};
use goalpost_testkit::TestRedis;
use uuid::Uuid;

async fn start() -> (TestRedis, Queue) {
    let redis = goalpost_testkit::redis().await;
    let queue = Queue::new(&redis.url()).unwrap();
    (redis, queue)
}

async fn push(queue: &Queue, list: &List, elements: &[&str]) {
    let (epoch, _) = queue.ensure_epoch().await.unwrap();
    let elements: Vec<(List, String)> =
        elements.iter().map(|element| (list.clone(), (*element).to_owned())).collect();
    assert_eq!(queue.pusher().await.unwrap().push(&epoch, &elements).await.unwrap(), Pushed::Done);
}

async fn taker(queue: &Queue, id: u128, list: &List) -> Taker {
    queue.taker(Uuid::from_u128(id), list.clone()).await.unwrap()
}

#[tokio::test]
async fn elements_come_in_order_and_not_beyond_what_is_asked_for() {
    let (_redis, queue) = start().await;
    let list = List::ready("c");
    push(&queue, &list, &["a", "b", "c", "d"]).await;
    let mut taker = taker(&queue, 1, &list).await;
    assert_eq!(taker.take(1).await.unwrap(), ["a"]);
    taker.done().await.unwrap();
    assert_eq!(taker.take(2).await.unwrap(), ["b", "c"]);
    taker.done().await.unwrap();
    assert_eq!(queue.lengths(&[list, List::goals()]).await.unwrap(), [1, 0]);
}

#[tokio::test]
async fn a_take_waits_for_a_push() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    let mut taker = taker(&queue, 1, &list).await;
    let taken = tokio::spawn(async move { taker.take(10).await.unwrap() });
    push(&queue, &list, &["a", "b"]).await;
    assert_eq!(taken.await.unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn what_was_taken_and_not_dealt_with_is_taken_again_after_a_restart() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    push(&queue, &list, &["a", "b", "c"]).await;
    let mut first = taker(&queue, 1, &list).await;
    assert_eq!(first.take(2).await.unwrap(), ["a", "b"]);
    drop(first);
    let mut second = taker(&queue, 1, &list).await;
    assert_eq!(second.take(1).await.unwrap(), ["a", "b"]);
    second.done().await.unwrap();
    assert_eq!(second.take(9).await.unwrap(), ["c"]);
}

#[tokio::test]
async fn the_elements_of_a_dead_taker_go_back_to_the_heads_of_their_lists() {
    let (_redis, queue) = start().await;
    let (goals, ready) = (List::goals(), List::ready("c"));
    push(&queue, &goals, &["a", "b", "c"]).await;
    push(&queue, &ready, &["x"]).await;
    let mut dead = taker(&queue, 1, &goals).await;
    dead.take(2).await.unwrap();
    taker(&queue, 1, &ready).await.take(1).await.unwrap();
    drop(dead);
    assert_eq!(queue.give_back_all(Uuid::from_u128(1)).await.unwrap(), 3);
    assert_eq!(queue.give_back_all(Uuid::from_u128(1)).await.unwrap(), 0);
    assert_eq!(taker(&queue, 2, &goals).await.take(9).await.unwrap(), ["a", "b", "c"]);
    assert_eq!(taker(&queue, 2, &ready).await.take(9).await.unwrap(), ["x"]);
}

#[tokio::test]
async fn what_is_given_back_comes_first() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    push(&queue, &list, &["a", "b", "c", "d"]).await;
    let mut taker = taker(&queue, 1, &list).await;
    let taken = taker.take(3).await.unwrap();
    taker.give_back(&taken[1..]).await.unwrap();
    taker.done().await.unwrap();
    assert_eq!(taker.take(9).await.unwrap(), ["b", "c", "d"]);
}

#[tokio::test]
async fn a_take_that_is_dropped_while_it_waits_loses_nothing() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    let mut dropped = taker(&queue, 1, &list).await;
    let waits = tokio::time::timeout(std::time::Duration::from_millis(50), dropped.take(1)).await;
    assert!(waits.is_err());
    drop(dropped);
    push(&queue, &list, &["a"]).await;
    // Redis may have moved it for the connection that is gone; or it is still on the list.
    queue.give_back_all(Uuid::from_u128(1)).await.unwrap();
    assert_eq!(taker(&queue, 2, &list).await.take(9).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn a_flush_ends_the_epoch_and_refuses_pushes() {
    let (redis, queue) = start().await;
    let (epoch, is_fresh) = queue.ensure_epoch().await.unwrap();
    assert!(is_fresh);
    assert_eq!(queue.ensure_epoch().await.unwrap(), (epoch.clone(), false));
    let mut watch = queue.watch_epoch(&epoch).await.unwrap();
    let mut pusher = queue.pusher().await.unwrap();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut other = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut other).await.unwrap();
    watch.changed().await;
    let element = [(List::goals(), "a".to_owned())];
    assert_eq!(pusher.push(&epoch, &element).await.unwrap(), Pushed::EpochLost);
    assert_eq!(queue.lengths(&[List::goals()]).await.unwrap(), [0]);
    assert!(queue.ensure_epoch().await.unwrap().1);
}

#[tokio::test]
async fn a_redis_that_dies_ends_the_epoch_and_is_unavailable_until_it_is_back() {
    let (mut redis, queue) = start().await;
    let (epoch, _) = queue.ensure_epoch().await.unwrap();
    let mut watch = queue.watch_epoch(&epoch).await.unwrap();
    let mut waiting = taker(&queue, 1, &List::goals()).await;
    let taken = tokio::spawn(async move { waiting.take(1).await });
    redis.kill().await;
    watch.changed().await;
    assert!(taken.await.unwrap().unwrap_err().is_unavailable());
    assert!(queue.ping().await.unwrap_err().is_unavailable());
    redis.restart().await.unwrap();
    queue.ping().await.unwrap();
    assert!(queue.ensure_epoch().await.unwrap().1);
}

#[tokio::test]
async fn a_wrong_address_is_a_wrong_setting() {
    assert!(matches!(Queue::new("nonsense"), Err(Error::Config(_))));
}
