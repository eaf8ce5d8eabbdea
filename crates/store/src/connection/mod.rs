//! Connections of the pool, through which every query goes that needs no session of its own.

mod parameter;
mod pool;
mod send;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use deadpool_postgres::Object;
use tokio_postgres::{Client, IsolationLevel, Statement};

pub(crate) use parameter::{Parameter, Scalar};
pub(crate) use pool::{Fitness, pool};
pub(crate) use send::Queries;
use tokio_postgres::types::Type;

use crate::Error;
use crate::settings::Pooler;

/// What the queries of one store have in common.
#[derive(Clone)]
pub(crate) struct Manner {
    pub(crate) pooler: Pooler,
    pub(crate) fitness: Fitness,
}

/// A connection of the pool.
pub(crate) struct Connection {
    pub(crate) object: Object,
    pub(crate) manner: Arc<Manner>,
}

/// A transaction on a connection of the pool. Rolled back if it is dropped.
pub(crate) struct Transaction<'a> {
    inner: deadpool_postgres::Transaction<'a>,
    manner: Arc<Manner>,
}

impl Connection {
    /// Begins a transaction.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        Ok(Transaction { inner: self.object.transaction().await?, manner: Arc::clone(&self.manner) })
    }

    /// Begins a transaction that reads the database as it is at one moment.
    pub(crate) async fn snapshot(&mut self) -> Result<Transaction<'_>, Error> {
        let level = IsolationLevel::RepeatableRead;
        let begun = self.object.build_transaction().isolation_level(level).read_only(true).start();
        Ok(Transaction { inner: begun.await?, manner: Arc::clone(&self.manner) })
    }
}

impl Transaction<'_> {
    /// What was done is to stay.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        let Self { inner, manner } = self;
        inner.commit().await.map_err(|error| manner.failed(error))
    }
}

impl Queries for Connection {
    fn client(&self) -> &Client {
        &self.object
    }

    fn manner(&self) -> &Manner {
        &self.manner
    }

    async fn prepared(&self, sql: &str, types: &[Type]) -> Result<Statement, tokio_postgres::Error> {
        self.object.prepare_typed_cached(sql, types).await
    }
}

impl Queries for Transaction<'_> {
    fn client(&self) -> &Client {
        self.inner.client()
    }

    fn manner(&self) -> &Manner {
        &self.manner
    }

    async fn prepared(&self, sql: &str, types: &[Type]) -> Result<Statement, tokio_postgres::Error> {
        self.inner.prepare_typed_cached(sql, types).await
    }
}
