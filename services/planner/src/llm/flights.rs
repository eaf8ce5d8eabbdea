//! Answers on their way, so that none is paid for twice.
//!
//! A caller may go away while a model plans: the connection breaks, the process dies. What was begun is ended, and kept
//! until it is asked for again. Nothing is kept that somebody has heard.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use goalpost_model::Digest;

use super::made::Made;
use super::rung::Refused;

/// Answers that are kept at most; of more the oldest is forgotten.
const MAX_KEPT: usize = 256;

type Flight = Shared<BoxFuture<'static, Result<Made, Refused>>>;

/// What one request is told from others by: its id, and what it is about.
pub(super) type Key = Digest;

/// Answers on their way, by their keys.
#[derive(Default)]
pub(super) struct Flights(Mutex<Open>);

#[derive(Default)]
struct Open {
    flights: HashMap<Key, Flight>,
    /// Oldest first.
    order: VecDeque<Key>,
}

impl Flights {
    /// What comes of the work with this key: of that which is on its way, or of what `begin` begins. It goes on
    /// if the caller goes away.
    pub(super) async fn join<F>(
        &self,
        key: Key,
        begin: impl FnOnce() -> Result<F, Refused>,
    ) -> Result<Made, Refused>
    where
        F: Future<Output = Result<Made, Refused>> + Send + 'static,
    {
        let flight = {
            let mut open = self.open();
            match open.flights.get(&key) {
                Some(flight) => flight.clone(),
                None => open.add(key, begin()?),
            }
        };
        let made = flight.clone().await;
        self.open().remove(&key, &flight);
        made
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add<F>(&mut self, key: Key, work: F) -> Flight
    where
        F: Future<Output = Result<Made, Refused>> + Send + 'static,
    {
        let running = tokio::spawn(work);
        let ended = async move { running.await.unwrap_or(Err(Refused::Lost)) };
        let flight = ended.boxed().shared();
        self.flights.insert(key, flight.clone());
        self.order.push_back(key);
        while self.order.len() > MAX_KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.flights.remove(&oldest);
            }
        }
        flight
    }

    /// Another one may have the same key by now.
    fn remove(&mut self, key: &Key, flight: &Flight) {
        if self.flights.get(key).is_some_and(|open| open.ptr_eq(flight)) {
            self.flights.remove(key);
            self.order.retain(|other| other != key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::atomic::{AtomicU32, Ordering};

    use goalpost_llm::Outcome;
    use goalpost_model::LlmUsage;
    use tokio::sync::oneshot;

    use super::*;

    fn made(requests: u64) -> Made {
        let model = "m".to_owned();
        let usage = LlmUsage { model, requests, input_tokens: 0, output_tokens: 0, money_micros: None };
        Made::failed(usage, "", &Outcome::TimedOut)
    }

    fn key(number: usize) -> Key {
        Digest::of(number.to_string().as_bytes())
    }

    fn requests(made: Result<Made, Refused>) -> u64 {
        made.unwrap().usage().requests
    }

    #[tokio::test]
    async fn calls_with_one_key_share_one_answer() {
        let (flights, begun) = (Flights::default(), AtomicU32::new(0));
        let (tell, told) = oneshot::channel();
        let mut told = Some(told);
        let mut begin = || {
            begun.fetch_add(1, Ordering::SeqCst);
            let told = told.take();
            Ok(async move {
                if let Some(told) = told {
                    let _ = told.await;
                }
                Ok(made(7))
            })
        };
        let first = flights.join(key(1), &mut begin);
        let second = async {
            tell.send(()).unwrap();
            flights.join(key(1), || Ok(pending())).await
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!((requests(first), requests(second), begun.load(Ordering::SeqCst)), (7, 7, 1));
        // Both have heard it.
        assert_eq!(requests(flights.join(key(1), || Ok(ready(Ok(made(8))))).await), 8);
    }

    #[tokio::test]
    async fn what_nobody_has_heard_is_kept_up_to_a_bound() {
        let flights = Flights::default();
        for number in 0..=MAX_KEPT {
            let call = flights.join(key(number), || Ok(ready(Ok(made(1)))));
            // The caller goes away before there is an answer.
            assert!(call.now_or_never().is_none(), "{number}");
        }
        assert_eq!(flights.open().order.len(), MAX_KEPT);
        let again = async |number| requests(flights.join(key(number), || Ok(ready(Ok(made(2))))).await);
        // The one that was forgotten begins anew, and the next oldest is forgotten for it.
        assert_eq!((again(0).await, again(1).await, again(MAX_KEPT).await), (2, 2, 1));
    }

    #[tokio::test]
    async fn work_that_panics_is_lost_and_forgotten() {
        let flights = Flights::default();
        let lost = flights.join(key(1), || Ok(async { panic!("on purpose") })).await;
        assert!(matches!(lost, Err(Refused::Lost)));
        assert!(flights.open().flights.is_empty());
    }

    #[tokio::test]
    async fn what_cannot_be_begun_is_told() {
        let flights = Flights::default();
        let busy = flights.join(key(1), || Err::<std::future::Pending<_>, _>(Refused::Busy)).await;
        assert!(matches!(busy, Err(Refused::Busy)));
    }
}
