//! Making room: partitions for the histories to come, and the end of those that are old enough.
//!
//! It sleeps until a partition has to be made or is old enough; nothing looks for work in between.

use std::convert::Infallible;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use goalpost_model::WorkflowId;
use goalpost_service::backoff::Backoff;
use goalpost_store::Store;
use goalpost_store::retention::{self, Expired, Partition};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use uuid::Uuid;

use crate::active::Error;
use crate::config::RetentionArgs;

/// Histories removed in one transaction.
const BATCH: i64 = 500;
/// Nobody writes a payload for so long.
const BROKEN_AFTER: Duration = Duration::from_secs(2 * 3_600);
/// A deadline that has just come must not be met again at once.
const SHORTEST_SLEEP: Duration = Duration::from_millis(100);

/// Makes room until something fails.
pub(crate) async fn run(
    store: &Store,
    policy: &RetentionArgs,
    backoff: &mut Backoff,
) -> Result<Infallible, Error> {
    loop {
        retention::create_partitions(store, policy.width()).await?;
        let broken = retention::forget_broken_payloads(store, BROKEN_AFTER).await?;
        if broken > 0 {
            tracing::info!(payloads = broken, "removed what was never completed");
        }
        if let Some(age) = policy.age() {
            expire(store, age, policy.archive_command.as_deref()).await?;
        }
        backoff.reset();
        let due = retention::next_due(store, policy.width(), policy.age()).await?;
        tokio::time::sleep(due.max(SHORTEST_SLEEP)).await;
    }
}

async fn expire(store: &Store, age: Duration, archive: Option<&Path>) -> Result<(), Error> {
    let mut room = Room { store, archive, after: Uuid::nil(), removed: 0 };
    for partition in retention::partitions_before(store, age).await? {
        room.make(&partition).await?;
    }
    let blueprints = retention::forget_blueprints(store, age).await?;
    let payloads = retention::forget_payloads(store, age).await?;
    if room.removed > 0 || blueprints > 0 || payloads > 0 {
        tracing::info!(histories = room.removed, blueprints, payloads, "removed what was kept long enough");
    }
    Ok(())
}

/// The walk over old histories, in the order of their ids.
struct Room<'a> {
    store: &'a Store,
    archive: Option<&'a Path>,
    after: Uuid,
    removed: usize,
}

impl Room<'_> {
    async fn make(&mut self, partition: &Partition) -> Result<(), Error> {
        // What is older than all partitions has its events in the default one.
        let older = Expired { after: self.after, before: partition.from_at };
        self.remove(older, true).await?;
        let is_open = retention::is_open(self.store, partition).await?;
        let of_partition = Expired { after: self.after, before: partition.to_at };
        self.remove(of_partition, is_open).await?;
        if !is_open && !retention::drop_partition(self.store, partition).await? {
            tracing::debug!(partition.name, "a partition is in use and is dropped later");
        }
        Ok(())
    }

    async fn remove(&mut self, mut place: Expired, with_events: bool) -> Result<(), Error> {
        loop {
            let ids = retention::expired(self.store, place, BATCH).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            (place.after, self.after) = (last.0, last.0);
            if let Some(program) = self.archive {
                archive(self.store, program, &ids).await?;
            }
            retention::remove(self.store, &ids, with_events).await?;
            metrics::counter!("goalpost_histories_removed_total").increment(ids.len() as u64);
            self.removed += ids.len();
        }
    }
}

/// Hands the histories to the program. They have ended: what it gets is what is removed.
async fn archive(store: &Store, program: &Path, ids: &[WorkflowId]) -> Result<(), Error> {
    let histories = retention::histories_as_json(store, ids).await?;
    let failed = |source| Error::Archive { program: program.to_owned(), source };
    let mut child = Command::new(program).stdin(Stdio::piped()).kill_on_drop(true).spawn().map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        for history in histories {
            input.write_all(history.as_bytes()).await.map_err(failed)?;
            input.write_all(b"\n").await.map_err(failed)?;
        }
    }
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    Err(failed(std::io::Error::other(format!("it ended with {status}"))))
}
