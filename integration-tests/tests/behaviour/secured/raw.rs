//! Calls by their names, with bytes for messages.

use bytes::{Buf as _, BufMut as _};
use goalpost_peers::{Addresses, Channel, Credentials};
use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Status};

/// What comes first of the answer, whatever kind of call it is. The stream of the caller stays open.
pub(super) async fn call(
    address: &str,
    credentials: &Credentials,
    rpc: &str,
    message: Vec<u8>,
) -> Result<Option<Vec<u8>>, Status> {
    let channel = Channel::new(&address.parse::<Addresses>().unwrap(), credentials);
    let mut grpc = Grpc::new(channel);
    let messages = tokio_stream::iter([message]);
    let path = PathAndQuery::try_from(rpc).unwrap();
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    grpc.streaming(Request::new(messages), path, Bytes).await?.into_inner().message().await
}

#[derive(Clone, Copy, Default)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}
