//! Stored payloads: values that are too large for a goal's input or result.

use std::io::Cursor;
use std::sync::Arc;

use goalpost_model::PayloadReference;
use goalpost_payloads::{Outgoing, header_of};
use goalpost_proto::v1::{PayloadHeader, ReadPayloadRequest};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tonic::Status;

use crate::{Client, Error, retry};

impl Client {
    /// Stores bytes for a namespace (empty: `default`), and answers with what stands for them in the inputs of its
    /// goals. Bytes that no goal refers to are kept as long as the history of a goal that was submitted now.
    pub async fn write_payload(
        &self,
        namespace: &str,
        content_type: &str,
        bytes: impl Into<Vec<u8>>,
    ) -> Result<PayloadReference, Error> {
        let (bytes, begun) = (Arc::<[u8]>::from(bytes.into()), Instant::now());
        let header = PayloadHeader { namespace: namespace.to_owned(), ..header_of(content_type, &bytes) };
        loop {
            let source = Cursor::new(Arc::clone(&bytes));
            match self.send(header.clone(), source).await {
                Err(goalpost_payloads::Error::Refused(status)) if self.may_repeat(&status, begun) => {
                    tokio::time::sleep(retry::hint(&status).unwrap_or(retry::FIRST_PAUSE)).await;
                }
                sent => return sent.map_err(|error| self.moved(error)),
            }
        }
    }

    /// The same with bytes that come one after the other, so that they need not be in memory. If their source or
    /// the service fails nothing is stored, and nothing is tried again.
    pub async fn write_payload_from(
        &self,
        namespace: &str,
        content_type: &str,
        source: impl AsyncRead + Send + 'static,
    ) -> Result<PayloadReference, Error> {
        let header = PayloadHeader {
            namespace: namespace.to_owned(),
            content_type: content_type.to_owned(),
            ..PayloadHeader::default()
        };
        self.send(header, source).await.map_err(|error| self.moved(error))
    }

    /// The bytes of a payload of the namespace.
    pub async fn read_payload(&self, namespace: &str, id: &str) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.read_payload_into(namespace, id, &mut bytes).await?;
        Ok(bytes)
    }

    /// The same into a target, so that they need not be in memory. After an error the target has some of them.
    pub async fn read_payload_into(
        &self,
        namespace: &str,
        id: &str,
        target: &mut (impl AsyncWrite + Unpin),
    ) -> Result<PayloadReference, Error> {
        let (id, namespace) = (id.to_owned(), namespace.to_owned());
        let request = ReadPayloadRequest { id, namespace, attempt: None };
        let parts =
            self.repeat(request, |mut group, request| async move { group.read_payload(request).await });
        goalpost_payloads::read(parts.await?, target).await.map_err(|error| self.moved(error))
    }

    async fn send(
        &self,
        header: PayloadHeader,
        source: impl AsyncRead + Send + 'static,
    ) -> Result<PayloadReference, goalpost_payloads::Error> {
        let mut group = self.raw();
        let call = |parts: Outgoing| async move { group.write_payload(parts).await };
        goalpost_payloads::write(header, source, None, call).await
    }

    fn may_repeat(&self, status: &Status, begun: Instant) -> bool {
        retry::may_pass(status) && begun.elapsed() < self.patience
    }

    fn moved(&self, error: goalpost_payloads::Error) -> Error {
        match error {
            goalpost_payloads::Error::Bytes(error) => Error::Bytes(error),
            goalpost_payloads::Error::Damaged => Error::Damaged,
            goalpost_payloads::Error::Refused(status) => self.error(*status),
        }
    }
}
