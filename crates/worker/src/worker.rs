//! A worker's life.

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use goalpost_model::limits::MAX_WORK_MESSAGE_BYTES;
use goalpost_model::{Failure, Usage};
use goalpost_peers::{Addresses, Authorized, Credentials, Tour};
use goalpost_proto::v1::work_request::Message as Up;
use goalpost_proto::v1::work_response::Message as Down;
use goalpost_proto::v1::{
    AttemptAssignment, AttemptHeartbeat, AttemptResult, WorkResponse, WorkerDrain, WorkerHello,
    attempt_result,
};
use goalpost_proto::value_from_json;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::beats::{self, Beats};
use crate::connection::{Connection, Lost};
use crate::handler::Handler;
use crate::held::{Held, Key};
use crate::pauses::Pauses;
use crate::payloads::Payloads;
use crate::{Builder, Error, running};

/// Offers capabilities to an engine and runs their attempts.
pub struct Worker {
    engines: Tour,
    offer: Offer,
    drain_limit: Duration,
    /// Kept over reconnects: attempts belong to it.
    session: Uuid,
    held: Held,
    finish: mpsc::UnboundedSender<Finished>,
    finished: mpsc::UnboundedReceiver<Finished>,
    /// Signs of life of the handlers.
    beats: (mpsc::Sender<Key>, mpsc::Receiver<Key>),
    /// The engine, for calls beside the stream.
    engine: watch::Sender<Option<Authorized>>,
    /// When draining must end, once the worker is to stop.
    deadline: Option<Instant>,
    /// What still ran at the deadline was stopped.
    gave_up: bool,
}

/// What a worker offers.
pub(crate) struct Offer {
    pub(crate) name: String,
    pub(crate) max_concurrency: u32,
    pub(crate) handlers: BTreeMap<String, Handler>,
}

/// The end of an attempt, and what it took.
type Finished = (Key, Result<Value, Failure>, Usage);

/// The end of a stream.
enum End {
    /// The worker is to stop and is done.
    Done,
    /// The worker has to go on elsewhere.
    Elsewhere,
}

impl Worker {
    /// A worker for the engine at `endpoint`, for example `http://127.0.0.1:50053`, or for several
    /// with commas between them. A name that stands for several addresses is as good.
    pub fn builder(endpoint: impl Into<String>) -> Builder {
        Builder::new(endpoint.into())
    }

    pub(crate) fn new(
        engines: Addresses,
        credentials: Credentials,
        offer: Offer,
        drain_limit: Duration,
    ) -> Self {
        let (finish, finished) = mpsc::unbounded_channel();
        Self {
            engines: Tour::new(engines, credentials),
            offer,
            drain_limit,
            session: Uuid::now_v7(),
            held: Held::default(),
            finish,
            finished,
            beats: beats::channel(),
            engine: watch::Sender::new(None),
            deadline: None,
            gave_up: false,
        }
    }

    /// Works until `stop`; then takes nothing more, ends what it has and returns. Whenever the
    /// stream is lost, connects again at once, to another engine if it knows one. Errors: an engine
    /// refuses the worker for good.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), Error> {
        let mut pauses = Pauses::new();
        loop {
            match self.connect(&stop).await {
                Ok(Some(connection)) => {
                    pauses.connected(Instant::now());
                    tracing::info!(worker = self.offer.name, "connected");
                    self.engine.send_replace(Some(connection.channel.clone()));
                    let end = self.serve(connection, &stop).await;
                    self.engine.send_replace(None);
                    if matches!(end, Ok(End::Done)) {
                        return Ok(());
                    }
                    if pauses.lost(Instant::now()) {
                        self.engines.begin_again();
                    }
                    continue;
                }
                // Every engine had its turn.
                Ok(None) => {}
                Err(status) if is_permanent(status.code()) => return Err(Error::Refused(Box::new(status))),
                Err(status) => {
                    if pauses.is_fresh() {
                        let reason = status.message();
                        tracing::warn!(worker = self.offer.name, reason, "cannot connect; trying elsewhere");
                    }
                    continue;
                }
            }
            if self.wait(pauses.next(), &stop).await.is_ok() {
                return Ok(());
            }
        }
    }

    /// A stream to the next engine; `None` if each of them had its turn.
    async fn connect(&mut self, stop: &CancellationToken) -> Result<Option<Connection>, Status> {
        let hello = Up::Hello(WorkerHello {
            session_id: self.session.to_string(),
            name: self.offer.name.clone(),
            capabilities: self.offer.handlers.keys().cloned().collect(),
            max_concurrency: self.offer.max_concurrency.try_into().unwrap_or(i32::MAX),
            held: self.held.refs(),
            max_message_bytes: MAX_WORK_MESSAGE_BYTES.try_into().unwrap_or(i32::MAX),
        });
        let engines = &mut self.engines;
        let open = async {
            match engines.next().await {
                Some(engine) => Connection::open(&engine, hello).await.map(Some),
                None => Ok(None),
            }
        };
        tokio::select! {
            connection = open => connection,
            // Whoever waits next sees that nothing is left to do.
            () = stop.cancelled(), if self.held.is_empty() => Ok(None),
        }
    }

    /// Serves one stream to its end, or to the engine's.
    async fn serve(&mut self, mut connection: Connection, stop: &CancellationToken) -> Result<End, Lost> {
        for result in self.held.results() {
            connection.send(Up::Result(result)).await?;
        }
        if self.deadline.is_some() {
            connection.send(Up::Drain(WorkerDrain {})).await?;
        }
        loop {
            if self.is_drained() {
                return Ok(End::Done);
            }
            tokio::select! {
                message = connection.next() => match message {
                    Ok(WorkResponse { message: Some(Down::Drain(drain)) }) => {
                        let (worker, reason) = (&self.offer.name, drain.reason);
                        tracing::info!(worker, reason, "the engine sends the worker away");
                        return Ok(End::Elsewhere);
                    }
                    Ok(message) => self.receive(message),
                    Err(status) => {
                        let (worker, reason) = (&self.offer.name, status.message());
                        tracing::warn!(worker, reason, "the stream is lost; connecting again");
                        return Err(Lost);
                    }
                },
                Some(finished) = self.finished.recv() => {
                    let result = self.keep(finished);
                    connection.send(Up::Result(result)).await?;
                }
                Some(attempt) = self.beats.1.recv() => {
                    let attempt = Some(attempt.to_ref());
                    connection.send(Up::Heartbeat(AttemptHeartbeat { attempt })).await?;
                }
                () = stop.cancelled(), if self.deadline.is_none() => {
                    self.begin_to_drain();
                    connection.send(Up::Drain(WorkerDrain {})).await?;
                }
                () = at(self.deadline) => {
                    if self.gave_up {
                        return Ok(End::Done);
                    }
                    self.give_up();
                }
            }
        }
    }

    /// Waits before the next attempt to connect. `Ok` if the worker is to stop and is done.
    async fn wait(&mut self, pause: Duration, stop: &CancellationToken) -> Result<(), Lost> {
        let until = Instant::now() + pause;
        loop {
            if self.is_drained() {
                return Ok(());
            }
            tokio::select! {
                () = tokio::time::sleep_until(until) => return Err(Lost),
                Some(finished) = self.finished.recv() => drop(self.keep(finished)),
                () = stop.cancelled(), if self.deadline.is_none() => self.begin_to_drain(),
                () = at(self.deadline) => return Ok(()),
            }
        }
    }

    fn is_drained(&self) -> bool {
        self.deadline.is_some() && self.held.is_empty()
    }

    fn begin_to_drain(&mut self) {
        self.deadline = Some(Instant::now() + self.drain_limit);
    }

    /// The time to drain is over: what still runs is stopped and fails.
    fn give_up(&mut self) {
        self.gave_up = true;
        self.held.cancel_all();
        // The failures still have to be sent and acknowledged.
        self.deadline = Some(Instant::now() + self.drain_limit);
    }

    fn receive(&mut self, WorkResponse { message }: WorkResponse) {
        match message {
            Some(Down::Assignment(assignment)) => self.begin(assignment),
            Some(Down::Cancel(cancel)) => {
                if let Some(key) = Key::of(cancel.attempt) {
                    self.held.cancel(&key);
                }
            }
            Some(Down::Ack(ack)) => {
                if !ack.accepted {
                    tracing::warn!(reason = ack.reason, attempt = ?ack.attempt, "a result was refused");
                }
                if let Some(key) = Key::of(ack.attempt) {
                    self.held.acknowledge(&key);
                }
            }
            Some(Down::Welcome(welcome)) => tracing::debug!(engine = welcome.engine_id, "welcome"),
            // The end of the stream, or a message that this version does not know.
            Some(Down::Drain(_)) | None => {}
        }
    }

    fn begin(&mut self, assignment: AttemptAssignment) {
        let Some(key) = Key::of(assignment.attempt.clone()) else { return };
        let Some(cancelled) = self.held.begin(&key) else { return };
        let handler = self.offer.handlers.get(&assignment.capability).cloned();
        let beats = Beats::new(key.clone(), self.beats.0.clone());
        let payloads = Payloads::new(self.engine.subscribe(), key.in_session(self.session));
        let run = running::run(assignment, handler, cancelled, beats, payloads);
        let finish = self.finish.clone();
        tokio::spawn(async move {
            let (outcome, usage) = run.await;
            // The worker may be gone; then nobody waits for it.
            let _ = finish.send((key, outcome, usage));
        });
    }

    /// Keeps the result until it is acknowledged.
    fn keep(&mut self, (key, outcome, usage): Finished) -> AttemptResult {
        let outcome = match outcome {
            Ok(output) => attempt_result::Outcome::Output(value_from_json(output)),
            Err(failure) => attempt_result::Outcome::Failure(failure.into()),
        };
        let (attempt, usage) = (Some(key.to_ref()), Some(usage.into()));
        let result = AttemptResult { attempt, outcome: Some(outcome), usage };
        self.held.end(key, result.clone());
        result
    }
}

/// Returns at the deadline; never without one.
async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => pending().await,
    }
}

/// Trying again does not help.
fn is_permanent(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument | Code::Unauthenticated | Code::PermissionDenied | Code::Unimplemented
    )
}
