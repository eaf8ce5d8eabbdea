//! Emptying the outbox.

use tokio_postgres::{Client, Row, Statement, Transaction};

use crate::outbox::Delivery;
use crate::store::BY_KEY;
use crate::{Error, Store};

/// Whatever is delivered twice is refused the second time, so no delete has to reach the disk.
const LAZY: &str = "SET synchronous_commit = off";

/// A queue, not a log: rows are taken by deleting them, in whatever order they became visible. Rows
/// that somebody else is deleting are waited for and do not count, so that fewer rows than
/// asked for mean that there are no more. As an array, so that they are chosen once.
const DRAIN: &str = "\
    DELETE FROM outbox WHERE id = ANY (ARRAY( \
        SELECT id FROM outbox ORDER BY id LIMIT $1 FOR UPDATE)) \
    RETURNING id, list, lane, element";

const WAITING: &str = "SELECT id, list, lane, element FROM outbox ORDER BY id LIMIT $1";

const DELETE: &str = "DELETE FROM outbox WHERE id = ANY ($1)";

/// The outbox, seen through a connection outside the pool.
pub struct Outbox {
    client: Client,
    drain: Statement,
    delete: Statement,
}

impl Outbox {
    /// Connects.
    pub async fn open(store: &Store) -> Result<Self, Error> {
        let (client, connection) = store.dedicated().await?;
        tokio::spawn(connection);
        client.batch_execute(LAZY).await?;
        client.batch_execute(BY_KEY).await?;
        let (drain, delete) = (client.prepare(DRAIN).await?, client.prepare(DELETE).await?);
        Ok(Self { client, drain, delete })
    }

    /// The connection, to read the state through.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Up to `limit` rows that wait, in the order of their ids.
    pub async fn waiting(&self, limit: i64) -> Result<Vec<Delivery>, Error> {
        let rows = self.client.query(WAITING, &[&limit]).await?;
        Ok(rows.iter().map(delivery).collect::<Result<_, tokio_postgres::Error>>()?)
    }

    /// Takes up to `limit` rows, in the order of their ids; fewer only if there are no more.
    pub async fn drain(&mut self, limit: i64) -> Result<Drained<'_>, Error> {
        let transaction = self.client.transaction().await?;
        let rows = transaction.query(&self.drain, &[&limit]).await?;
        let mut deliveries = rows.iter().map(delivery).collect::<Result<Vec<_>, tokio_postgres::Error>>()?;
        deliveries.sort_unstable_by_key(|delivery| delivery.id);
        Ok(Drained { transaction, deliveries })
    }

    /// Removes rows that were delivered.
    pub async fn delete(&self, ids: &[i64]) -> Result<(), Error> {
        self.client.execute(&self.delete, &[&ids]).await?;
        Ok(())
    }
}

fn delivery(row: &Row) -> Result<Delivery, tokio_postgres::Error> {
    let (id, list, lane, element) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    Ok(Delivery { id, list, lane, element })
}

/// Rows in a transaction that is still open. They stay in the outbox if this is dropped.
#[must_use]
pub struct Drained<'a> {
    transaction: Transaction<'a>,
    /// The rows.
    pub deliveries: Vec<Delivery>,
}

impl Drained<'_> {
    /// They are where they belong: their rows go.
    pub async fn keep(self) -> Result<(), Error> {
        Ok(self.transaction.commit().await?)
    }

    /// They were not delivered: their rows stay.
    pub async fn put_back(self) -> Result<(), Error> {
        Ok(self.transaction.rollback().await?)
    }
}
