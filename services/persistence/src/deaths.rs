//! The watch over takers.
//!
//! One blocked session for each living taker waits for that taker's lock. Who gets it knows of the
//! death in milliseconds: what the taker had taken goes back to its lists at once; the attempts
//! that it answered for are lost if no other engine adopts them within the grace time.

use std::collections::HashMap;
use std::convert::Infallible;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use goalpost_model::EngineId;
use goalpost_queue::List;
use goalpost_service::backoff::{Backoff, until_ok};
use goalpost_store::Store;
use goalpost_store::takers::{self, Death};
use uuid::Uuid;

use crate::Context;
use crate::active::{Active, Error};
use crate::hints::Heard;
use crate::notifications::Notifications;

/// Watches until something fails.
pub(crate) async fn run(active: &Active, backoff: &mut Backoff) -> Result<Infallible, Error> {
    let store = &active.context.store;
    let mut notifications = Notifications::listen(store, takers::CHANNEL).await?;
    // True for a taker that registered again since it is watched.
    let mut watched: HashMap<Uuid, bool> =
        takers::alive(store).await?.into_iter().map(|taker| (taker, false)).collect();
    let mut watches: FuturesUnordered<_> = watched.keys().map(|taker| watch(active, *taker)).collect();
    let mut losses = FuturesUnordered::new();
    for taker in takers::dead(store).await? {
        losses.push(lose(active, taker));
    }
    backoff.reset();
    loop {
        tokio::select! {
            heard = notifications.next() => {
                for taker in registered(store, &heard.ok_or(Error::Deaf)?).await? {
                    if let Some(is_back) = watched.get_mut(&taker) {
                        *is_back = true;
                    } else {
                        watched.insert(taker, false);
                        watches.push(watch(active, taker));
                    }
                }
            }
            Some(dead) = watches.next() => {
                let dead = dead?;
                losses.push(lose(active, dead));
                // One that is back may have said so before its death was dealt with.
                if watched.remove(&dead) == Some(true) {
                    watched.insert(dead, false);
                    watches.push(watch(active, dead));
                }
            }
            Some(outcome) = losses.next() => outcome?,
        }
    }
}

/// The takers that this says may have registered.
async fn registered(store: &Store, heard: &Heard) -> Result<Vec<Uuid>, Error> {
    if heard.is_everything() {
        return Ok(takers::alive(store).await?);
    }
    Ok(heard.payload.parse().into_iter().collect())
}

/// Waits for the taker's death and gives back what it had taken, before it can come back. It may be
/// alive and not know yet that it lost its lock: so it is retired, and takes nothing more.
async fn watch(active: &Active, taker: Uuid) -> Result<Uuid, Error> {
    let Context { store, waits, .. } = &active.context;
    let death = waits.until(|| Death::of(store, taker)).await?;
    let retire = || active.context.queue.retire(taker);
    let given_back = until_ok("Redis", &active.stop, retire).await;
    death.bury().await?;
    tracing::info!(%taker, given_back, "a taker is gone; what it had taken was given back");
    Ok(taker)
}

/// After the grace time: has the attempts failed that are still the dead taker's. More of them cannot come:
/// one that is dead claims nothing.
async fn lose(active: &Active, taker: Uuid) -> Result<(), Error> {
    let Context { store, queue, engine_grace, .. } = &active.context;
    tokio::time::sleep(engine_grace.now()).await;
    if !takers::is_dead(store, taker).await? {
        return Ok(());
    }
    let orders = List::engine(EngineId(taker));
    until_ok("Redis", &active.stop, || queue.remove(&orders)).await;
    let lost = takers::lose_attempts(store, taker).await?;
    if lost > 0 {
        tracing::warn!(%taker, lost, "attempts of a dead engine are lost");
    }
    Ok(())
}
