//! Taking from a list for as long as the process runs, whatever happens to Redis meanwhile.

use goalpost_queue::{Error, List, Queue, Taker};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backoff::Backoff;
use crate::describe;
use crate::lease::Registration;

/// A taker on a list that connects again by itself.
///
/// A connection that fails costs nothing: what was taken is in the processing list, and the next
/// connection begins with it. So the same element may come twice.
pub struct Line {
    queue: Queue,
    id: Uuid,
    list: List,
    registration: Registration,
    stop: CancellationToken,
    taker: Option<Taker>,
    backoff: Backoff,
}

impl Line {
    /// The taker `id` on `list`. Connects when it first takes.
    pub fn new(
        queue: &Queue,
        id: Uuid,
        list: List,
        registration: &Registration,
        stop: &CancellationToken,
    ) -> Self {
        Self {
            queue: queue.clone(),
            id,
            list,
            registration: registration.clone(),
            stop: stop.clone(),
            taker: None,
            backoff: Backoff::default(),
        }
    }

    /// Waits for elements and takes up to `max` of them. `None` once the process stops; what
    /// Redis may have handed over at that moment is given back when the taker leaves.
    pub async fn take(&mut self, max: usize) -> Option<Vec<String>> {
        loop {
            let taken = tokio::select! {
                () = self.registration.held() => tokio::select! {
                    taken = Self::try_take(&self.queue, self.id, &self.list, &mut self.taker, max) => taken,
                    () = self.registration.lost() => {
                        // Ends a take that waits.
                        self.taker = None;
                        continue;
                    }
                    () = self.stop.cancelled() => return None,
                },
                () = self.stop.cancelled() => return None,
            };
            match taken {
                Ok(elements) => {
                    self.backoff.reset();
                    return Some(elements);
                }
                Err(error) => self.failed(&error),
            }
            if !self.backoff.pause(&self.stop).await {
                return None;
            }
        }
    }

    async fn try_take(
        queue: &Queue,
        id: Uuid,
        list: &List,
        taker: &mut Option<Taker>,
        max: usize,
    ) -> Result<Vec<String>, Error> {
        let taker = match taker {
            Some(taker) => taker,
            None => taker.insert(queue.taker(id, list.clone()).await?),
        };
        taker.take(max).await
    }

    /// What was taken is dealt with, durably.
    pub async fn done(&mut self) {
        if let Some(taker) = &mut self.taker
            && let Err(error) = taker.done().await
        {
            self.failed(&error);
        }
    }

    /// Only the first `kept` of what was taken stay taken: the others go back to the heads of their
    /// lanes.
    pub async fn keep(&mut self, kept: usize) {
        if let Some(taker) = &mut self.taker
            && let Err(error) = taker.keep(kept).await
        {
            self.failed(&error);
        }
    }

    /// The connection is of no use any more; its processing list is where the next one begins.
    fn failed(&mut self, error: &Error) {
        if self.backoff.is_fresh() {
            tracing::warn!(list = %self.list, error = describe(error), "taking from a list failed; trying again");
        }
        self.taker = None;
    }
}
