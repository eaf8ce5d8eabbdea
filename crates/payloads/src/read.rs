//! From a stored payload to bytes.

use futures::{Stream, StreamExt as _};
use goalpost_model::{DigestBuilder, PayloadReference};
use goalpost_proto::read_payload;
use goalpost_proto::v1::{ReadPayloadResponse, read_payload_response::Message};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tonic::Status;

use crate::Error;

/// Writes the payload into the target. Errors: `Damaged` in the end if it is not what was stored; the target has
/// something all the same then.
pub async fn read(
    mut parts: impl Stream<Item = Result<ReadPayloadResponse, Status>> + Unpin,
    target: &mut (impl AsyncWrite + Unpin),
) -> Result<PayloadReference, Error> {
    let first = parts.next().await.transpose()?.and_then(|part| part.message);
    let Some(Message::Payload(payload)) = first else { return Err(Error::Damaged) };
    let payload = read_payload(payload).map_err(|_| Error::Damaged)?;
    let (mut digest, mut bytes) = (DigestBuilder::default(), 0_u64);
    while let Some(part) = parts.next().await.transpose()? {
        let Some(Message::Chunk(part)) = part.message else { return Err(Error::Damaged) };
        digest.add(&part);
        bytes += part.len() as u64;
        if bytes > payload.bytes {
            return Err(Error::Damaged);
        }
        target.write_all(&part).await?;
    }
    target.flush().await?;
    let is_whole = bytes == payload.bytes && digest.build() == payload.sha256;
    is_whole.then_some(payload).ok_or(Error::Damaged)
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use goalpost_model::{Digest, PayloadId};
    use goalpost_proto::payload_from_model;

    use super::*;

    async fn reading(chunks: &[&str]) -> Result<String, Error> {
        let reference = PayloadReference {
            id: "018f4d3a-0000-7000-8000-000000000001".parse::<PayloadId>().unwrap(),
            bytes: 5,
            sha256: Digest::of(b"hello"),
            content_type: "text/plain".to_owned(),
        };
        let first = Message::Payload(payload_from_model(&reference));
        let chunks = chunks.iter().map(|chunk| Message::Chunk(chunk.as_bytes().to_vec()));
        let parts = std::iter::once(first).chain(chunks);
        let parts = parts.map(|message| Ok(ReadPayloadResponse { message: Some(message) }));
        let mut target = Vec::new();
        read(stream::iter(parts), &mut target).await?;
        Ok(String::from_utf8(target).unwrap())
    }

    #[tokio::test]
    async fn what_is_not_what_was_stored_is_noticed() {
        assert_eq!(reading(&["he", "", "llo"]).await.unwrap(), "hello");
        for wrong in [&["hell"][..], &["hello", "!"], &["jello"], &[]] {
            assert!(matches!(reading(wrong).await, Err(Error::Damaged)), "{wrong:?}");
        }
    }
}
