//! What is stored.

use goalpost_model::{Digest, Namespace, PayloadId, PayloadReference};

use super::write::place;
use crate::connection::Queries as _;
use crate::{Error, Store};

const FIND: &str = "\
    SELECT bytes, sha256, content_type FROM payloads \
    WHERE id = $1 AND namespace = $2 AND completed_at IS NOT NULL";

const CHUNK: &str = "SELECT body FROM payload_chunks WHERE payload_id = $1 AND number = $2";

/// The payload, if it is whole and of this namespace.
pub async fn find(
    store: &Store,
    namespace: &Namespace,
    id: PayloadId,
) -> Result<Option<PayloadReference>, Error> {
    let row = store.client().await?.query_opt(FIND, &[&id.0, &namespace.as_str()]).await?;
    let read = |row: tokio_postgres::Row| {
        let bytes = row.try_get::<_, i64>(0)?.try_into();
        let sha256 = row.try_get::<_, &[u8]>(1)?.try_into();
        Ok(PayloadReference {
            id,
            bytes: bytes.map_err(|error| Error::corrupt("the size of a payload", error))?,
            sha256: Digest(sha256.map_err(|error| Error::corrupt("a digest", error))?),
            content_type: row.try_get(2)?,
        })
    };
    row.map(read).transpose()
}

/// The part of a payload with this number; `None` after the last.
pub async fn chunk(store: &Store, id: PayloadId, number: u32) -> Result<Option<Vec<u8>>, Error> {
    let row = store.client().await?.query_opt(CHUNK, &[&id.0, &place(number)]).await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}
