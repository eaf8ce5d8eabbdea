//! Who gets a key, and when.

use goalpost_testkit::Database;
use tokio_postgres::Client;
use uuid::Uuid;

async fn asked(client: &Client, name: &str, most: i32) -> Uuid {
    let sql = "INSERT INTO concurrency_keys (workflow_id, task, attempt, name, most, lane) \
               VALUES ($1, 0, 0, $2, $3, 'default:2')";
    let id = Uuid::now_v7();
    client.execute(sql, &[&id, &name, &most]).await.unwrap();
    id
}

async fn freed(client: &Client, id: Uuid) {
    client.execute("DELETE FROM concurrency_keys WHERE workflow_id = $1", &[&id]).await.unwrap();
}

/// Hands keys on; answers with who gets one, in the order in which they asked.
async fn granted(client: &Client, names: &[&str]) -> Vec<Uuid> {
    client.execute("SELECT grant_keys($1)", &[&names]).await.unwrap();
    let sql = "DELETE FROM outbox WHERE list = 'keys' RETURNING split_part(element, ':', 1)::uuid";
    let told: Vec<Uuid> = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let sql = "SELECT workflow_id FROM concurrency_keys WHERE workflow_id = ANY ($1) AND granted_at IS NOT NULL ORDER BY asked";
    client.query(sql, &[&told]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn database() -> (Database, Client) {
    let database = goalpost_testkit::database().await;
    let client = database.client().await;
    (database, client)
}

#[tokio::test]
async fn who_asks_first_is_served_first_and_no_more_than_may() {
    let (_database, client) = database().await;
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(asked(&client, "n/x", 2).await);
    }
    let other = asked(&client, "n/y", 1).await;
    assert_eq!(granted(&client, &["n/x"]).await, all[..2]);
    assert!(granted(&client, &["n/x"]).await.is_empty());
    // Only those that are named are looked at; a name that comes twice counts once.
    assert_eq!(granted(&client, &["n/y", "n/x", "n/y"]).await, [other]);
    freed(&client, all[1]).await;
    freed(&client, all[3]).await;
    assert_eq!(granted(&client, &["n/x"]).await, [all[2]]);
    freed(&client, all[0]).await;
    freed(&client, all[2]).await;
    assert_eq!(granted(&client, &["n/x"]).await, [all[4]]);
}

#[tokio::test]
async fn nobody_is_passed_over_by_those_who_are_content_with_less_room() {
    let (_database, client) = database().await;
    let first = asked(&client, "n/x", 3).await;
    let alone = asked(&client, "n/x", 1).await;
    let third = asked(&client, "n/x", 3).await;
    assert_eq!(granted(&client, &["n/x"]).await, [first]);
    freed(&client, first).await;
    assert_eq!(granted(&client, &["n/x"]).await, [alone, third]);
}
