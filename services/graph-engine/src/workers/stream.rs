//! One worker's stream, from hello to end.

use std::pin::Pin;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use goalpost_model::{AttemptRef, Failure, PayloadLimit, SessionId};
use goalpost_proto::v1::{
    AttemptResult, PayloadReference, ReadPayloadRequest, WorkRequest, WorkResponse, WritePayloadRequest,
    attempt_result, work_request::Message, worker_server,
};
use goalpost_proto::{JsonProblem, read_usage};
use goalpost_service::backoff::until_ok;
use goalpost_service::load::Gate;
use goalpost_service::{access, status};
use goalpost_store::workflows::{self, HeldAttempt};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::payloads::{Caller, Parts, Payloads};
use crate::shared::Shared;
use crate::workers::hello::{Hello, read_attempt};
use crate::workers::messages;
use crate::workers::sessions::{Attached, Downstream};

/// Messages to a worker that may wait beside its attempts: acknowledgements, cancellations.
const SPARE_ROOM: usize = 256;
/// How long a worker has for its hello.
const HELLO_WITHIN: Duration = Duration::from_secs(10);

/// The `Worker` service.
pub(crate) struct Work {
    pub(crate) shared: Shared,
    pub(crate) streams: Gate,
    pub(crate) payloads: Payloads,
}

/// Errors: PERMISSION_DENIED, which names the first capability that the worker's key does not let it offer.
fn may_offer(caller: &access::Caller, hello: &Hello) -> Result<(), Status> {
    let principal = &caller.principal;
    match hello.capabilities.iter().find(|capability| !principal.may_offer(capability)) {
        Some(capability) => {
            let message = format!(
                "'{}' may not offer {capability}; it needs the grant worker:{capability}@*",
                principal.name
            );
            Err(status::with_reason(Code::PermissionDenied, "NOT_PERMITTED", message))
        }
        None => Ok(()),
    }
}

#[tonic::async_trait]
impl worker_server::Worker for Work {
    type WorkStream = Pin<Box<ReceiverStream<Result<WorkResponse, Status>>>>;

    async fn work(
        &self,
        request: Request<Streaming<WorkRequest>>,
    ) -> Result<Response<Self::WorkStream>, Status> {
        let place = self.streams.enter()?;
        let caller = access::Caller::of(&request)?;
        let mut upstream = request.into_inner();
        let first = timeout(HELLO_WITHIN, upstream.message()).await;
        let first = first.map_err(|_| Status::deadline_exceeded("the worker did not say hello"))??;
        let hello = Hello::read(first).map_err(status::invalid_argument)?;
        may_offer(&caller, &hello)?;
        let session = hello.session;
        if let Some(why) = self.shared.refuses_workers() {
            return Err(status::with_reason(Code::Unavailable, "UNAVAILABLE", why));
        }
        let credit = hello.max_concurrency;
        let (downstream, responses) = mpsc::channel(credit * 2 + SPARE_ROOM);
        let attached = self.shared.sessions.attach(&hello, &self.shared.drain.cut);
        let stream = Stream { shared: self.shared.clone(), session, attached, downstream, credit };
        let (tell, is_in) = oneshot::channel();
        // A task of its own: this call ends when the worker hangs up, and its session has to be seen
        // to its end all the same.
        self.shared.streams.spawn(async move {
            stream.run(hello, upstream, tell).await;
            drop(place);
        });
        is_in.await.map_err(|_| Status::unavailable("the engine stops"))??;
        Ok(Response::new(Box::pin(ReceiverStream::new(responses))))
    }

    async fn write_payload(
        &self,
        request: Request<Streaming<WritePayloadRequest>>,
    ) -> Result<Response<PayloadReference>, Status> {
        self.payloads.write(Caller::Worker, request).await
    }

    type ReadPayloadStream = Parts;

    async fn read_payload(&self, request: Request<ReadPayloadRequest>) -> Result<Response<Parts>, Status> {
        self.payloads.read(Caller::Worker, request).await
    }
}

/// Brings what the worker holds and what the store says together, then opens the gate.
async fn let_in(
    shared: &Shared,
    hello: Hello,
    attached: &Attached,
    downstream: &Downstream,
) -> Result<(), Status> {
    let Hello { session, name, capabilities, held, .. } = hello;
    let running = workflows::adopt(&shared.store, shared.id, session, &held)
        .await
        .map_err(|error| status::store(&error))?;
    let unheld = workflows::unheld_attempts(&shared.store, session, &held)
        .await
        .map_err(|error| status::store(&error))?;
    for attempt in &unheld {
        give_out_again(shared, *attempt).await;
    }
    // The stream is empty and has room: these cannot fail.
    let _ = downstream.try_send(Ok(messages::welcome(shared.id)));
    let is_ended = |attempt: &&HeldAttempt| running.iter().all(|(held, _)| held != *attempt);
    for ended in held.iter().filter(is_ended).take(SPARE_ROOM / 2) {
        let _ = downstream
            .try_send(Ok(messages::cancel(ended, "the attempt was ended while the worker was away")));
    }
    tracing::info!(worker = name, %session, ?capabilities, held = running.len(), "worker connected");
    for capability in capabilities {
        shared.serve_capability(capability);
    }
    shared.sessions.activate(session, attached.generation, downstream.clone(), running.clone());
    shared.expect_heartbeats_of(session, &running).await.map_err(|error| status::store(&error))?;
    if let Some(why) = shared.refuses_workers() {
        // Since the hello.
        shared.sessions.send_away(why);
    }
    Ok(())
}

impl Shared {
    /// Why no worker is let in now, if so.
    fn refuses_workers(&self) -> Option<&'static str> {
        if self.drain.stop.is_cancelled() {
            return Some("the engine stops; connect to another one");
        }
        (!self.registration.is_held()).then_some("the engine is not connected to its stores")
    }
}

/// The engine that the worker comes from may have had a claim on its way to the store when the worker
/// left it. What came of that is given out again, once it can no longer come and well before the
/// attempts of a dead engine are lost.
async fn find_strayed(shared: Shared, session: SessionId, generation: u64) {
    let read = async {
        tokio::time::sleep(shared.worker_grace / 2).await;
        workflows::strayed_attempts(&shared.store, shared.id, session).await
    };
    // If the store is away nothing can be given out, and grace times begin when it is back.
    let Some(Ok(strayed)) = shared.drain.stop.run_until_cancelled(read).await else { return };
    for attempt in strayed {
        // Elsewhere by now, it may be that other engine which answers for what it holds.
        if shared.sessions.is_here(session, generation) {
            give_out_again(&shared, attempt).await;
        }
    }
}

/// An attempt that was committed for a worker and never sent.
pub(crate) async fn give_out_again(shared: &Shared, attempt: AttemptRef) {
    match shared.engine.undeliver(attempt).await {
        Ok(()) => tracing::info!(%attempt, "attempt did not reach its worker; it is given out again"),
        Err(refusal) => tracing::debug!(%attempt, %refusal, "attempt is not given out again"),
    }
}

struct Stream {
    shared: Shared,
    session: SessionId,
    attached: Attached,
    downstream: Downstream,
    /// Attempts that the worker runs at once. As many results may wait for their commit; beyond, the
    /// stream is not read.
    credit: usize,
}

impl Stream {
    /// From the hello to the end. Tells whether the worker was let in.
    async fn run(
        self,
        hello: Hello,
        upstream: Streaming<WorkRequest>,
        tell: oneshot::Sender<Result<(), Status>>,
    ) {
        let outcome = let_in(&self.shared, hello, &self.attached, &self.downstream).await;
        let is_in = outcome.is_ok();
        // Whoever asked may be gone.
        let _ = tell.send(outcome);
        if is_in {
            let (shared, generation) = (self.shared.clone(), self.attached.generation);
            self.shared.streams.spawn(find_strayed(shared, self.session, generation));
            self.serve(upstream).await;
        } else {
            // What it holds may be this engine's already.
            self.leave();
        }
    }

    async fn serve(&self, mut upstream: Streaming<WorkRequest>) {
        let mut recording = FuturesUnordered::new();
        loop {
            tokio::select! {
                message = upstream.message(), if recording.len() < self.credit => match message {
                    Ok(Some(WorkRequest { message: Some(Message::Result(result)) })) => {
                        recording.push(self.record(result));
                    }
                    Ok(Some(WorkRequest { message: Some(Message::Drain(_)) })) => {
                        self.shared.sessions.drain(self.session, self.attached.generation);
                    }
                    Ok(Some(WorkRequest { message: Some(Message::Heartbeat(beat)) })) => {
                        if let Some(held) = read_attempt(beat.attempt) {
                            self.shared.sessions.beat(self.session, &held);
                        }
                    }
                    // A message that this version does not know, or a second hello.
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => break,
                },
                Some(ack) = recording.next(), if !recording.is_empty() => {
                    if self.downstream.send(Ok(ack)).await.is_err() {
                        break;
                    }
                }
                () = self.attached.end.cancelled() => {
                    let why = "the session has another stream, or the engine waits for it no longer";
                    let ended = status::with_reason(Code::Unavailable, "UNAVAILABLE", why);
                    // Only for those who are still there.
                    let _ = self.downstream.try_send(Err(ended));
                    break;
                }
            }
        }
        self.shared.sessions.detach(self.session, self.attached.generation);
        // What was received is recorded, whether or not the worker hears of it.
        while recording.next().await.is_some() {}
        self.leave();
    }

    /// Begins the grace time of the session, unless it has a newer stream.
    fn leave(&self) {
        let Self { shared, session, attached, .. } = self;
        if shared.sessions.detach(*session, attached.generation) && !shared.drain.stop.is_cancelled() {
            tracing::info!(%session, "worker disconnected");
            shared.streams.spawn(forget_after(shared.clone(), *session, attached.generation));
        }
    }

    async fn record(&self, result: AttemptResult) -> WorkResponse {
        let AttemptResult { attempt, outcome, usage } = result;
        let Some(held) = read_attempt(attempt.clone()) else {
            return messages::ack_unreadable(attempt);
        };
        self.shared.sessions.finished(self.session, &held);
        let outcome = read_outcome(outcome, self.shared.blueprints.payload_limit);
        if let Ok(output) = &outcome {
            self.shared.keep_payloads_of_output(held.workflow, output).await;
        }
        let recorded =
            self.shared.engine.finish(held.clone(), self.session, outcome, read_usage(usage)).await;
        messages::ack(&held, recorded)
    }
}

/// The output as JSON. What is no JSON, or no outcome, is a failure of the attempt.
fn read_outcome(outcome: Option<attempt_result::Outcome>, limit: PayloadLimit) -> Result<Value, Failure> {
    match outcome {
        Some(attempt_result::Outcome::Output(output)) => goalpost_proto::json_from_value(output, limit)
            .map_err(|problem| {
                let kind = match problem {
                    JsonProblem::TooLarge(_) => Failure::PAYLOAD_TOO_LARGE,
                    JsonProblem::NotFinite | JsonProblem::TooDeep => Failure::OUTPUT_SCHEMA,
                };
                Failure::new(kind, format!("the output {problem}"))
            }),
        Some(attempt_result::Outcome::Failure(failure)) => Err(failure.into()),
        None => Err(Failure::new(Failure::OUTPUT_SCHEMA, "the result has neither an output nor a failure")),
    }
}

/// Waits out the grace time of a session without a stream. If no stream came back, its
/// attempts are lost.
async fn forget_after(shared: Shared, session: SessionId, generation: u64) {
    tokio::select! {
        () = tokio::time::sleep(shared.worker_grace) => {}
        () = shared.drain.stop.cancelled() => return,
    }
    let Some(name) = shared.sessions.remove(session, generation) else { return };
    let read = || workflows::running_attempts(&shared.store, shared.id, session);
    if let Some(attempts) = until_ok("PostgreSQL", &shared.drain.stop, read).await {
        lose(&shared, &name, &attempts).await;
    }
}

/// Fails the attempts of a worker that is gone; their retry policies and failure edges decide.
pub(crate) async fn lose(shared: &Shared, worker: &str, attempts: &[AttemptRef]) {
    let losses = attempts.iter().map(|attempt| async move {
        match shared.engine.lose(*attempt, messages::worker_lost(worker)).await {
            Ok(()) => tracing::warn!(%attempt, worker, "attempt failed: its worker is lost"),
            Err(refusal) if refusal.is_late() => {}
            Err(refusal) => tracing::error!(%attempt, %refusal, "a lost attempt could not be failed"),
        }
    });
    futures::future::join_all(losses).await;
}
