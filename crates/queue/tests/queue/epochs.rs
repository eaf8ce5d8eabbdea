//! The lives of Redis.

use goalpost_model::Lane;
use goalpost_queue::{Depth, Element, List, Pushed};
use uuid::Uuid;

use crate::{command, start};

fn a_goal() -> Element {
    Element { list: List::goals(), lane: Lane::default(), text: "a".to_owned() }
}

#[tokio::test]
async fn a_flush_ends_the_epoch_and_refuses_pushes() {
    let (redis, queue) = start().await;
    let (epoch, _) = queue.ensure_epoch().await.unwrap();
    let mut watch = queue.watch_epoch(&epoch).await.unwrap();
    let mut pusher = queue.pusher().await.unwrap();
    command(&redis, "FLUSHALL").await;
    watch.changed().await;
    let element = [a_goal()];
    assert_eq!(pusher.push(&epoch, &element).await.unwrap(), Pushed::EpochLost);
    assert_eq!(queue.mark_told(&epoch).await.unwrap(), Pushed::EpochLost);
    assert_eq!(queue.depths().await.unwrap().get(&List::goals()), Some(&Depth::default()));
    assert_ne!(queue.ensure_epoch().await.unwrap().0, epoch);
}

#[tokio::test]
async fn an_epoch_is_to_be_told_until_somebody_says_that_it_was() {
    let (_redis, queue) = start().await;
    let (epoch, is_told) = queue.ensure_epoch().await.unwrap();
    assert!(!is_told);
    assert_eq!(queue.ensure_epoch().await.unwrap(), (epoch.clone(), false));
    assert_eq!(queue.mark_told(&epoch).await.unwrap(), Pushed::Done);
    assert_eq!(queue.ensure_epoch().await.unwrap(), (epoch, true));
}

#[tokio::test]
async fn a_watch_that_begins_too_late_knows_it() {
    let (redis, queue) = start().await;
    let (epoch, _) = queue.ensure_epoch().await.unwrap();
    command(&redis, "FLUSHALL").await;
    queue.watch_epoch(&epoch).await.unwrap().changed().await;
}

#[tokio::test]
async fn a_redis_that_dies_ends_the_epoch_and_is_unavailable_until_it_is_back() {
    let (mut redis, queue) = start().await;
    let (epoch, _) = queue.ensure_epoch().await.unwrap();
    let (mut watch, mut link) = (queue.watch_epoch(&epoch).await.unwrap(), queue.link().await.unwrap());
    let mut waiting = queue.taker(Uuid::from_u128(1), List::goals()).await.unwrap();
    let taken = tokio::spawn(async move { waiting.take(1).await });
    redis.kill().await;
    watch.changed().await;
    link.lost().await;
    assert!(taken.await.unwrap().unwrap_err().is_unavailable());
    assert!(queue.ping().await.unwrap_err().is_unavailable());
    redis.restart().await.unwrap();
    queue.ping().await.unwrap();
    assert_ne!(queue.ensure_epoch().await.unwrap().0, epoch);
}

#[tokio::test]
async fn a_redis_that_comes_back_from_a_file_is_in_another_epoch() {
    let (mut redis, queue) = start().await;
    let (epoch, _) = queue.ensure_epoch().await.unwrap();
    assert_eq!(queue.mark_told(&epoch).await.unwrap(), Pushed::Done);
    let element = [a_goal()];
    assert_eq!(queue.pusher().await.unwrap().push(&epoch, &element).await.unwrap(), Pushed::Done);
    command(&redis, "SAVE").await;
    redis.kill().await;
    redis.restart().await.unwrap();
    assert_eq!(queue.depths().await.unwrap()[&List::goals()].elements, 1);
    let (now, is_told) = queue.ensure_epoch().await.unwrap();
    assert_ne!(now, epoch);
    assert!(!is_told);
}
