//! A payload on its way out of the store.

use std::time::Duration;

use goalpost_model::{DigestBuilder, PayloadReference};
use goalpost_proto::payload_from_model;
use goalpost_proto::v1::{ReadPayloadResponse, read_payload_response::Message};
use goalpost_service::status;
use goalpost_store::Store;
use goalpost_store::payloads;
use tokio::sync::mpsc;
use tonic::{Code, Status};

/// How long whoever reads may leave a part where it is.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Parts that wait to be sent.
const ROOM: usize = 1;

type Sender = mpsc::Sender<Result<ReadPayloadResponse, Status>>;

pub(super) fn channel() -> (Sender, mpsc::Receiver<Result<ReadPayloadResponse, Status>>) {
    mpsc::channel(ROOM)
}

/// Sends the payload, part by part, as fast as they are taken.
pub(super) async fn give(store: &Store, payload: PayloadReference, sender: Sender) {
    if let Err(Some(failed)) = give_all(store, &payload, &sender).await {
        // Only for those who are still there.
        let _ = sender.send_timeout(Err(failed), TAKEN_WITHIN).await;
    }
}

/// Fails without a word if nobody takes it any more.
async fn give_all(store: &Store, payload: &PayloadReference, sender: &Sender) -> Result<(), Option<Status>> {
    send(sender, Message::Payload(payload_from_model(payload))).await?;
    let (mut digest, mut bytes) = (DigestBuilder::default(), 0_u64);
    for number in 0_u32.. {
        let part = payloads::chunk(store, payload.id, number).await;
        let Some(part) = part.map_err(|error| Some(status::store(&error)))? else { break };
        digest.add(&part);
        bytes += part.len() as u64;
        send(sender, Message::Chunk(part)).await?;
    }
    if bytes != payload.bytes || digest.build() != payload.sha256 {
        let message = format!("payload {} is not what was stored, or was removed meanwhile", payload.id);
        tracing::error!(%payload.id, "a payload is not what was stored");
        return Err(Some(status::with_reason(Code::DataLoss, "PAYLOAD_DAMAGED", message)));
    }
    Ok(())
}

async fn send(sender: &Sender, message: Message) -> Result<(), Option<Status>> {
    let part = Ok(ReadPayloadResponse { message: Some(message) });
    sender.send_timeout(part, TAKEN_WITHIN).await.map_err(|_| None)
}
