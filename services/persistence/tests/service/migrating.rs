//! Bringing up the schema.

use std::process::{Output, Stdio};

use futures::future::join_all;
use goalpost_store::Store;
use goalpost_testkit::Database;
use tokio::process::Command;

const TABLES: &str = "SELECT count(*) FROM pg_tables WHERE tablename IN ('goals', 'workflows', 'tasks')";

/// A goal that came between the tables and their triggers would have no history and no delivery.
#[tokio::test]
async fn there_are_no_tables_without_their_triggers() {
    let database = goalpost_testkit::empty_database().await;
    let client = database.client().await;
    // The migration of the triggers finds this in its way.
    client
        .batch_execute("CREATE FUNCTION refuse_change() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        .await
        .unwrap();
    let store = Store::new(database.url(), 1).unwrap();
    goalpost_store::migrate(&store).await.unwrap_err();
    assert_eq!(client.query_one(TABLES, &[]).await.unwrap().get::<_, i64>(0), 0);
    client.batch_execute("DROP FUNCTION refuse_change()").await.unwrap();
    goalpost_store::migrate(&store).await.unwrap();
    assert_eq!(client.query_one(TABLES, &[]).await.unwrap().get::<_, i64>(0), 3);
}

/// The program that deployments run before they replace services.
async fn goalpost_migrate(database_url: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goalpost-migrate"));
    command.env_clear().env("DATABASE_URL", database_url).stdin(Stdio::null());
    command.output().await.unwrap()
}

async fn tables(database: &Database) -> i64 {
    database.client().await.query_one(TABLES, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn any_number_may_migrate_at_once() {
    let database = goalpost_testkit::empty_database().await;
    let outcomes = join_all([0; 4].map(|_| goalpost_migrate(database.url()))).await;
    for outcome in outcomes {
        assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
    }
    assert_eq!(tables(&database).await, 3);
}

/// In a rollout the schema moves first, and whoever of the old release starts again meets it.
#[tokio::test]
async fn a_database_that_is_ahead_is_left_as_it_is() {
    let database = goalpost_testkit::database().await;
    let client = database.client().await;
    let ahead = "INSERT INTO refinery_schema_history SELECT 9999, 'of_the_next_release', applied_on, checksum
                 FROM refinery_schema_history ORDER BY version DESC LIMIT 1";
    client.execute(ahead, &[]).await.unwrap();
    let outcome = goalpost_migrate(database.url()).await;
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
    assert_eq!(tables(&database).await, 3);
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_told_at_once() {
    let outcome = goalpost_migrate("postgres://nobody@127.0.0.1:1/nothing").await;
    assert_eq!(outcome.status.code(), Some(1));
    let told = String::from_utf8(outcome.stderr).unwrap();
    assert!(told.starts_with("goalpost-migrate: "), "{told}");
}
