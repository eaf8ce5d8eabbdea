//! Who is connected, what they can do, and how much more they can take.
//!
//! A session outlives its stream for a grace time, so that a worker that reconnects goes on
//! with what it has. Each stream of a session is a generation: what was reserved for one
//! generation is never sent on the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use goalpost_model::{AttemptRef, SessionId};
use goalpost_proto::v1::WorkResponse;
use goalpost_store::takers::{Presence, ToldWorker};
use goalpost_store::workflows::HeldAttempt;
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::workers::hello::Hello;
use crate::workers::messages;

/// What is sent to a worker.
pub(crate) type Downstream = mpsc::Sender<Result<WorkResponse, Status>>;

/// All sessions of this engine.
#[derive(Default)]
pub(crate) struct Sessions {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sessions: HashMap<SessionId, Session>,
    capabilities: HashMap<String, Offer>,
    next_generation: u64,
    /// Says that something has changed of what is told of the sessions.
    changed: watch::Sender<()>,
}

/// Who offers one capability.
#[derive(Default)]
struct Offer {
    sessions: Vec<SessionId>,
    /// Where the search for a free session goes on, so that all get their turn.
    next: usize,
    /// Rung when credit comes back.
    credit: Arc<Notify>,
}

struct Session {
    generation: u64,
    name: String,
    capabilities: Arc<[String]>,
    max_concurrency: usize,
    max_message_bytes: usize,
    /// Places promised to claims that are on their way.
    reserved: usize,
    /// Attempts that the worker has.
    running: HashMap<HeldAttempt, Running>,
    /// The stream, while there is one that takes attempts.
    stream: Option<Downstream>,
    /// Ends the task that serves the stream of this generation.
    end: CancellationToken,
    draining: bool,
    /// When it came to this engine.
    since: Timestamp,
}

/// An attempt that a worker has.
struct Running {
    attempt: AttemptRef,
    /// When its handler gave its last sign of life.
    alive_at: Instant,
}

impl Running {
    fn begin(attempt: AttemptRef) -> Self {
        Self { attempt, alive_at: Instant::now() }
    }
}

/// A place for one attempt at one worker.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) session: SessionId,
    pub(crate) worker: String,
    /// How large a message it takes.
    pub(crate) max_message_bytes: usize,
    generation: u64,
}

/// A stream that was let in.
pub(crate) struct Attached {
    pub(crate) generation: u64,
    /// Cancelled when another stream takes the session over, or the engine waits no longer.
    pub(crate) end: CancellationToken,
}

impl Sessions {
    /// Lets a stream of the session in, and ends the one before. It gets no attempts yet.
    pub(crate) fn attach(&self, hello: &Hello, cut: &CancellationToken) -> Attached {
        let id = hello.session;
        let mut state = self.lock();
        state.forget(id);
        state.next_generation += 1;
        let generation = state.next_generation;
        let end = cut.child_token();
        let session = Session {
            generation,
            name: hello.name.clone(),
            capabilities: hello.capabilities.clone().into(),
            max_concurrency: hello.max_concurrency,
            max_message_bytes: hello.max_message_bytes,
            reserved: 0,
            running: HashMap::new(),
            stream: None,
            end: end.clone(),
            draining: false,
            since: Timestamp::now(),
        };
        for capability in session.capabilities.iter() {
            state.capabilities.entry(capability.clone()).or_default().sessions.push(id);
        }
        state.sessions.insert(id, session);
        state.tell();
        Attached { generation, end }
    }

    /// From now on the stream gets attempts; `running` are those that the worker has already.
    pub(crate) fn activate(
        &self,
        id: SessionId,
        generation: u64,
        stream: Downstream,
        running: impl IntoIterator<Item = (HeldAttempt, AttemptRef)>,
    ) {
        let mut state = self.lock();
        if let Some(session) = state.current(id, generation) {
            session.stream = Some(stream);
            session
                .running
                .extend(running.into_iter().map(|(held, attempt)| (held, Running::begin(attempt))));
            let capabilities = Arc::clone(&session.capabilities);
            state.ring(&capabilities);
            state.report();
            state.tell();
        }
    }

    /// Whether the session still has this stream.
    pub(crate) fn is_here(&self, id: SessionId, generation: u64) -> bool {
        self.lock().current(id, generation).is_some_and(|session| session.stream.is_some())
    }

    /// The attempt, if the session runs it here.
    pub(crate) fn attempt_of(&self, id: SessionId, held: &HeldAttempt) -> Option<AttemptRef> {
        Some(self.lock().sessions.get(&id)?.running.get(held)?.attempt)
    }

    /// The stream is gone. True if the session has no newer one.
    pub(crate) fn detach(&self, id: SessionId, generation: u64) -> bool {
        let mut state = self.lock();
        let Some(session) = state.current(id, generation) else { return false };
        session.stream = None;
        state.report();
        state.tell();
        true
    }

    /// The session is over, unless it has a newer stream. Answers with the worker's name.
    pub(crate) fn remove(&self, id: SessionId, generation: u64) -> Option<String> {
        let mut state = self.lock();
        let name = state.current(id, generation)?.name.clone();
        state.forget(id);
        state.tell();
        Some(name)
    }

    /// The worker takes no more attempts.
    pub(crate) fn drain(&self, id: SessionId, generation: u64) {
        let mut state = self.lock();
        if let Some(session) = state.current(id, generation) {
            session.draining = true;
            state.tell();
        }
    }

    /// Asks every worker to go to another engine.
    pub(crate) fn send_away(&self, reason: &str) {
        for session in self.lock().sessions.values() {
            if let Some(stream) = &session.stream {
                // One whose stream is full stays and is cut off.
                let _ = stream.try_send(Ok(messages::drain(reason)));
            }
        }
    }

    /// Hears whenever something changes of what is [told](Self::told).
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.lock().changed.subscribe()
    }

    /// What is told of the sessions to whoever looks.
    pub(crate) fn told(&self) -> Vec<ToldWorker> {
        self.lock().sessions.iter().map(|(id, session)| session.told(*id)).collect()
    }

    /// Whether any session, connected or in its grace time, offers the capability.
    pub(crate) fn is_offered(&self, capability: &str) -> bool {
        self.lock().capabilities.get(capability).is_some_and(|offer| !offer.sessions.is_empty())
    }

    /// How many attempts the workers that offer the capability can take now.
    pub(crate) fn credit(&self, capability: &str) -> usize {
        let state = self.lock();
        let Some(offer) = state.capabilities.get(capability) else { return 0 };
        offer.sessions.iter().filter_map(|id| state.sessions.get(id)).map(Session::credit).sum()
    }

    /// What is rung when credit for the capability comes back.
    pub(crate) fn credit_bell(&self, capability: &str) -> Arc<Notify> {
        Arc::clone(&self.lock().capabilities.entry(capability.to_owned()).or_default().credit)
    }

    /// Promises up to `wanted` places for attempts of the capability.
    pub(crate) fn reserve(&self, capability: &str, wanted: usize) -> Vec<Place> {
        let mut state = self.lock();
        let State { sessions, capabilities, .. } = &mut *state;
        let Some(offer) = capabilities.get_mut(capability) else { return Vec::new() };
        let mut places = Vec::with_capacity(wanted);
        let mut without = 0;
        while places.len() < wanted && without < offer.sessions.len() {
            let id = offer.sessions[offer.next % offer.sessions.len()];
            offer.next = (offer.next + 1) % offer.sessions.len();
            match sessions.get_mut(&id).filter(|session| session.credit() > 0) {
                Some(session) => {
                    session.reserved += 1;
                    without = 0;
                    places.push(Place {
                        session: id,
                        worker: session.name.clone(),
                        max_message_bytes: session.max_message_bytes,
                        generation: session.generation,
                    });
                }
                None => without += 1,
            }
        }
        places
    }

    /// Gives a promised place back unused.
    pub(crate) fn release(&self, place: &Place) {
        let mut state = self.lock();
        if let Some(session) = state.current(place.session, place.generation) {
            session.reserved = session.reserved.saturating_sub(1);
            let capabilities = Arc::clone(&session.capabilities);
            state.ring(&capabilities);
        }
    }

    /// Sends an attempt to the place that was promised for it. False if it cannot reach the
    /// worker any more: the stream is another one, or gone.
    pub(crate) fn dispatch(
        &self,
        place: &Place,
        attempt: AttemptRef,
        held: HeldAttempt,
        message: WorkResponse,
    ) -> bool {
        let mut state = self.lock();
        let Some(session) = state.current(place.session, place.generation) else { return false };
        session.reserved = session.reserved.saturating_sub(1);
        // The stream has room for every attempt that the worker has credit for.
        let sent = session.stream.as_ref().is_some_and(|stream| stream.try_send(Ok(message)).is_ok());
        if sent {
            session.running.insert(held, Running::begin(attempt));
        }
        sent
    }

    /// The worker is done with the attempt: its place is free again.
    pub(crate) fn finished(&self, id: SessionId, attempt: &HeldAttempt) {
        let mut state = self.lock();
        let Some(session) = state.sessions.get_mut(&id) else { return };
        if session.running.remove(attempt).is_some() {
            let capabilities = Arc::clone(&session.capabilities);
            state.ring(&capabilities);
        }
    }

    /// The handler of the attempt is alive.
    pub(crate) fn beat(&self, id: SessionId, attempt: &HeldAttempt) {
        let mut state = self.lock();
        let running = state.sessions.get_mut(&id).and_then(|session| session.running.get_mut(attempt));
        if let Some(running) = running {
            running.alive_at = Instant::now();
        }
    }

    /// How long nothing was heard of the attempt's handler. `None` if it has ended, or if the worker is
    /// not here now.
    pub(crate) fn silence(&self, id: SessionId, attempt: &HeldAttempt) -> Option<Duration> {
        let state = self.lock();
        let session = state.sessions.get(&id).filter(|session| session.stream.is_some())?;
        Some(session.running.get(attempt)?.alive_at.elapsed())
    }

    /// Tells the worker that has the attempt to stop it.
    pub(crate) fn stop_attempt(&self, attempt: AttemptRef, reason: &str) {
        let state = self.lock();
        let holder = state.sessions.values().find_map(|session| {
            let (held, _) = session.running.iter().find(|(_, running)| running.attempt == attempt)?;
            session.stream.as_ref().map(|stream| (stream, held))
        });
        if let Some((stream, held)) = holder {
            // A stream that is full or gone: the worker hears of it when its result is refused.
            let _ = stream.try_send(Ok(messages::cancel(held, reason)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How many workers are connected.
    fn report(&self) {
        let connected = self.sessions.values().filter(|session| session.stream.is_some()).count();
        metrics::gauge!("goalpost_connected_workers").set(connected as f64);
    }

    fn tell(&self) {
        self.changed.send_replace(());
    }

    fn current(&mut self, id: SessionId, generation: u64) -> Option<&mut Session> {
        self.sessions.get_mut(&id).filter(|session| session.generation == generation)
    }

    fn forget(&mut self, id: SessionId) {
        let Some(session) = self.sessions.remove(&id) else { return };
        session.end.cancel();
        for capability in session.capabilities.iter() {
            if let Some(offer) = self.capabilities.get_mut(capability) {
                offer.sessions.retain(|other| *other != id);
                // Whoever waits for credit sees that nobody offers it any more.
                offer.credit.notify_one();
            }
        }
    }

    fn ring(&self, capabilities: &[String]) {
        for capability in capabilities {
            if let Some(offer) = self.capabilities.get(capability) {
                offer.credit.notify_one();
            }
        }
    }
}

impl Session {
    fn told(&self, id: SessionId) -> ToldWorker {
        let presence = match (&self.stream, self.draining) {
            (None, _) => Presence::Away,
            (Some(_), true) => Presence::Draining,
            (Some(_), false) => Presence::Connected,
        };
        ToldWorker {
            session: id.0,
            name: self.name.clone(),
            capabilities: self.capabilities.to_vec(),
            max_concurrency: u32::try_from(self.max_concurrency).unwrap_or(u32::MAX),
            presence,
            since: self.since,
        }
    }

    fn credit(&self) -> usize {
        if self.stream.is_none() || self.draining {
            return 0;
        }
        self.max_concurrency.saturating_sub(self.reserved + self.running.len())
    }
}
