//! A worker of a few lines, which does only what a test tells it.

use goalpost_proto::v1::attempt_result::Outcome;
use goalpost_proto::v1::work_request::Message;
use goalpost_proto::v1::work_response::Message as Answer;
use goalpost_proto::v1::worker_client::WorkerClient;
use goalpost_proto::v1::{
    AttemptRef, AttemptResult, AttemptResultAck, WorkRequest, WorkResponse, WorkerHello,
};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};
use uuid::Uuid;

/// Both directions of a stream.
pub(crate) type Stream = (mpsc::Sender<WorkRequest>, Streaming<WorkResponse>);

/// Connects and says hello.
pub(crate) async fn connect(endpoint: &str, hello: WorkerHello) -> Result<Stream, Status> {
    let mut client = WorkerClient::connect(endpoint.to_owned()).await.unwrap();
    let (up, requests) = mpsc::channel(8);
    up.send(WorkRequest { message: Some(Message::Hello(hello)) }).await.unwrap();
    let down = client.work(ReceiverStream::new(requests)).await?.into_inner();
    Ok((up, down))
}

/// A session that runs one attempt at a time.
pub(crate) fn hello(capability: &str) -> WorkerHello {
    WorkerHello {
        session_id: Uuid::now_v7().to_string(),
        name: "raw".to_owned(),
        capabilities: vec![capability.to_owned()],
        max_concurrency: 1,
        held: Vec::new(),
        max_message_bytes: 0,
    }
}

/// The next message that `look` finds something in.
pub(crate) async fn next<T>((_, down): &mut Stream, look: impl Fn(Answer) -> Option<T>) -> T {
    loop {
        let message = down.message().await.unwrap().expect("the stream goes on").message;
        if let Some(found) = message.and_then(&look) {
            return found;
        }
    }
}

/// The next attempt.
pub(crate) async fn attempt(stream: &mut Stream) -> AttemptRef {
    next(stream, |message| match message {
        Answer::Assignment(assignment) => assignment.attempt,
        _ => None,
    })
    .await
}

/// Says that the attempt succeeded, and waits for what the engine says to that.
pub(crate) async fn succeed(stream: &mut Stream, attempt: AttemptRef, output: Value) -> AttemptResultAck {
    let output = Some(Outcome::Output(goalpost_proto::value_from_json(output)));
    let result = AttemptResult { attempt: Some(attempt), outcome: output, usage: None };
    stream.0.send(WorkRequest { message: Some(Message::Result(result)) }).await.unwrap();
    next(stream, |message| match message {
        Answer::Ack(ack) => Some(ack),
        _ => None,
    })
    .await
}
