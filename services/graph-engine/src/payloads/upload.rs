//! A payload on its way into the store.

use std::time::Duration;

use goalpost_model::limits::PAYLOAD_CHUNK_BYTES;
use goalpost_model::{DigestBuilder, PayloadId, PayloadReference};
use goalpost_proto::Violations;
use goalpost_proto::v1::{PayloadEnd, WritePayloadRequest, write_payload_request::Message};
use goalpost_service::{describe, status};
use goalpost_store::Store;
use goalpost_store::payloads::{self, Complete, NewPayload};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, Streaming};
use uuid::Uuid;

use super::Owner;
use super::header::{Header, too_large};

/// Bytes of one message at most.
const MAX_PART_BYTES: usize = 1 << 20;
/// How long the next part may take to come.
const NEXT_WITHIN: Duration = Duration::from_secs(30);
/// How long all of it may take. Well below the time after which retention takes it for broken.
const ALL_WITHIN: Duration = Duration::from_secs(3_600);

/// The next message.
pub(super) async fn next(
    parts: &mut Streaming<WritePayloadRequest>,
) -> Result<Option<WritePayloadRequest>, Status> {
    let next = timeout(NEXT_WITHIN, parts.message()).await;
    next.unwrap_or_else(|_| {
        Err(Status::deadline_exceeded("the next part of the payload did not come in time"))
    })
}

pub(super) struct Upload {
    store: Store,
    id: PayloadId,
    max_bytes: u64,
    /// What is not yet stored.
    rest: Vec<u8>,
    /// Parts that are stored.
    stored: u32,
    bytes: u64,
    digest: DigestBuilder,
}

impl Upload {
    pub(super) async fn begin(
        store: &Store,
        header: &Header,
        owner: &Owner,
        max_bytes: u64,
    ) -> Result<Self, Status> {
        let id = PayloadId(Uuid::now_v7());
        let (namespace, content_type) = (owner.namespace.clone(), header.content_type.clone());
        let new = NewPayload { id, namespace, content_type };
        payloads::begin(store, &new).await.map_err(|error| status::store(&error))?;
        let (store, rest, digest) = (store.clone(), Vec::new(), DigestBuilder::default());
        Ok(Self { store, id, max_bytes, rest, stored: 0, bytes: 0, digest })
    }

    /// Takes all that comes; nothing stays of a payload that breaks off.
    pub(super) async fn take(
        mut self,
        parts: Streaming<WritePayloadRequest>,
        header: Header,
        owner: Owner,
        cut: CancellationToken,
    ) -> Result<PayloadReference, Status> {
        let taking = timeout(ALL_WITHIN, self.take_all(parts, &header, &owner));
        let taken = match cut.run_until_cancelled(taking).await {
            Some(Ok(taken)) => taken,
            Some(Err(_)) => Err(Status::deadline_exceeded("the payload took too long")),
            None => Err(status::with_reason(Code::Unavailable, "UNAVAILABLE", "the engine stops")),
        };
        if taken.is_err()
            && let Err(error) = payloads::abandon(&self.store, self.id).await
        {
            tracing::debug!(error = describe(&error), "a broken payload is removed later");
        }
        taken
    }

    async fn take_all(
        &mut self,
        mut parts: Streaming<WritePayloadRequest>,
        header: &Header,
        owner: &Owner,
    ) -> Result<PayloadReference, Status> {
        let end = loop {
            match next(&mut parts).await?.and_then(|part| part.message) {
                Some(Message::Chunk(part)) if part.len() <= MAX_PART_BYTES => self.push(&part).await?,
                Some(Message::End(end)) => break end,
                // A caller that hangs up looks like one that has nothing more to say.
                None => return Err(broken_off()),
                Some(Message::Chunk(_) | Message::Header(_)) => return Err(no_part()),
            }
        };
        self.store_rest().await?;
        let (bytes, sha256) = (self.bytes, std::mem::take(&mut self.digest).build());
        let PayloadEnd { bytes: sent, sha256: digest } = end;
        if u64::try_from(sent) != Ok(bytes) || !(digest.is_empty() || digest == sha256.to_string()) {
            let message = format!("other bytes arrived than were sent: {bytes} with the digest {sha256}");
            return Err(status::with_reason(Code::DataLoss, "PAYLOAD_DAMAGED", message));
        }
        let whole = Complete { id: self.id, bytes, sha256, workflow: owner.workflow };
        let is_whole =
            payloads::complete(&self.store, &whole).await.map_err(|error| status::store(&error))?;
        if !is_whole {
            let message = "parts of the payload were removed meanwhile; write it again";
            return Err(status::with_reason(Code::Aborted, "PAYLOAD_REMOVED", message));
        }
        Ok(PayloadReference { id: self.id, bytes, sha256, content_type: header.content_type.clone() })
    }

    async fn push(&mut self, mut part: &[u8]) -> Result<(), Status> {
        self.bytes += part.len() as u64;
        if self.bytes > self.max_bytes {
            return Err(too_large(&format!("more than {}", self.max_bytes), self.max_bytes));
        }
        self.digest.add(part);
        // Parts are stored in one size, however small they come.
        while !part.is_empty() {
            let (fitting, after) = part.split_at(part.len().min(PAYLOAD_CHUNK_BYTES - self.rest.len()));
            self.rest.extend_from_slice(fitting);
            part = after;
            if self.rest.len() == PAYLOAD_CHUNK_BYTES {
                self.store_rest().await?;
            }
        }
        Ok(())
    }

    async fn store_rest(&mut self) -> Result<(), Status> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let stored = payloads::append(&self.store, self.id, self.stored, &self.rest).await;
        stored.map_err(|error| status::store(&error))?;
        self.rest.clear();
        self.stored += 1;
        Ok(())
    }
}

fn broken_off() -> Status {
    let message = "the payload broke off: its last message must be its end";
    status::with_reason(Code::Cancelled, "PAYLOAD_BROKEN_OFF", message)
}

fn no_part() -> Status {
    let mut violations = Violations::default();
    violations.add("chunk", format!("must follow the header, with at most {MAX_PART_BYTES} bytes"));
    status::invalid_argument(violations)
}
