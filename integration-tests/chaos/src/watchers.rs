//! Watchers: they follow a goal to its end, lose their connections and come back with the last
//! number that they have.

use std::time::Duration;

use goalpost_client::{Client, Error};
use tokio::time::{sleep, timeout};

use crate::random::Random;
use crate::records::Records;
use crate::workload::passes;

/// How often a watcher hangs up on purpose, at most.
const MAX_HANGUPS: u64 = 5;
/// One that does not hang up stays as long as it takes.
const FOR_EVER: Duration = Duration::from_secs(86_400);

/// Follows the goal to its end.
pub(crate) async fn watch(client: &Client, goal: &str, mut random: Random, records: &Records) {
    let mut hangups = if random.chance(50) { 1 + random.below(MAX_HANGUPS) } else { 0 };
    let mut after = 0;
    loop {
        let stays = if hangups > 0 { random.millis(50, 1_500) } else { FOR_EVER };
        hangups = hangups.saturating_sub(1);
        match timeout(stays, follow(client, goal, &mut after, records)).await {
            Ok(Ok(())) => return records.completed(goal),
            Ok(Err(error)) if !passes(&error) => {
                return records.mishap(format!("a watcher of {goal} was told: {error}"));
            }
            Ok(Err(_)) | Err(_) => {}
        }
        records.resumed(goal);
        sleep(random.millis(0, 300)).await;
    }
}

async fn follow(client: &Client, goal: &str, after: &mut i64, records: &Records) -> Result<(), Error> {
    let mut watch = client.watch(goal, *after);
    while let Some(event) = watch.next().await? {
        *after = event.number;
        records.saw(goal, &event);
    }
    Ok(())
}
