//! From the outbox to the lists.
//!
//! A notification is a hint, the outbox is the queue: listen first, then drain, at every start.
//! What a notification carries is pushed at once and its rows are deleted afterwards; what it
//! does not carry is drained.

use std::convert::Infallible;
use std::time::Instant;

use goalpost_queue::{Epoch, List, Pushed, Pusher};
use goalpost_service::backoff::Backoff;
use goalpost_store::outbox::{self, Delivery};
use tokio::sync::mpsc;
use tokio_postgres::Client;

use crate::active::Error;
use crate::notifications::Notifications;
use crate::seen::Seen;
use crate::{Context, republish};

/// Rows drained in one transaction at most.
const DRAIN: i64 = 5_000;

/// Relays until something fails; what failed stays in the outbox.
pub(crate) async fn run(context: &Context, backoff: &mut Backoff) -> Result<(), Error> {
    let notifications = Notifications::listen(&context.store, outbox::CHANNEL).await?;
    let (drainer, deleter) = (connect(context).await?, connect(context).await?);
    let (delivered, to_delete) = mpsc::unbounded_channel();
    let mut relay = Relay { context, notifications, drainer, delivered, seen: Seen::default() };
    tokio::select! {
        outcome = relay.run(backoff) => outcome.map(|never| match never {}),
        outcome = delete(deleter, to_delete) => Ok(outcome?),
    }
}

struct Relay<'a> {
    context: &'a Context,
    notifications: Notifications,
    drainer: Client,
    /// Ids of rows that were pushed and can be deleted.
    delivered: mpsc::UnboundedSender<i64>,
    seen: Seen,
}

/// One life of Redis, and the connection to it.
struct Redis {
    epoch: Epoch,
    pusher: Pusher,
}

/// Another Redis, or the same one with nothing in it.
struct EpochLost;

impl Relay<'_> {
    async fn run(&mut self, backoff: &mut Backoff) -> Result<Infallible, Error> {
        loop {
            let queue = &self.context.queue;
            let (epoch, is_told) = queue.ensure_epoch().await?;
            let mut watch = queue.watch_epoch(&epoch).await?;
            let mut redis = Redis { epoch, pusher: queue.pusher().await? };
            if !is_told && self.republish(&mut redis).await?.is_err() {
                continue;
            }
            if self.drain(&mut redis).await?.is_err() {
                self.seen = Seen::default();
                continue;
            }
            backoff.reset();
            loop {
                let payload = tokio::select! {
                    payload = self.notifications.next() => payload.ok_or(Error::Deaf)?,
                    () = watch.changed() => break,
                };
                if self.deliver(&mut redis, payload).await?.is_err() {
                    break;
                }
            }
            // What was pushed may be gone: its rows, as far as they are still there, count again.
            self.seen = Seen::default();
            tracing::warn!("this Redis has lost its memory; everything undelivered is pushed again");
        }
    }

    /// Pushes what this notification and those behind it carry.
    async fn deliver(&mut self, redis: &mut Redis, payload: String) -> Result<Result<(), EpochLost>, Error> {
        let begun = Instant::now();
        let mut carried = Delivery::parse(&payload);
        while let Some(payload) = self.notifications.next_now() {
            carried = carried.zip(Delivery::parse(&payload)).map(|(mut all, more)| {
                all.extend(more);
                all
            });
        }
        let outcome = match carried {
            Some(deliveries) => self.push_announced(redis, deliveries).await?,
            None => self.drain(redis).await?,
        };
        metrics::histogram!("goalpost_relay_seconds").record(begun.elapsed());
        Ok(outcome)
    }

    async fn push_announced(
        &mut self,
        redis: &mut Redis,
        mut deliveries: Vec<Delivery>,
    ) -> Result<Result<(), EpochLost>, Error> {
        deliveries.retain(|delivery| self.seen.is_new(delivery.id));
        if redis.push(&deliveries).await?.is_err() {
            return Ok(Err(EpochLost));
        }
        for delivery in deliveries {
            // The deleter's end is seen by whoever waits for both.
            let _ = self.delivered.send(delivery.id);
        }
        Ok(Ok(()))
    }

    /// Empties the outbox. A failure in between ends the connection, and with it the
    /// transaction that holds the rows.
    async fn drain(&mut self, redis: &mut Redis) -> Result<Result<(), EpochLost>, Error> {
        loop {
            let mut deliveries = outbox::drain(&self.drainer, DRAIN).await?;
            let is_last = i64::try_from(deliveries.len()).is_ok_and(|count| count < DRAIN);
            deliveries.retain(|delivery| self.seen.is_new(delivery.id));
            if redis.push(&deliveries).await?.is_err() {
                outbox::put_back(&self.drainer).await?;
                return Ok(Err(EpochLost));
            }
            outbox::keep_drained(&self.drainer).await?;
            if is_last {
                return Ok(Ok(()));
            }
        }
    }

    /// Pushes everything that PostgreSQL says is undelivered.
    async fn republish(&mut self, redis: &mut Redis) -> Result<Result<(), EpochLost>, Error> {
        self.seen = Seen::default();
        self.context.queue.cut_takers().await?;
        let mut pages = republish::Pages::new(&self.drainer);
        while let Some(page) = pages.next().await? {
            if redis.pusher.push(&redis.epoch, &page).await? == Pushed::EpochLost {
                return Ok(Err(EpochLost));
            }
        }
        Ok(match self.context.queue.mark_told(&redis.epoch).await? {
            Pushed::Done => Ok(()),
            Pushed::EpochLost => Err(EpochLost),
        })
    }
}

impl Redis {
    async fn push(&mut self, deliveries: &[Delivery]) -> Result<Result<(), EpochLost>, Error> {
        let elements: Vec<(List, String)> = deliveries
            .iter()
            .filter_map(|delivery| match delivery.list.parse() {
                Ok(list) => Some((list, delivery.element.clone())),
                Err(error) => {
                    tracing::error!(%error, "the outbox names an unknown list");
                    None
                }
            })
            .collect();
        metrics::counter!("goalpost_relay_pushed_total").increment(elements.len() as u64);
        Ok(match self.pusher.push(&self.epoch, &elements).await? {
            Pushed::Done => Ok(()),
            Pushed::EpochLost => Err(EpochLost),
        })
    }
}

/// Deletes rows that were pushed: many at once, nobody waits for it.
async fn delete(client: Client, mut ids: mpsc::UnboundedReceiver<i64>) -> Result<(), goalpost_store::Error> {
    let mut batch = Vec::new();
    while ids.recv_many(&mut batch, 10_000).await > 0 {
        outbox::delete(&client, &batch).await?;
        batch.clear();
    }
    Ok(())
}

async fn connect(context: &Context) -> Result<Client, goalpost_store::Error> {
    let (client, connection) = context.store.dedicated().await?;
    tokio::spawn(connection);
    Ok(client)
}
