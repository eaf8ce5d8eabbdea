//! The first message of a payload, checked.

use goalpost_model::PayloadReference;
use goalpost_model::limits::MAX_CONTENT_TYPE_BYTES;
use goalpost_proto::Violations;
use goalpost_proto::v1::{
    PayloadHeader, RunningAttempt, WritePayloadRequest, write_payload_request::Message,
};
use goalpost_service::status;
use tonic::{Code, Status};

/// What is to come.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) namespace: String,
    pub(super) content_type: String,
    pub(super) attempt: Option<RunningAttempt>,
}

impl Header {
    /// Reads the first message. Errors name every wrong field.
    pub(super) fn read(first: Option<WritePayloadRequest>, max_bytes: u64) -> Result<Self, Status> {
        let mut violations = Violations::default();
        let Some(Message::Header(header)) = first.and_then(|request| request.message) else {
            violations.add("header", "must be the first message of the stream");
            return Err(status::invalid_argument(violations));
        };
        let PayloadHeader { namespace, content_type, bytes, attempt } = header;
        let is_visible = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        if content_type.len() > MAX_CONTENT_TYPE_BYTES || !content_type.bytes().all(is_visible) {
            violations.add("header.content_type", "must have at most 128 bytes of visible ASCII");
        }
        let bytes = u64::try_from(bytes).unwrap_or_else(|_| {
            violations.add("header.bytes", "must not be negative");
            0
        });
        if !violations.is_empty() {
            return Err(status::invalid_argument(violations));
        }
        if bytes > max_bytes {
            return Err(too_large(&bytes.to_string(), max_bytes));
        }
        let content_type = match content_type.is_empty() {
            true => PayloadReference::CONTENT_TYPE.to_owned(),
            false => content_type,
        };
        Ok(Self { namespace, content_type, attempt })
    }
}

pub(super) fn too_large(bytes: &str, max_bytes: u64) -> Status {
    let message =
        format!("the payload has {bytes} bytes; {max_bytes} are allowed (--max-stored-payload-bytes)");
    status::with_reason(Code::InvalidArgument, "PAYLOAD_TOO_LARGE", message)
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;

    fn read(header: PayloadHeader) -> Result<Header, Status> {
        Header::read(Some(WritePayloadRequest { message: Some(Message::Header(header)) }), 100)
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = PayloadHeader { content_type: "ä".to_owned(), bytes: -1, ..PayloadHeader::default() };
        let details = read(wrong).unwrap_err().get_details_bad_request().unwrap();
        let fields: Vec<String> =
            details.field_violations.into_iter().map(|violation| violation.field).collect();
        assert_eq!(fields, ["header.content_type", "header.bytes"]);
        assert_eq!(Header::read(None, 100).unwrap_err().code(), Code::InvalidArgument);
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_comes() {
        assert!(read(PayloadHeader { bytes: 100, ..PayloadHeader::default() }).is_ok());
        let refused = read(PayloadHeader { bytes: 101, ..PayloadHeader::default() }).unwrap_err();
        assert_eq!(refused.get_details_error_info().unwrap().reason, "PAYLOAD_TOO_LARGE");
        assert!(refused.message().contains("101 bytes; 100 are allowed"), "{}", refused.message());
    }
}
