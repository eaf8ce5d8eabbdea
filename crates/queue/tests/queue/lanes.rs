//! How lanes share a list.

use std::collections::BTreeMap;

use goalpost_model::Priority;
use goalpost_queue::{Depth, LaneDepth, List};
use uuid::Uuid;

use crate::{connect, lane, push, push_on, start, taker};

#[tokio::test]
async fn who_has_little_waits_for_one_turn_of_who_has_much() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    push_on(&queue, &list, &lane("flood", Priority::Normal), &["f"; 200]).await;
    push_on(&queue, &list, &lane("drop", Priority::Normal), &["d"]).await;
    let mut taker = taker(&queue, 1, &list).await;
    let taken = taker.take(20).await.unwrap();
    assert_eq!(taken.iter().position(|element| element == "d"), Some(16));
    assert_eq!(taken.len(), 20);
    assert_eq!(queue.depths().await.unwrap()[&list], Depth { elements: 181, lanes: 1 });
}

#[tokio::test]
async fn priorities_weigh_even_if_elements_are_taken_one_by_one() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    for priority in Priority::ALL {
        let name = format!("{priority:?}");
        push_on(&queue, &list, &lane("a", *priority), &vec![name.as_str(); 200]).await;
    }
    let mut taker = taker(&queue, 1, &list).await;
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..2 * (4 + 16 + 64) {
        *taken.entry(taker.take(1).await.unwrap().remove(0)).or_default() += 1;
        taker.done().await.unwrap();
    }
    let expected = [("High", 128), ("Low", 8), ("Normal", 32)];
    assert_eq!(taken, expected.map(|(name, count)| (name.to_owned(), count)).into());
}

#[tokio::test]
async fn a_take_serves_as_many_lanes_as_it_has_room_for() {
    let (_redis, queue) = start().await;
    let list = List::goals();
    for number in 0..50 {
        push_on(&queue, &list, &lane(&format!("n{number}"), Priority::Normal), &["e"]).await;
    }
    assert_eq!(taker(&queue, 1, &list).await.take(100).await.unwrap().len(), 50);
}

#[tokio::test]
async fn a_take_that_dies_with_its_turn_loses_nothing() {
    let (redis, queue) = start().await;
    let list = List::goals();
    push(&queue, &list, &["a", "b"]).await;
    for is_dead in [true, false] {
        let mut dying = taker(&queue, 1, &list).await;
        // It gets its turn, and not what the turn stands for.
        redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut connect(&redis).await).await.unwrap();
        assert!(dying.take(9).await.is_err());
        drop(dying);
        if is_dead {
            assert_eq!(queue.give_back_all(Uuid::from_u128(1)).await.unwrap(), 0);
        }
    }
    let mut back = taker(&queue, 1, &list).await;
    assert_eq!(back.take(9).await.unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn each_lane_tells_how_much_it_holds_and_what_is_next() {
    let (_redis, queue) = start().await;
    let (list, empty) = (List::ready("a"), List::goals());
    push(&queue, &empty, &["gone"]).await;
    taker(&queue, 1, &empty).await.take(1).await.unwrap();
    let (much, little) = (lane("much", Priority::High), lane("little", Priority::Normal));
    push_on(&queue, &list, &much, &["m1", "m2"]).await;
    push_on(&queue, &list, &little, &["l1"]).await;
    let depth = |lane, elements, head: &str| LaneDepth { lane, elements, head: head.to_owned() };
    let lanes = vec![depth(much, 2, "m1"), depth(little, 1, "l1")];
    assert_eq!(queue.lanes().await.unwrap(), BTreeMap::from([(empty, Vec::new()), (list, lanes)]));
}
