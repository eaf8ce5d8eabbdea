//! Firing timers when their time has come.
//!
//! One sleep until the earliest of them; an earlier one that is armed meanwhile is announced and
//! shortens it. The time is that of the database: notifications say how long it is until a timer is
//! due, and what is due is decided by the statement that fires.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use goalpost_service::backoff::Backoff;
use goalpost_store::{Store, timers};
use tokio::time::{Instant, sleep_until};

use crate::Context;
use crate::active::Error;
use crate::hints::Heard;
use crate::notifications::Notifications;

/// Timers fired in one statement at most.
const BATCH: u64 = 5_000;
/// A sleep may be longer than the runtime can count; it wakes and looks how much is left.
const LONGEST_SLEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// Fires timers until something fails.
pub(crate) async fn run(context: &Context, backoff: &mut Backoff) -> Result<Infallible, Error> {
    // Listening first: what is armed from here on is heard of, what was armed before is read.
    let mut notifications = Notifications::listen(&context.store, timers::CHANNEL).await?;
    loop {
        let mut wake = fire_all(&context.store).await?;
        backoff.reset();
        loop {
            tokio::select! {
                () = at(wake) => break,
                heard = notifications.next() => {
                    let heard = heard.ok_or(Error::Deaf)?;
                    if heard.is_everything() {
                        break;
                    }
                    let armed = due(&heard);
                    wake = wake.into_iter().chain(armed).min();
                }
            }
        }
    }
}

/// Fires whatever is due. Answers with when the next one will be.
async fn fire_all(store: &Store) -> Result<Option<Instant>, Error> {
    loop {
        let fired = timers::fire(store, i64::try_from(BATCH).unwrap_or(i64::MAX)).await?;
        metrics::counter!("goalpost_timers_fired_total").increment(fired);
        if fired == BATCH {
            continue;
        }
        match timers::until_next(store).await? {
            Some(Duration::ZERO) => {}
            left => return Ok(left.map(|left| Instant::now() + left.min(LONGEST_SLEEP))),
        }
    }
}

/// When the timer that was announced is due.
fn due(heard: &Heard) -> Option<Instant> {
    let ms: i64 = heard.payload.parse().ok()?;
    let left = Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(LONGEST_SLEEP);
    Some(Instant::from_std(heard.at) + left)
}

async fn at(wake: Option<Instant>) {
    match wake {
        Some(wake) => sleep_until(wake).await,
        None => pending().await,
    }
}
