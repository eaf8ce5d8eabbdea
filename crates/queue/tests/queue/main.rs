//! The lists on a real Redis.
#![cfg(test)]

mod epochs;
mod lanes;
mod lists;
mod protocol;

use goalpost_model::{Lane, Priority};
use goalpost_queue::{Element, List, Pushed, Queue, Taker};
use goalpost_testkit::TestRedis;
use uuid::Uuid;

fn lane(namespace: &str, priority: Priority) -> Lane {
    Lane::new(&namespace.parse().unwrap(), priority)
}

async fn start() -> (TestRedis, Queue) {
    let redis = goalpost_testkit::redis().await;
    let queue = Queue::new(&redis.url()).unwrap();
    (redis, queue)
}

async fn push(queue: &Queue, list: &List, elements: &[&str]) {
    push_on(queue, list, &Lane::default(), elements).await;
}

async fn push_on(queue: &Queue, list: &List, lane: &Lane, elements: &[&str]) {
    let (epoch, _) = queue.ensure_epoch().await.unwrap();
    let element = |text: &&str| Element { list: list.clone(), lane: lane.clone(), text: (*text).to_owned() };
    let elements: Vec<Element> = elements.iter().map(element).collect();
    assert_eq!(queue.pusher().await.unwrap().push(&epoch, &elements).await.unwrap(), Pushed::Done);
}

/// Waits for it until it certainly waits itself, then drops it.
async fn given_up<T>(future: impl Future<Output = T>) {
    let waited = tokio::time::timeout(std::time::Duration::from_millis(50), future).await;
    assert!(waited.is_err());
}

async fn blocked(redis: &TestRedis) -> usize {
    let mut connection = connect(redis).await;
    let info: String = redis::cmd("INFO").arg("clients").query_async(&mut connection).await.unwrap();
    let field = info.lines().find_map(|line| line.strip_prefix("blocked_clients:"));
    field.unwrap().trim().parse().unwrap()
}

async fn command(redis: &TestRedis, command: &str) {
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    words.for_each(|word| {
        command.arg(word);
    });
    command.exec_async(&mut connect(redis).await).await.unwrap();
}

async fn connect(redis: &TestRedis) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(redis.url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

async fn taker(queue: &Queue, id: u128, list: &List) -> Taker {
    queue.taker(Uuid::from_u128(id), list.clone()).await.unwrap()
}
