//! Retention: what has ended and is old enough goes, archived before; the rest stays.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use goalpost_model::{Namespace, PayloadId, WorkflowId};
use goalpost_persistence::RetentionArgs;
use goalpost_store::{payloads, retention};
use goalpost_testkit::wait_for;
use serde_json::Value;
use uuid::Uuid;

use crate::Stores;

/// As short as it goes.
fn a_second(archive_command: Option<PathBuf>) -> RetentionArgs {
    RetentionArgs { retention_seconds: 1, history_partition_seconds: 1, archive_command }
}

/// A program that appends what it gets to a file beside it.
fn archive(folder: &Path) -> PathBuf {
    program(folder, "cat >> \"$0.jsonl\"")
}

fn program(folder: &Path, does: &str) -> PathBuf {
    let program = folder.join("archive");
    std::fs::write(&program, format!("#!/bin/sh\n{does}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[tokio::test]
async fn what_has_ended_goes_into_the_archive_and_what_runs_stays() {
    let (stores, folder) = (Stores::new().await, tempfile::tempdir().unwrap());
    let _persistence = stores.start_with(5_000, a_second(Some(archive(folder.path())))).await;
    stores.wait_for_partitions().await;
    let (running, ended) = (stores.run_to(false).await, stores.run_to(true).await);
    let of = |id: Uuid| format!("SELECT count(*) FROM histories WHERE id = '{id}'");
    stores.wait_for_count(&of(ended), 0).await;
    for table in
        ["goals WHERE id", "workflows WHERE id", "tasks WHERE workflow_id", "events WHERE workflow_id"]
    {
        stores.wait_for_count(&format!("SELECT count(*) FROM {table} = '{ended}'"), 0).await;
    }
    stores.wait_for_count(&of(running), 1).await;
    stores.wait_for_count(&format!("SELECT count(*) FROM events WHERE workflow_id = '{running}'"), 4).await;
    let text = std::fs::read_to_string(folder.path().join("archive.jsonl")).unwrap();
    let archived: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(archived["id"], ended.to_string());
    assert_eq!(archived["events"].as_array().unwrap().len(), 8);
    assert_eq!(archived["tasks"][0]["output"], 1);
}

#[tokio::test]
async fn a_partition_goes_whole_when_all_of_it_has_ended() {
    let stores = Stores::new().await;
    let _persistence = stores.start_with(5_000, a_second(None)).await;
    stores.wait_for_partitions().await;
    let ended = stores.run_to(true).await;
    let partition =
        format!("SELECT tableoid::regclass::text FROM events WHERE workflow_id = '{ended}' LIMIT 1");
    let client = stores.database.client().await;
    let partition: String = client.query_one(&partition, &[]).await.unwrap().get(0);
    assert_ne!(partition, "events_default");
    stores.wait_for_count(&format!("SELECT count(*) FROM pg_class WHERE relname = '{partition}'"), 0).await;
    // Room for what comes is always there.
    let ahead = "SELECT count(*) FROM event_partitions WHERE from_at > now()";
    wait_for("partitions to come", async || {
        (client.query_one(ahead, &[]).await.unwrap().get::<_, i64>(0) >= 2).then_some(())
    })
    .await;
}

/// Whoever writes waits for a new partition and is never refused, nor is the one that makes it.
#[tokio::test]
async fn goals_are_taken_while_partitions_come_and_go() {
    let stores = Stores::new().await;
    let client = stores.database.client().await;
    let comes_and_goes = async {
        for _ in 0..40 {
            let create = "SELECT create_event_partitions(interval '20 milliseconds', 2)";
            client.batch_execute(create).await.unwrap();
            let drop = "SELECT drop_event_partition(p.name) FROM event_partitions p WHERE NOT EXISTS ( \
                        SELECT FROM histories WHERE id >= uuid_at(p.from_at) AND id < uuid_at(p.to_at)) \
                        AND p.to_at < now() - interval '10 seconds'";
            client.batch_execute(drop).await.unwrap();
        }
    };
    let writes = async || {
        for _ in 0..150 {
            let id = stores.goal().await;
            stores.set_goal(id, "RUNNING").await;
            stores.workflow(id).await;
            stores.ready_task(id, 0).await;
        }
    };
    tokio::join!(comes_and_goes, writes(), writes(), writes());
    stores.wait_for_count("SELECT count(*) FROM events", 3 * 150 * 4).await;
}

#[tokio::test]
async fn an_archive_that_fails_keeps_everything() {
    let (stores, folder) = (Stores::new().await, tempfile::tempdir().unwrap());
    let program = program(folder.path(), "cat >> \"$0.jsonl\"; exit 1");
    let _persistence = stores.start_with(5_000, a_second(Some(program))).await;
    stores.wait_for_partitions().await;
    let ended = stores.run_to(true).await;
    // Twice: it comes again.
    wait_for("two tries", async || {
        let text = std::fs::read_to_string(folder.path().join("archive.jsonl")).ok()?;
        (text.lines().count() >= 2).then_some(())
    })
    .await;
    stores.wait_for_count(&format!("SELECT count(*) FROM events WHERE workflow_id = '{ended}'"), 8).await;
}

#[tokio::test]
async fn a_payload_stays_as_long_as_a_history_that_uses_it() {
    let stores = Stores::new().await;
    let _persistence = stores.start_with(5_000, a_second(None)).await;
    stores.wait_for_partitions().await;
    let (running, ended) = (stores.run_to(false).await, stores.run_to(true).await);
    let (unused, old) = (stores.payload(None, true).await, stores.payload(Some(ended), true).await);
    let used = stores.payload(Some(running), true).await;
    stores.execute(&format!("INSERT INTO payload_uses VALUES ('{used}', '{ended}')")).await;
    let of = |id: Uuid| format!("SELECT count(*) FROM payloads WHERE id = '{id}'");
    for gone in [unused, old] {
        stores.wait_for_count(&of(gone), 0).await;
        stores
            .wait_for_count(&format!("SELECT count(*) FROM payload_chunks WHERE payload_id = '{gone}'"), 0)
            .await;
    }
    assert_eq!(stores.count(&of(used)).await, 1);
    let uses = format!("SELECT count(*) FROM payload_uses WHERE payload_id = '{used}'");
    stores.wait_for_count(&uses, 1).await;
    // Once nobody runs that uses it, it goes too.
    stores.set_workflow(running, "SUCCEEDED").await;
    stores.set_goal(running, "SUCCEEDED").await;
    stores.wait_for_count(&of(used), 0).await;
}

#[tokio::test]
async fn a_payload_that_was_never_completed_goes_once_nobody_can_write_it_any_more() {
    let stores = Stores::new().await;
    let young = stores.payload(None, false).await;
    let three_hours_ago = "uuid_at(now() - interval '3 hours')";
    stores
        .execute(&format!(
            "INSERT INTO payloads (id, namespace, content_type) VALUES ({three_hours_ago}, 'default', '')"
        ))
        .await;
    let keeps_all = RetentionArgs { retention_seconds: 0, ..RetentionArgs::default() };
    let _persistence = stores.start_with(5_000, keeps_all).await;
    stores.wait_for_count("SELECT count(*) FROM payloads", 1).await;
    assert_eq!(stores.count(&format!("SELECT count(*) FROM payloads WHERE id = '{young}'")).await, 1);
}

/// Removing and beginning to use a payload go one after the other, and no use is left without its payload.
#[tokio::test]
async fn a_payload_that_somebody_begins_to_use_is_not_removed() {
    let stores = Stores::new().await;
    let payload = stores.payload(None, true).await;
    let mut client = stores.database.client().await;
    let using = client.transaction().await.unwrap();
    using.execute("INSERT INTO payload_uses VALUES ($1, $2)", &[&payload, &Uuid::now_v7()]).await.unwrap();
    assert_eq!(retention::forget_payloads(&stores.store, Duration::ZERO).await.unwrap(), 0);
    using.rollback().await.unwrap();
    assert_eq!(retention::forget_payloads(&stores.store, Duration::ZERO).await.unwrap(), 1);
    let (workflow, payloads) = (WorkflowId(Uuid::now_v7()), [PayloadId(payload)].into());
    let missing =
        payloads::keep(&stores.store, workflow, Some(&Namespace::default()), &payloads).await.unwrap();
    assert_eq!(missing, [PayloadId(payload)]);
}

#[tokio::test]
async fn a_moment_survives_its_way_through_an_id() {
    let stores = Stores::new().await;
    let client = stores.database.client().await;
    let same = "SELECT date_trunc('milliseconds', now()) = moment_of(uuid_at(now())) \
                AND $1 BETWEEN uuid_at(now() - interval '1 minute') AND uuid_at(now() + interval '1 minute')";
    assert!(client.query_one(same, &[&Uuid::now_v7()]).await.unwrap().get::<_, bool>(0));
}

impl Stores {
    async fn wait_for_partitions(&self) {
        let client = self.database.client().await;
        let there = "SELECT count(*) FROM event_partitions WHERE from_at <= now() AND to_at > now()";
        wait_for("a partition", async || {
            (client.query_one(there, &[]).await.unwrap().get::<_, i64>(0) == 1).then_some(())
        })
        .await;
    }

    /// A goal whose workflow runs, or has ended.
    async fn run_to(&self, end: bool) -> Uuid {
        let id = self.goal().await;
        self.set_goal(id, "RUNNING").await;
        self.workflow(id).await;
        let task = self.ready_task(id, 0).await;
        if end {
            self.run_task(task, Uuid::now_v7()).await;
            self.succeed_task(task, "1").await;
            self.set_workflow(id, "SUCCEEDED").await;
            self.set_goal(id, "SUCCEEDED").await;
        }
        id
    }
}
