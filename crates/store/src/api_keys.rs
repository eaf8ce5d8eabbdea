//! API keys: who has one, and what it lets them do. Of the key itself only the hash is stored.

use goalpost_model::Namespace;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::{Error, Store};

const OF_KEY: &str = "id, name, grants, created_by, created_at, expires_at, revoked_at";

/// A key as it is stored.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// Its id.
    pub id: Uuid,
    /// Who has it.
    pub name: String,
    /// What it lets them do, each as `goalpost-access` writes it.
    pub grants: Vec<String>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// After this it opens nothing; `None`: it does not expire.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl StoredKey {
    /// Whether its time is over.
    pub fn is_expired(&self) -> bool {
        self.expires_at.is_some_and(|end| end <= Timestamp::now())
    }
}

/// A key that is to be stored.
#[derive(Debug)]
pub struct NewKey<'a> {
    /// Its id.
    pub id: Uuid,
    /// Who has it.
    pub name: &'a str,
    /// Its hash.
    pub hash: &'a [u8],
    /// What it lets them do.
    pub grants: Vec<String>,
    /// Who makes it.
    pub created_by: &'a str,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// The key with this hash, unless it was revoked.
pub async fn find(store: &Store, hash: &[u8]) -> Result<Option<StoredKey>, Error> {
    let sql = format!("SELECT {OF_KEY} FROM api_keys WHERE hash = $1 AND revoked_at IS NULL");
    store.client().await?.query_opt(&sql, &[&hash]).await?.as_ref().map(key).transpose()
}

/// Stores the key; `None` if the name is somebody's whose key is in use.
pub async fn insert(store: &Store, new: &NewKey<'_>) -> Result<Option<StoredKey>, Error> {
    let sql = format!(
        "INSERT INTO api_keys (id, name, hash, grants, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING RETURNING {OF_KEY}"
    );
    let NewKey { id, name, hash, grants, created_by, expires_at } = new;
    let client = store.client().await?;
    let row = client.query_opt(&sql, &[id, name, hash, grants, created_by, expires_at]).await?;
    row.as_ref().map(key).transpose()
}

/// Keys by their ids, those that were revoked included, after `after`; `among`: those that hold in one of these
/// namespaces alone.
pub async fn list(
    store: &Store,
    among: Option<&[Namespace]>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<StoredKey>, Error> {
    let sql = format!(
        "SELECT {OF_KEY} FROM api_keys WHERE id > $1 AND ($4 OR NOT EXISTS ( \
             SELECT FROM unnest(grants) AS g WHERE split_part(g, '@', 2) <> ALL ($2))) \
         ORDER BY id LIMIT $3"
    );
    let named: Vec<&str> = among.unwrap_or_default().iter().map(Namespace::as_str).collect();
    let client = store.client().await?;
    let rows = client.query(&sql, &[&after.unwrap_or_default(), &named, &limit, &among.is_none()]).await?;
    rows.iter().map(key).collect()
}

/// One key.
pub async fn get(store: &Store, id: Uuid) -> Result<Option<StoredKey>, Error> {
    let sql = format!("SELECT {OF_KEY} FROM api_keys WHERE id = $1");
    store.client().await?.query_opt(&sql, &[&id]).await?.as_ref().map(key).transpose()
}

/// From now on the key opens nothing. `None` if there is no such key; one that was revoked before stays as it is.
pub async fn revoke(store: &Store, id: Uuid, by: &str) -> Result<Option<StoredKey>, Error> {
    let sql = format!(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()), revoked_by = coalesce(revoked_by, $2) \
         WHERE id = $1 RETURNING {OF_KEY}"
    );
    store.client().await?.query_opt(&sql, &[&id, &by]).await?.as_ref().map(key).transpose()
}

fn key(row: &Row) -> Result<StoredKey, Error> {
    Ok(StoredKey {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        grants: row.try_get("grants")?,
        created_by: row.try_get("created_by")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}
