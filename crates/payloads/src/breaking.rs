//! Streams that break off: the call breaks off with them. That it does not look like an end is not enough: servers
//! take a caller that hangs up for one that has ended, so a payload has an end of its own.

use std::convert::Infallible;
use std::future::pending;

use futures::{Stream, StreamExt as _};
use goalpost_proto::v1::{self, WritePayloadRequest};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

/// Parts on their way out.
pub type Outgoing = ReceiverStream<WritePayloadRequest>;

/// Makes the call with these parts. If they break off the call is dropped, and so it breaks off too.
pub async fn unbroken<E, F>(
    parts: impl Stream<Item = Result<WritePayloadRequest, E>> + Send,
    call: impl FnOnce(Outgoing) -> F,
) -> Result<v1::PayloadReference, E>
where
    E: From<Status>,
    F: Future<Output = Result<Response<v1::PayloadReference>, Status>>,
{
    let (sender, outgoing) = mpsc::channel(1);
    tokio::select! {
        answer = call(ReceiverStream::new(outgoing)) => Ok(answer?.into_inner()),
        Err(error) = forward(parts, sender) => Err(error),
    }
}

/// Ends only where the parts break off.
async fn forward<E>(
    parts: impl Stream<Item = Result<WritePayloadRequest, E>>,
    sender: mpsc::Sender<WritePayloadRequest>,
) -> Result<Infallible, E> {
    let mut parts = std::pin::pin!(parts);
    while let Some(part) = parts.next().await.transpose()? {
        if sender.send(part).await.is_err() {
            break;
        }
    }
    drop(sender);
    pending().await
}
