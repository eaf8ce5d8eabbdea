//! What takers take, and what becomes of it when they die.

use std::collections::BTreeMap;

use goalpost_queue::{Depth, Error, List, Queue};
use uuid::Uuid;

use crate::{blocked, command, given_up, push, start, taker};

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
    push(&queue, &List::goals(), &["g"]).await;
    let one = Depth { elements: 1, lanes: 1 };
    assert_eq!(queue.depths().await.unwrap(), BTreeMap::from([(List::goals(), one), (list, one)]));
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
async fn elements_are_finished_one_by_one_while_their_taker_waits_for_more() {
    let (redis, queue) = start().await;
    let (list, id) = (List::drafts(), Uuid::from_u128(1));
    push(&queue, &list, &["a", "b", "a b", "b"]).await;
    let mut taker = taker(&queue, 1, &list).await;
    assert_eq!(taker.take(9).await.unwrap(), ["a", "b", "a b", "b"]);
    let taken = tokio::spawn(async move { (taker.take(9).await.unwrap(), taker) });
    goalpost_testkit::wait_for("the take", async || (blocked(&redis).await == 1).then_some(())).await;
    queue.finish(id, &list, "b").await.unwrap();
    queue.finish(id, &list, "c").await.unwrap();
    push(&queue, &list, &["c"]).await;
    let (taken, _taker) = taken.await.unwrap();
    assert_eq!(taken, ["c"]);
    assert_eq!(queue.give_back_all(id).await.unwrap(), 3);
    queue.finish(id, &list, "a").await.unwrap();
    let mut other = crate::taker(&queue, 2, &list).await;
    assert_eq!(other.take(9).await.unwrap(), ["a", "a b", "c"]);
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
    assert_eq!(taker.take(3).await.unwrap(), ["a", "b", "c"]);
    taker.keep(1).await.unwrap();
    taker.done().await.unwrap();
    assert_eq!(taker.take(9).await.unwrap(), ["b", "c", "d"]);
}

#[tokio::test]
async fn a_taker_that_is_dropped_while_it_waits_takes_nothing_any_more() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    let mut dropped = taker(&queue, 1, &list).await;
    given_up(dropped.take(1)).await;
    drop(dropped);
    push(&queue, &list, &["a"]).await;
    // Redis may not have noticed yet when it came.
    queue.give_back_all(Uuid::from_u128(1)).await.unwrap();
    assert_eq!(taker(&queue, 2, &list).await.take(9).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn a_take_that_was_given_up_is_answered_by_the_next_one() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    let mut taker = taker(&queue, 1, &list).await;
    given_up(taker.take(1)).await;
    push(&queue, &list, &["a", "b"]).await;
    // Nothing was handed out: this must not count as done.
    taker.done().await.unwrap();
    assert_eq!(taker.take(1).await.unwrap(), ["a"]);
    taker.done().await.unwrap();
    assert_eq!(taker.take(1).await.unwrap(), ["b"]);
}

#[tokio::test]
async fn a_take_of_a_taker_that_is_called_dead_is_cut_off() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    let mut cut_off = taker(&queue, 1, &list).await;
    let mut other = taker(&queue, 2, &list).await;
    // As if its machine had gone: nobody closes its connection.
    given_up(cut_off.take(1)).await;
    given_up(other.take(1)).await;
    assert_eq!(queue.give_back_all(Uuid::from_u128(1)).await.unwrap(), 0);
    push(&queue, &list, &["a"]).await;
    assert_eq!(other.take(1).await.unwrap(), ["a"]);
    assert!(cut_off.take(1).await.unwrap_err().is_unavailable());
}

#[tokio::test]
async fn a_taker_that_comes_back_can_be_given_back_again() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    for _ in 0..2 {
        push(&queue, &list, &["a"]).await;
        let mut back = taker(&queue, 1, &list).await;
        assert_eq!(back.take(1).await.unwrap(), ["a"]);
        assert_eq!(queue.give_back_all(Uuid::from_u128(1)).await.unwrap(), 1);
        assert_eq!(taker(&queue, 2, &list).await.take(1).await.unwrap(), ["a"]);
    }
}

#[tokio::test]
async fn what_is_taken_after_a_flush_can_be_given_back() {
    let (redis, queue) = start().await;
    let list = List::goals();
    let mut waiting = taker(&queue, 1, &list).await;
    let taken = tokio::spawn(async move { waiting.take(1).await });
    goalpost_testkit::wait_for("the take", async || (blocked(&redis).await == 1).then_some(())).await;
    command(&redis, "FLUSHALL").await;
    // Redis has forgotten whose this take is; it must not be handed anything.
    assert_eq!(queue.cut_takers().await.unwrap(), 1);
    assert!(taken.await.unwrap().unwrap_err().is_unavailable());
    push(&queue, &list, &["a"]).await;
    drop(taker(&queue, 1, &list).await.take(1).await.unwrap());
    assert_eq!(queue.give_back_all(Uuid::from_u128(1)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_list_that_is_removed_is_empty() {
    let (_redis, queue) = start().await;
    push(&queue, &List::goals(), &["a"]).await;
    queue.remove(&List::goals()).await.unwrap();
    assert_eq!(queue.depths().await.unwrap(), BTreeMap::new());
    push(&queue, &List::goals(), &["b"]).await;
    assert_eq!(taker(&queue, 1, &List::goals()).await.take(2).await.unwrap(), ["b"]);
}

#[tokio::test]
async fn a_wrong_address_is_a_wrong_setting() {
    assert!(matches!(Queue::new("nonsense"), Err(Error::Config(_))));
}

#[tokio::test]
async fn a_connection_that_redis_still_holds_takes_nothing_behind_its_successors_back() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    let mut cut_off = taker(&queue, 1, &list).await;
    given_up(cut_off.take(1)).await;
    let mut successor = taker(&queue, 1, &list).await;
    push(&queue, &list, &["a"]).await;
    assert_eq!(successor.take(1).await.unwrap(), ["a"]);
    assert!(cut_off.take(1).await.unwrap_err().is_unavailable());
}

#[tokio::test]
async fn a_retired_taker_takes_nothing_until_it_is_admitted_again() {
    let (_redis, queue) = start().await;
    let (list, id) = (List::ready("c"), Uuid::from_u128(1));
    push(&queue, &list, &["a"]).await;
    let mut zombie = taker(&queue, 1, &list).await;
    assert_eq!(zombie.take(1).await.unwrap(), ["a"]);
    assert_eq!(queue.retire(id).await.unwrap(), 1);
    // It does not know of it, and goes on: with the connection that it has, and with a new one.
    assert!(zombie.take(1).await.is_err());
    assert!(matches!(queue.taker(id, list.clone()).await, Err(Error::Retired(retired)) if retired == id));
    assert_eq!(taker(&queue, 2, &list).await.take(1).await.unwrap(), ["a"]);
    queue.admit(id).await.unwrap();
    push(&queue, &list, &["b"]).await;
    assert_eq!(taker(&queue, 1, &list).await.take(1).await.unwrap(), ["b"]);
}
