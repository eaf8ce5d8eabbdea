//! One stream to an engine, from hello to loss.

use std::time::Duration;

use goalpost_model::limits::MAX_WORK_MESSAGE_BYTES;
use goalpost_peers::{Authorized, Endpoint};
use goalpost_proto::v1::{WorkRequest, WorkResponse, work_request::Message, worker_client::WorkerClient};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

/// Messages to the engine that may wait for the stream.
const ROOM: usize = 1_024;
/// How long an engine may take to let the worker in; then another one has its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// A stream that is up.
pub(crate) struct Connection {
    upstream: mpsc::Sender<WorkRequest>,
    downstream: Streaming<WorkResponse>,
    /// For calls beside the stream.
    pub(crate) channel: Authorized,
}

/// The stream is gone.
pub(crate) struct Lost;

impl Connection {
    /// Connects and says hello.
    pub(crate) async fn open(endpoint: &Endpoint, hello: Message) -> Result<Self, Status> {
        let opened = tokio::time::timeout(PATIENCE, Self::begin(endpoint, hello)).await;
        opened.unwrap_or_else(|_| Err(Status::unavailable("the engine does not answer")))
    }

    async fn begin(endpoint: &Endpoint, hello: Message) -> Result<Self, Status> {
        let channel = endpoint.connect().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let (upstream, requests) = mpsc::channel(ROOM);
        // There is room for the first message.
        let _ = upstream.try_send(WorkRequest { message: Some(hello) });
        let mut client = WorkerClient::new(channel.clone())
            .max_decoding_message_size(MAX_WORK_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_WORK_MESSAGE_BYTES);
        let downstream = client.work(ReceiverStream::new(requests)).await?.into_inner();
        Ok(Self { upstream, downstream, channel })
    }

    /// Sends a message.
    pub(crate) async fn send(&self, message: Message) -> Result<(), Lost> {
        self.upstream.send(WorkRequest { message: Some(message) }).await.map_err(|_| Lost)
    }

    /// The next message of the engine; an error if the stream ended.
    pub(crate) async fn next(&mut self) -> Result<WorkResponse, Status> {
        let message = self.downstream.message().await?;
        message.ok_or_else(|| Status::unavailable("the engine ended the stream"))
    }
}
