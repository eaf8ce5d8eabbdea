//! From bytes to a stored payload.

use futures::{Stream, StreamExt as _, stream};
use goalpost_model::limits::PAYLOAD_CHUNK_BYTES;
use goalpost_model::{DigestBuilder, PayloadReference};
use goalpost_proto::read_payload;
use goalpost_proto::v1::{
    self, PayloadEnd, PayloadHeader, WritePayloadRequest, write_payload_request::Message,
};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tonic::{Response, Status};

use crate::{Error, Outgoing, unbroken};

/// What becomes of the bytes before they leave: of the next ones, and whether they are the last.
pub type Transform = Box<dyn FnMut(Vec<u8>, bool) -> Vec<u8> + Send>;

/// What is announced of bytes that are all there.
pub fn header_of(content_type: &str, bytes: &[u8]) -> PayloadHeader {
    PayloadHeader {
        content_type: content_type.to_owned(),
        bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        ..PayloadHeader::default()
    }
}

/// Makes the call with all bytes of the source. If the source fails nothing is stored.
pub async fn write<F>(
    header: PayloadHeader,
    source: impl AsyncRead + Send + 'static,
    transform: Option<Transform>,
    call: impl FnOnce(Outgoing) -> F,
) -> Result<PayloadReference, Error>
where
    F: Future<Output = Result<Response<v1::PayloadReference>, Status>>,
{
    let header = WritePayloadRequest { message: Some(Message::Header(header)) };
    let parts = stream::once(std::future::ready(Ok(header))).chain(ended(parts_of(source, transform)));
    let stored = unbroken(parts, call).await?;
    read_payload(stored).map_err(|violations| Status::internal(violations.to_string()).into())
}

/// The parts, and what there was of them at their end. After an error there is none.
fn ended(
    parts: impl Stream<Item = Result<WritePayloadRequest, Error>> + Send,
) -> impl Stream<Item = Result<WritePayloadRequest, Error>> + Send {
    let state = Some((Box::pin(parts), DigestBuilder::default(), 0_i64));
    stream::unfold(state, |state| async move {
        let (mut parts, mut digest, mut bytes) = state?;
        match parts.next().await {
            Some(Ok(part)) => {
                if let Some(Message::Chunk(chunk)) = &part.message {
                    digest.add(chunk);
                    bytes += i64::try_from(chunk.len()).unwrap_or_default();
                }
                Some((Ok(part), Some((parts, digest, bytes))))
            }
            Some(Err(error)) => Some((Err(error), None)),
            None => {
                let end = Message::End(PayloadEnd { bytes, sha256: digest.build().to_string() });
                Some((Ok(WritePayloadRequest { message: Some(end) }), None))
            }
        }
    })
}

fn parts_of(
    source: impl AsyncRead + Send + 'static,
    transform: Option<Transform>,
) -> impl Stream<Item = Result<WritePayloadRequest, Error>> + Send {
    let state = Some((Box::pin(source), transform));
    stream::unfold(state, |state| async move {
        let (mut source, mut transform) = state?;
        let mut bytes = Vec::with_capacity(PAYLOAD_CHUNK_BYTES);
        let room = PAYLOAD_CHUNK_BYTES as u64;
        if let Err(error) = source.as_mut().take(room).read_to_end(&mut bytes).await {
            return Some((Err(error.into()), None));
        }
        let is_last = bytes.len() < PAYLOAD_CHUNK_BYTES;
        if let Some(transform) = &mut transform {
            bytes = transform(bytes, is_last);
        }
        Some((Ok(bytes), (!is_last).then_some((source, transform))))
    })
    .flat_map(|bytes| stream::iter(in_parts(bytes)))
}

/// The bytes may have become more.
fn in_parts(bytes: Result<Vec<u8>, Error>) -> Vec<Result<WritePayloadRequest, Error>> {
    let part = |bytes: &[u8]| WritePayloadRequest { message: Some(Message::Chunk(bytes.to_vec())) };
    match bytes {
        Ok(bytes) => bytes.chunks(PAYLOAD_CHUNK_BYTES).map(|bytes| Ok(part(bytes))).collect(),
        Err(error) => vec![Err(error)],
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::ReadBuf;
    use tonic::Code;

    use super::*;

    /// Some bytes, and then a failure.
    struct Breaks(usize);

    impl AsyncRead for Breaks {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<std::io::Result<()>> {
            if self.0 == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::BrokenPipe.into()));
            }
            let fitting = self.0.min(buffer.remaining());
            buffer.put_slice(&vec![0; fitting]);
            self.0 -= fitting;
            Poll::Ready(Ok(()))
        }
    }

    async fn sizes(bytes: usize) -> Vec<usize> {
        sizes_of(bytes, None).await
    }

    async fn sizes_of(bytes: usize, transform: Option<Transform>) -> Vec<usize> {
        let parts =
            parts_of(Cursor::new(vec![7; bytes]), transform).map(|part| match part.unwrap().message {
                Some(Message::Chunk(bytes)) => bytes.len(),
                other => panic!("{other:?}"),
            });
        parts.collect().await
    }

    #[tokio::test]
    async fn bytes_go_in_parts_of_one_size() {
        assert_eq!(sizes(0).await, [0; 0]);
        assert_eq!(sizes(PAYLOAD_CHUNK_BYTES + 5).await, [PAYLOAD_CHUNK_BYTES, 5]);
        assert_eq!(sizes(PAYLOAD_CHUNK_BYTES).await, [PAYLOAD_CHUNK_BYTES]);
    }

    #[tokio::test]
    async fn bytes_that_become_more_go_in_more_parts() {
        let doubled: Transform = Box::new(|bytes, _| bytes.repeat(2));
        assert_eq!(
            sizes_of(PAYLOAD_CHUNK_BYTES - 1, Some(doubled)).await,
            [PAYLOAD_CHUNK_BYTES, PAYLOAD_CHUNK_BYTES - 2]
        );
    }

    #[tokio::test]
    async fn a_source_that_fails_never_ends_its_stream() {
        let call = async |parts: Outgoing| {
            // The service would take its end for the whole.
            let parts: Vec<_> = parts.collect().await;
            panic!("it ended after {}", parts.len());
        };
        let failed = write(PayloadHeader::default(), Breaks(PAYLOAD_CHUNK_BYTES + 1), None, call).await;
        assert!(matches!(failed, Err(Error::Bytes(_))), "{failed:?}");
    }

    #[tokio::test]
    async fn a_refusal_is_told() {
        let call = async |_: Outgoing| Err(Status::new(Code::InvalidArgument, "no"));
        let failed = write(PayloadHeader::default(), Cursor::new(vec![1]), None, call).await;
        assert!(matches!(failed, Err(Error::Refused(status)) if status.code() == Code::InvalidArgument));
    }
}
