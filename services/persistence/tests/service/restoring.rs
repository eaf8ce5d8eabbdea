//! Backups: what comes back of them is the whole truth, whatever became of Redis.

use std::path::Path;

use goalpost_queue::List;
use tokio::process::Command;
use uuid::Uuid;

use crate::Stores;

async fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().await.expect(program);
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A backup of the database, in another one beside a Redis that knows nothing.
async fn restored(stores: &Stores, backup: &Path) -> Stores {
    let database = goalpost_testkit::empty_database().await;
    let backup = backup.display().to_string();
    run("pg_dump", &["--format=custom", "--no-owner", "--file", &backup, stores.database.url()]).await;
    run("pg_restore", &["--exit-on-error", "--no-owner", "--dbname", database.url(), &backup]).await;
    Stores::of(database, goalpost_testkit::redis().await).await
}

#[tokio::test]
async fn a_backup_brings_back_everything_and_redis_is_told() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let (submitted, running) = (stores.goal().await, Uuid::now_v7());
    stores.workflow(running).await;
    let ready = stores.ready_task(running, 0).await;
    // Delivered and gone from the outbox: only the state itself knows of them.
    stores.take(List::goals(), 1).await;
    stores.take(List::ready("weather.fetch"), 1).await;
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
    let events = stores.count("SELECT count(*) FROM events").await;

    let folder = tempfile::tempdir().unwrap();
    let again = restored(&stores, &folder.path().join("backup")).await;
    persistence.stop().await;
    // No trigger has made events of rows that came back.
    assert_eq!(again.count("SELECT count(*) FROM events").await, events);
    let persistence = again.persistence(5_000).await;
    assert_eq!(again.take(List::goals(), 1).await, [submitted.to_string()]);
    assert_eq!(again.take(List::ready("weather.fetch"), 1).await, [ready.to_string()]);
    // Life goes on: the triggers are back, too.
    let next = again.goal().await;
    assert_eq!(again.take(List::goals(), 1).await, [next.to_string()]);
    let of_next = format!("SELECT count(*) FROM events WHERE workflow_id = '{next}'");
    assert_eq!(again.count(&of_next).await, 1);
    persistence.stop().await;
}
