//! Connections of the pool, through which every query goes that needs no session of its own.

mod parameter;
mod pool;
mod statements;

use std::sync::Arc;

use deadpool::managed::Object;
use futures::{StreamExt as _, TryStreamExt as _};
use tokio_postgres::{Client, IsolationLevel, Row, RowStream};

pub(crate) use parameter::{Parameter, Parameters, Scalar};
pub(crate) use pool::{Manager, pool};
use statements::{Statements, send_once};

use crate::Error;

/// A connection of the pool.
pub(crate) struct Connection(pub(crate) Object<Manager>);

/// A transaction on a connection of the pool. Rolled back if it is dropped.
pub(crate) struct Transaction<'a> {
    inner: tokio_postgres::Transaction<'a>,
    statements: Arc<Statements>,
}

impl Connection {
    /// Begins a transaction.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        let statements = Arc::clone(&self.0.statements);
        Ok(Transaction { inner: self.0.client.transaction().await?, statements })
    }

    /// Begins a transaction that reads the database as it is at one moment.
    pub(crate) async fn snapshot(&mut self) -> Result<Transaction<'_>, Error> {
        let statements = Arc::clone(&self.0.statements);
        let level = IsolationLevel::RepeatableRead;
        let begun = self.0.client.build_transaction().isolation_level(level).read_only(true).start();
        Ok(Transaction { inner: begun.await?, statements })
    }
}

impl Transaction<'_> {
    /// What was done is to stay.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        let Self { inner, statements } = self;
        inner.commit().await.map_err(|error| statements.failed(error))
    }
}

/// What can be asked on a connection and in a transaction.
pub(crate) trait Queries {
    /// The driver's client, and how statements are sent on it.
    fn parts(&self) -> (&Client, &Statements);

    /// All rows.
    async fn query(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        let (client, statements) = self.parts();
        collect(statements.send(client, sql, parameters).await, statements).await
    }

    /// All rows of a statement that is rare and large: it is planned for these values and not kept.
    async fn query_once(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        let (client, statements) = self.parts();
        collect(send_once(client, sql, parameters).await, statements).await
    }

    /// The first row, if there is one.
    async fn query_opt(&self, sql: &str, parameters: Parameters<'_>) -> Result<Option<Row>, Error> {
        Ok(self.query(sql, parameters).await?.into_iter().next())
    }

    /// The first row of a statement that always has one.
    async fn query_one(&self, sql: &str, parameters: Parameters<'_>) -> Result<Row, Error> {
        let row = self.query_opt(sql, parameters).await?;
        row.ok_or_else(|| Error::corrupt("an answer", "it has no row"))
    }

    /// How many rows were changed.
    async fn execute(&self, sql: &str, parameters: Parameters<'_>) -> Result<u64, Error> {
        let (client, statements) = self.parts();
        let changed = async {
            let mut rows = std::pin::pin!(statements.send(client, sql, parameters).await?);
            while rows.next().await.transpose()?.is_some() {}
            Ok(rows.rows_affected().unwrap_or_default())
        };
        changed.await.map_err(|error| statements.failed(error))
    }

    /// Statements without parameters, separated by semicolons.
    async fn batch(&self, sql: &str) -> Result<(), Error> {
        let (client, statements) = self.parts();
        client.batch_execute(sql).await.map_err(|error| statements.failed(error))
    }
}

impl Queries for Connection {
    fn parts(&self) -> (&Client, &Statements) {
        (&self.0.client, &self.0.statements)
    }
}

impl Queries for Transaction<'_> {
    fn parts(&self) -> (&Client, &Statements) {
        (self.inner.client(), &self.statements)
    }
}

async fn collect(
    rows: Result<RowStream, tokio_postgres::Error>,
    statements: &Statements,
) -> Result<Vec<Row>, Error> {
    let collected = async { rows?.try_collect().await };
    collected.await.map_err(|error| statements.failed(error))
}
