//! Protobuf on the wire.
//!
//! tonic's own codec calls a message that cannot be decoded INTERNAL, as if the server had erred.
//! What cannot be decoded is the sender's mistake: garbage, or a payload that is nested deeper than
//! protobuf carries.

use std::marker::PhantomData;

use goalpost_model::limits::MAX_PAYLOAD_DEPTH;
use prost::Message;
use tonic::codec::{DecodeBuf, Decoder};
use tonic::{Code, Status};
use tonic_prost::{ProstCodec, ProstEncoder};
use tonic_types::{ErrorDetails, StatusExt as _};

/// The codec of all services and clients.
pub struct Codec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> tonic::codec::Codec for Codec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = Strict<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::default().encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        Strict(PhantomData)
    }
}

/// Decodes messages; what cannot be decoded is INVALID_ARGUMENT.
pub struct Strict<U>(PhantomData<U>);

impl<U: Message + Default> Decoder for Strict<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        U::decode(buffer).map(Some).map_err(|error| undecodable(&error))
    }
}

fn undecodable(error: &prost::DecodeError) -> Status {
    let description = format!(
        "cannot be decoded ({error}); send protobuf of goalpost.v1 with payloads nested at most {MAX_PAYLOAD_DEPTH} levels deep"
    );
    let message = format!("the message {description}");
    Status::with_error_details(
        Code::InvalidArgument,
        message,
        ErrorDetails::with_bad_request_violation("message", description),
    )
}
