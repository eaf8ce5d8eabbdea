//! The watch over takers.
//!
//! One blocked session for each living taker waits for that taker's lock. Who gets it knows of the
//! death in milliseconds: what the taker had taken goes back to its lists at once; the attempts
//! that it answered for are lost if no other engine adopts them within the grace time.

use std::collections::HashSet;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use goalpost_queue::{List, Pushed};
use goalpost_store::takers;
use uuid::Uuid;

use crate::Context;
use crate::active::Error;
use crate::notifications::Notifications;

/// The channel on which takers are announced.
const CHANNEL: &str = "goalpost_takers";

/// Watches until something fails.
pub(crate) async fn run(context: &Context, grace: Duration) -> Result<(), Error> {
    let mut notifications = Notifications::listen(&context.store, CHANNEL).await?;
    let mut watched: HashSet<Uuid> = takers::alive(&context.store).await?.into_iter().collect();
    let mut watches: FuturesUnordered<_> = watched.iter().map(|taker| watch(context, *taker)).collect();
    let mut losses = FuturesUnordered::new();
    for taker in takers::dead_with_attempts(&context.store).await? {
        losses.push(lose(context, taker, grace));
    }
    loop {
        tokio::select! {
            payload = notifications.next() => {
                if let Ok(taker) = payload.ok_or(Error::Deaf)?.parse::<Uuid>()
                    && watched.insert(taker)
                {
                    watches.push(watch(context, taker));
                }
            }
            Some(dead) = watches.next() => {
                let dead = dead?;
                watched.remove(&dead);
                losses.push(lose(context, dead, grace));
            }
            Some(outcome) = losses.next() => outcome?,
        }
    }
}

/// Waits for the taker's death and gives back what it had taken.
async fn watch(context: &Context, taker: Uuid) -> Result<Uuid, Error> {
    let (client, connection) = context.store.dedicated().await?;
    let session = tokio::spawn(connection);
    takers::wait_for_death(&client, taker).await?;
    drop(client);
    let _ = session.await;
    let given_back = context.queue.give_back_all(taker).await?;
    takers::bury(&context.store, taker).await?;
    tracing::warn!(%taker, given_back, "a taker is gone; what it had taken was given back");
    Ok(taker)
}

/// After the grace time: has the attempts failed that are still the dead taker's.
async fn lose(context: &Context, taker: Uuid, grace: Duration) -> Result<(), Error> {
    tokio::time::sleep(grace).await;
    let attempts = takers::attempts_of_dead(&context.store, taker).await?;
    if attempts.is_empty() {
        return Ok(());
    }
    tracing::warn!(%taker, attempts = attempts.len(), "attempts of a dead engine are lost");
    let elements: Vec<(List, String)> =
        attempts.iter().map(|attempt| (List::lost(), attempt.to_string())).collect();
    let mut pusher = context.queue.pusher().await?;
    loop {
        let (epoch, _) = context.queue.ensure_epoch().await?;
        if pusher.push(&epoch, &elements).await? == Pushed::Done {
            return Ok(());
        }
    }
}
