//! A worker's life.

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use goalpost_model::Failure;
use goalpost_proto::v1::work_request::Message as Up;
use goalpost_proto::v1::work_response::Message as Down;
use goalpost_proto::v1::{
    AttemptAssignment, AttemptResult, WorkResponse, WorkerDrain, WorkerHello, attempt_result,
};
use goalpost_proto::{Violations, map_from_struct, value_from_json};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;
use tonic::{Code, Status};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::connection::{Connection, Lost};
use crate::handler::Handler;
use crate::held::{Held, Key};
use crate::{Attempt, Builder, Error, trace};

/// The pauses between attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Offers capabilities to an engine and runs their attempts.
pub struct Worker {
    endpoint: Endpoint,
    name: String,
    max_concurrency: u32,
    drain_limit: Duration,
    handlers: BTreeMap<String, Handler>,
    /// Kept over reconnects: attempts belong to it.
    session: Uuid,
    held: Held,
    finish: mpsc::UnboundedSender<Finished>,
    finished: mpsc::UnboundedReceiver<Finished>,
    /// When draining must end, once the worker is to stop.
    deadline: Option<Instant>,
    /// What still ran at the deadline was stopped.
    gave_up: bool,
}

/// The end of an attempt.
type Finished = (Key, Result<Value, Failure>);

impl Worker {
    /// A worker for the engine at `endpoint`, for example `http://127.0.0.1:50053`.
    pub fn builder(endpoint: impl Into<String>) -> Builder {
        Builder::new(endpoint.into())
    }

    pub(crate) fn new(
        endpoint: Endpoint,
        name: String,
        max_concurrency: u32,
        drain_limit: Duration,
        handlers: BTreeMap<String, Handler>,
    ) -> Self {
        let (finish, finished) = mpsc::unbounded_channel();
        let session = Uuid::now_v7();
        let held = Held::default();
        let (deadline, gave_up) = (None, false);
        Self {
            endpoint,
            name,
            max_concurrency,
            drain_limit,
            handlers,
            session,
            held,
            finish,
            finished,
            deadline,
            gave_up,
        }
    }

    /// Works until `stop`; then takes nothing more, ends what it has and returns. Connects again
    /// whenever the stream is lost. Errors: the engine refuses the worker for good.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), Error> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.connect(&stop).await {
                Ok(connection) => {
                    pause = FIRST_PAUSE;
                    tracing::info!(worker = self.name, "connected");
                    if self.serve(connection, &stop).await.is_ok() {
                        return Ok(());
                    }
                    tracing::warn!(worker = self.name, "the stream is lost; connecting again");
                }
                Err(status) if is_permanent(status.code()) => return Err(Error::Refused(Box::new(status))),
                Err(status) => {
                    if pause == FIRST_PAUSE {
                        tracing::warn!(
                            worker = self.name,
                            reason = status.message(),
                            "cannot connect; trying again"
                        );
                    }
                }
            }
            if self.wait(pause, &stop).await.is_ok() {
                return Ok(());
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn connect(&self, stop: &CancellationToken) -> Result<Connection, Status> {
        let hello = Up::Hello(WorkerHello {
            session_id: self.session.to_string(),
            name: self.name.clone(),
            capabilities: self.handlers.keys().cloned().collect(),
            max_concurrency: self.max_concurrency.try_into().unwrap_or(i32::MAX),
            held: self.held.refs(),
        });
        tokio::select! {
            connection = Connection::open(&self.endpoint, hello) => connection,
            () = stop.cancelled(), if self.held.is_empty() => Err(Status::cancelled("the worker stops")),
        }
    }

    /// Serves one stream. `Ok` if the worker is to stop and is done.
    async fn serve(&mut self, mut connection: Connection, stop: &CancellationToken) -> Result<(), Lost> {
        for result in self.held.results() {
            connection.send(Up::Result(result)).await?;
        }
        if self.deadline.is_some() {
            connection.send(Up::Drain(WorkerDrain {})).await?;
        }
        loop {
            if self.is_drained() {
                return Ok(());
            }
            tokio::select! {
                message = connection.next() => match message {
                    Ok(message) => self.receive(message),
                    Err(status) => {
                        tracing::debug!(reason = status.message(), "the stream ended");
                        return Err(Lost);
                    }
                },
                Some(finished) = self.finished.recv() => {
                    let result = self.keep(finished);
                    connection.send(Up::Result(result)).await?;
                }
                () = stop.cancelled(), if self.deadline.is_none() => {
                    self.begin_to_drain();
                    connection.send(Up::Drain(WorkerDrain {})).await?;
                }
                () = at(self.deadline) => {
                    if self.gave_up {
                        return Ok(());
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
            // A message that this version does not know.
            None => {}
        }
    }

    fn begin(&mut self, assignment: AttemptAssignment) {
        let AttemptAssignment { attempt, capability, input, idempotency_key, traceparent } = assignment;
        let Some(key) = Key::of(attempt.clone()) else { return };
        let Some(cancelled) = self.held.begin(&key) else { return };
        let named = attempt.unwrap_or_default();
        let attempt = Attempt {
            workflow_id: named.workflow_id,
            task: named.task,
            number: named.attempt.try_into().unwrap_or_default(),
            capability: capability.clone(),
            idempotency_key,
            traceparent: None,
            cancelled: cancelled.clone(),
        };
        let span = trace::span(&attempt);
        let attempt = Attempt { traceparent: trace::continue_from(&span, traceparent), ..attempt };
        let handler = self.handlers.get(&capability).cloned();
        let finish = self.finish.clone();
        let run = async move {
            let mut violations = Violations::default();
            let input = map_from_struct(input.unwrap_or_default(), "input", &mut violations);
            let outcome = match (handler, input) {
                (Some(handler), Some(input)) => tokio::select! {
                    outcome = handler(attempt, input) => outcome,
                    () = cancelled.cancelled() => Err(Failure::new(Failure::CANCELLED, "the attempt was stopped")),
                },
                (None, _) => Err(Failure::new(
                    "CAPABILITY_UNKNOWN",
                    format!("this worker does not offer {capability}"),
                )),
                (_, None) => Err(Failure::new(Failure::INPUT_SCHEMA, violations.to_string())),
            };
            trace::end(&outcome);
            // The worker may be gone; then nobody waits for it.
            let _ = finish.send((key, outcome));
        };
        tokio::spawn(run.instrument(span));
    }

    /// Keeps the result until it is acknowledged.
    fn keep(&mut self, (key, outcome): Finished) -> AttemptResult {
        let outcome = match outcome {
            Ok(output) => attempt_result::Outcome::Output(value_from_json(output)),
            Err(failure) => attempt_result::Outcome::Failure(failure.into()),
        };
        let result = AttemptResult { attempt: Some(key.to_ref()), outcome: Some(outcome) };
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
