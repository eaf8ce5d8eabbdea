//! Taking from a list for as long as the process runs, whatever happens to Redis meanwhile.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use goalpost_queue::{Error, List, Queue, Taker};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::backoff::{Backoff, until_ok};
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

    /// Takes elements and has each of them dealt with by itself, until the process stops: one that takes long keeps none
    /// of the others waiting. At most `at_once` are open; more stay on the list. `work` answers with `None` if the process stops
    /// first; the list keeps such an element. One that comes again while it is open is the same one.
    ///
    /// Returns when nothing is open any more.
    pub async fn each<F>(mut self, at_once: usize, work: impl Fn(String) -> F)
    where
        F: Future<Output = Option<()>> + Send + 'static,
    {
        let (open, tasks) = (Open::default(), TaskTracker::new());
        let places = Arc::new(Semaphore::new(at_once));
        while let Some(free) = place(&places, &self.stop).await {
            // Nobody else asks for places.
            drop(free);
            let Some(elements) = self.take(places.available_permits()).await else { break };
            // After a lost connection the open ones come again, too.
            for element in elements.into_iter().filter(|element| open.add(element)) {
                let Some(held) = place(&places, &self.stop).await else { break };
                let (work, open) = (work(element.clone()), open.clone());
                let (queue, id, list, stop) =
                    (self.queue.clone(), self.id, self.list.clone(), self.stop.clone());
                tasks.spawn(async move {
                    let done = work.await;
                    // First: one that comes from now on is another one.
                    open.remove(&element);
                    if done.is_some() {
                        until_ok("Redis", &stop, || queue.finish(id, &list, &element)).await;
                    }
                    drop(held);
                });
            }
        }
        tasks.close();
        tasks.wait().await;
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

/// A place for one more element. `None` once the process stops.
async fn place(places: &Arc<Semaphore>, stop: &CancellationToken) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        place = Arc::clone(places).acquire_owned() => place.ok(),
        () = stop.cancelled() => None,
    }
}

/// Elements that are dealt with just now. Cheap to clone; clones are the same.
#[derive(Clone, Default)]
struct Open(Arc<Mutex<HashSet<String>>>);

impl Open {
    /// False if it is among them already.
    fn add(&self, element: &str) -> bool {
        self.elements().insert(element.to_owned())
    }

    fn remove(&self, element: &str) {
        self.elements().remove(element);
    }

    fn elements(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use goalpost_model::Lane;
    use goalpost_queue::{Element, Pushed};
    use goalpost_testkit::{TestRedis, redis, wait_for};
    use tokio::task::JoinHandle;

    use super::*;

    /// A line whose elements are dealt with while the test holds them.
    struct Case {
        _redis: TestRedis,
        queue: Queue,
        registration: Registration,
        stop: CancellationToken,
        /// How often each element was begun.
        begun: Arc<Mutex<Vec<String>>>,
        /// Ends an element for each permit.
        ends: Arc<Semaphore>,
        running: JoinHandle<()>,
    }

    const ID: Uuid = Uuid::from_u128(1);

    /// At most two at once; those called `quick` end by themselves.
    async fn start() -> Case {
        let redis = redis().await;
        let queue = Queue::new(&redis.url()).unwrap();
        let (registration, stop) = (Registration::default(), CancellationToken::new());
        registration.set(true);
        let (begun, ends) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Semaphore::new(0)));
        let line = Line::new(&queue, ID, List::drafts(), &registration, &stop);
        let running = tokio::spawn({
            let (begun, ends, stop) = (Arc::clone(&begun), Arc::clone(&ends), stop.clone());
            line.each(2, move |element| {
                let (ends, stop) = (Arc::clone(&ends), stop.clone());
                begun.lock().unwrap().push(element.clone());
                async move {
                    if element == "quick" {
                        return Some(());
                    }
                    tokio::select! {
                        permit = ends.acquire() => permit.ok().map(|permit| permit.forget()),
                        () = stop.cancelled() => None,
                    }
                }
            })
        });
        Case { _redis: redis, queue, registration, stop, begun, ends, running }
    }

    impl Case {
        async fn push(&self, elements: &[&str]) {
            let element = |text: &&str| Element {
                list: List::drafts(),
                lane: Lane::default(),
                text: (*text).to_owned(),
            };
            let elements: Vec<Element> = elements.iter().map(element).collect();
            let (epoch, _) = self.queue.ensure_epoch().await.unwrap();
            let pushed = self.queue.pusher().await.unwrap().push(&epoch, &elements).await.unwrap();
            assert_eq!(pushed, Pushed::Done);
        }

        async fn begun(&self, expected: &[&str]) {
            wait_for(format!("{expected:?} to be begun"), async || {
                (*self.begun.lock().unwrap() == expected).then_some(())
            })
            .await;
        }

        /// What is taken and not dealt with, and how much waits.
        async fn kept(&self, taken: &[&str], waiting: usize) {
            wait_for(format!("{taken:?} to be taken"), async || {
                let contents = self.queue.contents().await.unwrap();
                let found: Vec<&str> = contents.taken.iter().map(|(_, _, text)| text.as_str()).collect();
                (found == taken && contents.waiting.len() == waiting).then_some(())
            })
            .await;
        }
    }

    #[tokio::test]
    async fn what_takes_long_keeps_none_of_the_others() {
        let case = start().await;
        case.push(&["slow", "quick"]).await;
        case.begun(&["slow", "quick"]).await;
        case.kept(&["slow"], 0).await;
        case.push(&["quick"]).await;
        case.kept(&["slow"], 0).await;
        case.ends.add_permits(1);
        case.kept(&[], 0).await;
        case.begun(&["slow", "quick", "quick"]).await;
    }

    #[tokio::test]
    async fn no_more_than_allowed_are_open_and_the_others_stay_on_the_list() {
        let case = start().await;
        case.push(&["a", "b", "c"]).await;
        case.begun(&["a", "b"]).await;
        case.kept(&["a", "b"], 1).await;
        case.ends.add_permits(1);
        case.begun(&["a", "b", "c"]).await;
    }

    #[tokio::test]
    async fn what_is_open_is_not_begun_again_when_it_comes_again() {
        let case = start().await;
        case.push(&["slow"]).await;
        case.begun(&["slow"]).await;
        // Delivered once more; and the connection is lost, so that the next one hears of all that is taken.
        case.push(&["slow"]).await;
        case.kept(&["slow", "slow"], 0).await;
        case.registration.set(false);
        case.queue.cut_takers().await.unwrap();
        case.registration.set(true);
        case.push(&["quick"]).await;
        case.kept(&["slow", "slow"], 0).await;
        case.begun(&["slow", "quick"]).await;
        case.ends.add_permits(1);
        case.kept(&[], 0).await;
        case.begun(&["slow", "quick"]).await;
    }

    #[tokio::test]
    async fn what_is_open_when_the_process_stops_is_kept() {
        let case = start().await;
        case.push(&["slow"]).await;
        case.begun(&["slow"]).await;
        case.stop.cancel();
        case.running.await.unwrap();
        let queue = &case.queue;
        assert_eq!(queue.contents().await.unwrap().taken, [(ID, List::drafts(), "slow".to_owned())]);
        assert_eq!(queue.retire(ID).await.unwrap(), 1);
    }
}
