//! From the outbox to the lists.
//!
//! A notification is a hint, the outbox is the queue: listen first, then drain, at every start.
//! What a notification carries is pushed at once and its rows are deleted afterwards; what it
//! does not carry is drained.

use std::collections::HashMap;
use std::convert::Infallible;

use goalpost_queue::{Element, Epoch, EpochWatch, Pushed, Pusher};
use goalpost_service::backoff::Backoff;
use goalpost_store::outbox::{self, Delivery, Outbox};
use tokio::sync::{Mutex, mpsc};

use crate::active::Error;
use crate::hints::Heard;
use crate::notifications::Notifications;
use crate::republish::Pages;
use crate::seen::Seen;
use crate::{Context, elements};

/// Rows drained in one transaction at most.
const DRAIN: i64 = 5_000;
/// Rows deleted in one statement at most.
const DELETE: usize = 5_000;
/// Rows that were pushed and wait for their deletion at most; beyond, the relay waits too, and what
/// is announced meanwhile is drained.
const TO_DELETE: usize = 50_000;

/// Rows that are looked at, at most, before a Redis without memory is told.
const AT_START: i64 = 50_000;

/// Relays until something fails; what failed stays in the outbox.
pub(crate) async fn run(context: &Context, backoff: &mut Backoff) -> Result<Infallible, Error> {
    let store = &context.store;
    let (notifications, outbox) =
        tokio::try_join!(Notifications::listen(store, outbox::CHANNEL), Outbox::open(store))?;
    // One at a time: a drain and a delete could wait for each other's rows.
    let outbox = Mutex::new(outbox);
    let (delivered, to_delete) = mpsc::channel(TO_DELETE);
    let seen = Seen::default();
    let mut relay = Relay { context, notifications, outbox: &outbox, delivered, seen };
    tokio::select! {
        outcome = relay.run(backoff) => outcome,
        outcome = delete(&outbox, to_delete) => outcome,
    }
}

struct Relay<'a> {
    context: &'a Context,
    notifications: Notifications,
    outbox: &'a Mutex<Outbox>,
    /// Ids of rows that were pushed and can be deleted.
    delivered: mpsc::Sender<i64>,
    seen: Seen,
}

/// One life of Redis, and the connection to it.
struct Redis {
    epoch: Epoch,
    pusher: Pusher,
}

impl Relay<'_> {
    /// From one epoch to the next.
    async fn run(&mut self, backoff: &mut Backoff) -> Result<Infallible, Error> {
        let queue = &self.context.queue;
        loop {
            // What was pushed may be gone: its rows, as far as they are still there, count again.
            self.seen = Seen::default();
            let (epoch, is_told) = queue.ensure_epoch().await?;
            let watch = queue.watch_epoch(&epoch).await?;
            let mut redis = Redis { epoch, pusher: queue.pusher().await? };
            let told = if is_told { Pushed::Done } else { self.tell(&mut redis).await? };
            if told == Pushed::Done && self.drain(&mut redis).await? == Pushed::Done {
                backoff.reset();
                self.relay(&mut redis, watch).await?;
            }
            tracing::warn!("Redis went away or lost its memory");
        }
    }

    /// Passes on what is announced, until the epoch is over.
    async fn relay(&mut self, redis: &mut Redis, mut watch: EpochWatch) -> Result<(), Error> {
        loop {
            let heard = tokio::select! {
                heard = self.notifications.next() => heard.ok_or(Error::Deaf)?,
                () = watch.changed() => return Ok(()),
            };
            if self.deliver(redis, heard).await? == Pushed::EpochLost {
                return Ok(());
            }
        }
    }

    /// Pushes what this notification and those behind it carry.
    async fn deliver(&mut self, redis: &mut Redis, heard: Heard) -> Result<Pushed, Error> {
        let mut carried = Delivery::parse(&heard.payload);
        while let Some(later) = self.notifications.next_now() {
            carried = carried.zip(Delivery::parse(&later.payload)).map(|(mut all, more)| {
                all.extend(more);
                all
            });
        }
        let outcome = match carried {
            Some(deliveries) => self.push_announced(redis, deliveries).await?,
            None => self.drain(redis).await?,
        };
        metrics::histogram!("goalpost_relay_seconds").record(heard.at.elapsed());
        Ok(outcome)
    }

    async fn push_announced(
        &mut self,
        redis: &mut Redis,
        mut deliveries: Vec<Delivery>,
    ) -> Result<Pushed, Error> {
        deliveries.retain(|delivery| self.seen.is_new(delivery.id));
        let outcome = redis.push(&deliveries).await?;
        if outcome == Pushed::Done {
            for delivery in deliveries {
                // Whoever deletes ends together with this.
                let _ = self.delivered.send(delivery.id).await;
            }
        }
        Ok(outcome)
    }

    /// Empties the outbox. What fails in between stays there.
    async fn drain(&mut self, redis: &mut Redis) -> Result<Pushed, Error> {
        let mut outbox = self.outbox.lock().await;
        loop {
            let mut drained = outbox.drain(DRAIN).await?;
            let rows = drained.deliveries.len();
            drained.deliveries.retain(|delivery| self.seen.is_new(delivery.id));
            if redis.push(&drained.deliveries).await? == Pushed::EpochLost {
                drained.put_back().await?;
                return Ok(Pushed::EpochLost);
            }
            drained.keep().await?;
            metrics::counter!("goalpost_relay_drained_total").increment(rows as u64);
            if i64::try_from(rows).is_ok_and(|rows| rows < DRAIN) {
                return Ok(Pushed::Done);
            }
        }
    }

    /// Pushes everything that PostgreSQL says is undelivered.
    async fn tell(&mut self, redis: &mut Redis) -> Result<Pushed, Error> {
        let queue = &self.context.queue;
        queue.cut_takers().await?;
        let outbox = self.outbox.lock().await;
        // Read before the state: whatever of it the state tells has not to be delivered once more.
        let mut waiting: HashMap<(String, String), i64> = HashMap::new();
        for row in outbox.waiting(AT_START).await? {
            waiting.insert((row.list, row.element), row.id);
        }
        let mut pages = Pages::new(outbox.client(), self.context.engine_grace.now());
        let mut told = 0;
        while let Some(page) = pages.next().await? {
            if redis.pusher.push(&redis.epoch, &page).await? == Pushed::EpochLost {
                return Ok(Pushed::EpochLost);
            }
            told += page.len();
            for Element { list, text, .. } in page {
                if let Some(row) = waiting.remove(&(list.to_string(), text)) {
                    self.seen.is_new(row);
                }
            }
        }
        tracing::info!(told, "a Redis without memory was told of everything undelivered");
        Ok(queue.mark_told(&redis.epoch).await?)
    }
}

impl Redis {
    async fn push(&mut self, deliveries: &[Delivery]) -> Result<Pushed, Error> {
        let elements = elements::of(deliveries);
        let outcome = self.pusher.push(&self.epoch, &elements).await?;
        metrics::counter!("goalpost_relay_pushed_total").increment(elements.len() as u64);
        Ok(outcome)
    }
}

/// Deletes rows that were pushed: many at once, nobody waits for it.
async fn delete(outbox: &Mutex<Outbox>, mut ids: mpsc::Receiver<i64>) -> Result<Infallible, Error> {
    let mut batch = Vec::new();
    while ids.recv_many(&mut batch, DELETE).await > 0 {
        outbox.lock().await.delete(&batch).await?;
        batch.clear();
    }
    // The relay has the other end, and outlives this.
    std::future::pending().await
}
