//! What the database itself refuses and tells, whoever writes.

use futures::StreamExt as _;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};
use uuid::Uuid;

/// Invariant 9. The primary key refuses a number that is used twice; a gap is refused too, in one history
/// and in one of several that are written together.
#[tokio::test]
async fn events_that_would_leave_a_gap_are_refused() {
    let database = goalpost_testkit::database().await;
    let client = database.client().await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let insert = async |events: &[(Uuid, i64)]| {
        let (ids, numbers): (Vec<Uuid>, Vec<i64>) = events.iter().copied().unzip();
        let sql = "INSERT INTO events (workflow_id, number, at, type) \
                   SELECT id, number, now(), 'GOAL_SUBMITTED' FROM unnest($1::uuid[], $2::int8[]) AS e (id, number)";
        client.execute(sql, &[&ids, &numbers]).await.map_err(|error| error.to_string())
    };
    insert(&[(a, 1), (a, 2), (b, 1)]).await.unwrap();
    insert(&[(a, 3)]).await.unwrap();
    for gap in
        [&[(a, 5)][..], &[(a, 4), (a, 6)], &[(a, 4), (b, 3)], &[(a, 5), (b, 2)], &[(Uuid::now_v7(), 2)]]
    {
        assert!(insert(gap).await.is_err(), "{gap:?}");
    }
    assert!(insert(&[(b, 1)]).await.is_err(), "a number that is used already");
    insert(&[(a, 4), (b, 2), (b, 3)]).await.unwrap();
}

/// The relay is told of every row that it need not read, and that it has to read where they are too many
/// to tell.
#[tokio::test]
async fn the_relay_is_told_of_what_is_in_the_outbox() {
    let database = goalpost_testkit::database().await;
    let client = database.client().await;
    let (listener, mut connection) = database.url().parse::<Config>().unwrap().connect(NoTls).await.unwrap();
    let told = tokio::spawn(async move {
        let mut told = Vec::new();
        let mut messages = futures::stream::poll_fn(|context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(notification) = message {
                told.push(notification.payload().to_owned());
            }
        }
        told
    });
    listener.batch_execute("LISTEN goalpost_outbox").await.unwrap();
    // None, one, as many as one message holds, more than that, one that no message holds, and very many.
    fill(&client, 0, 1).await;
    fill(&client, 1, 1).await;
    fill(&client, 100, 20).await;
    fill(&client, 900, 20).await;
    fill(&client, 1, 8000).await;
    fill(&client, 1001, 1).await;
    // Notifications arrive in order, before the answer to what was asked after them.
    listener.batch_execute("SELECT 1").await.unwrap();
    drop(listener);
    let told = told.await.unwrap();
    let lines: Vec<&str> = told.iter().flat_map(|payload| payload.lines()).collect();
    let rows = lines.iter().filter(|line| **line != "*").count();
    assert_eq!((rows, lines.len() - rows), (1001, 2), "{}", told.len());
    let ids: Vec<i64> =
        lines.iter().filter_map(|line| line.split(' ').next().and_then(|id| id.parse().ok())).collect();
    assert!(ids.is_sorted(), "in the order of the rows");
}

async fn fill(client: &Client, rows: i32, length: i32) {
    let sql = "INSERT INTO outbox (list, element) SELECT 'l', repeat('x', $2) FROM generate_series(1, $1)";
    client.execute(sql, &[&rows, &length]).await.unwrap();
}
