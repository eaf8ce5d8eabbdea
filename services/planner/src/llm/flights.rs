//! Answers on their way, so that none is paid for twice.
//!
//! A caller may go away while a model answers: the connection breaks, the process dies. What was asked is heard to its
//! end, and kept until somebody says that it is durable.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use goalpost_model::Digest;

use super::question::Said;
use super::rung::Refused;

/// Answers that are kept at most; of more the oldest is forgotten.
const MAX_KEPT: usize = 256;

type Flight = Shared<BoxFuture<'static, Result<Said, Refused>>>;

/// What one question is told from others by: whose it is, and what is asked.
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
    /// What comes of the question with this key: of that which is on its way or was kept, or of what `begin` begins. It
    /// goes on if the caller goes away. What was paid for is kept until it is [forgotten](Self::forget).
    pub(super) async fn join<F>(
        &self,
        key: Key,
        begin: impl FnOnce() -> Result<F, Refused>,
    ) -> Result<Said, Refused>
    where
        F: Future<Output = Result<Said, Refused>> + Send + 'static,
    {
        let flight = {
            let mut open = self.open();
            match open.flights.get(&key) {
                Some(flight) => flight.clone(),
                None => open.add(key, begin()?),
            }
        };
        let said = flight.clone().await;
        if !matches!(said, Ok(Said::Step(_))) {
            self.open().remove(&key, &flight);
        }
        said
    }

    /// The answer to this question is durable elsewhere.
    pub(super) fn forget(&self, key: &Key) {
        let mut open = self.open();
        if open.flights.remove(key).is_some() {
            open.order.retain(|other| other != key);
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add<F>(&mut self, key: Key, work: F) -> Flight
    where
        F: Future<Output = Result<Said, Refused>> + Send + 'static,
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
    use goalpost_model::{LlmUsage, ModelAnswer, PlanningStep};
    use tokio::sync::oneshot;

    use super::*;

    fn usage(requests: u64) -> LlmUsage {
        LlmUsage { model: "m".to_owned(), requests, input_tokens: 0, output_tokens: 0, money_micros: None }
    }

    fn step(requests: u64) -> Said {
        let (request, answer) = (key(0), ModelAnswer::Truncated);
        Said::Step(PlanningStep { request, answer, usage: usage(requests) })
    }

    fn nothing() -> Said {
        Said::Nothing { outcome: Outcome::TimedOut, usage: usage(9) }
    }

    fn key(number: usize) -> Key {
        Digest::of(number.to_string().as_bytes())
    }

    fn requests(said: Result<Said, Refused>) -> u64 {
        match said.unwrap() {
            Said::Step(step) => step.usage.requests,
            Said::Nothing { usage, .. } => usage.requests,
        }
    }

    #[tokio::test]
    async fn calls_with_one_key_share_one_answer_until_it_is_durable() {
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
                Ok(step(7))
            })
        };
        let first = flights.join(key(1), &mut begin);
        let second = async {
            tell.send(()).unwrap();
            flights.join(key(1), || Ok(pending())).await
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!((requests(first), requests(second), begun.load(Ordering::SeqCst)), (7, 7, 1));
        // Both have heard it; whether either has kept it nobody knows.
        assert_eq!(requests(flights.join(key(1), || Ok(pending())).await), 7);
        flights.forget(&key(1));
        assert_eq!(requests(flights.join(key(1), || Ok(ready(Ok(step(8))))).await), 8);
    }

    #[tokio::test]
    async fn what_cost_nothing_is_forgotten_when_it_was_heard() {
        let flights = Flights::default();
        assert_eq!(requests(flights.join(key(1), || Ok(ready(Ok(nothing())))).await), 9);
        assert!(flights.open().flights.is_empty() && flights.open().order.is_empty());
    }

    #[tokio::test]
    async fn what_nobody_has_made_durable_is_kept_up_to_a_bound() {
        let flights = Flights::default();
        for number in 0..=MAX_KEPT {
            let call = flights.join(key(number), || Ok(ready(Ok(step(1)))));
            // The caller goes away before there is an answer.
            assert!(call.now_or_never().is_none(), "{number}");
        }
        assert_eq!(flights.open().order.len(), MAX_KEPT);
        let again = async |number| requests(flights.join(key(number), || Ok(ready(Ok(step(2))))).await);
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
