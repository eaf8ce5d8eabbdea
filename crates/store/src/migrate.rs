//! Bringing the schema up to date.

use crate::{Error, Store};

mod embedded {
    refinery::embed_migrations!("../../migrations");
}

/// The key of the advisory lock under which one process migrates: "goalpost" in ASCII.
const MIGRATION_LOCK: i64 = 0x676f_616c_706f_7374;

/// Applies the migrations that the database has not seen, all of them or none: whoever finds a
/// table finds its triggers, too. Any number of processes may do so at once: one migrates, the others
/// wait and find it done. A database that is ahead is left as it is: a release that is being replaced, or
/// came back, works with what the next one has added (see `migrations/README.md`).
pub async fn migrate(store: &Store) -> Result<(), Error> {
    let (mut client, connection) = store.dedicated().await?;
    let driver = tokio::spawn(connection);
    client.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
    let runner = embedded::migrations::runner().set_grouped(true).set_abort_missing(false);
    let outcome = runner.run_async(&mut client).await;
    // The lock ends with its session.
    drop(client);
    let _ = driver.await;
    outcome.map(drop).map_err(|error| Error::Migration(Box::new(error)))
}
