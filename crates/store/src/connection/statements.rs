//! How statements are sent: the one place that knows whether a session is ours.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, RowStream, Statement};

use crate::Error;
use crate::connection::parameter::Parameters;
use crate::settings::Pooler;

/// How statements are sent on one connection.
pub(crate) struct Statements {
    pooler: Pooler,
    prepared: Mutex<HashMap<String, Statement>>,
    unfit: AtomicBool,
}

impl Statements {
    pub(crate) fn new(pooler: Pooler) -> Self {
        Self { pooler, prepared: Mutex::default(), unfit: AtomicBool::new(false) }
    }

    /// Sends the statement: prepared once where the session stays the same, else in one message
    /// that needs no session.
    pub(crate) async fn send(
        &self,
        client: &Client,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<RowStream, tokio_postgres::Error> {
        match self.pooler {
            Pooler::Transaction => send_once(client, sql, parameters).await,
            Pooler::None => {
                let statement = self.prepare(client, sql, parameters).await?;
                client.query_raw(&statement, parameters.iter().map(|parameter| parameter.value())).await
            }
        }
    }

    async fn prepare(
        &self,
        client: &Client,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<Statement, tokio_postgres::Error> {
        let known = self.lock().get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let types: Vec<Type> = parameters.iter().map(|parameter| parameter.sql_type()).collect();
        let statement = client.prepare_typed(sql, &types).await?;
        self.lock().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// The error as the store tells it. A server that does not take writes any more makes the
    /// connection unfit: it would stay connected to a primary of old.
    pub(crate) fn failed(&self, error: tokio_postgres::Error) -> Error {
        if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
            self.unfit.store(true, Ordering::Relaxed);
        }
        error.into()
    }

    /// Whether the connection may be used again.
    pub(crate) fn is_fit(&self) -> bool {
        !self.unfit.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Statement>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends the statement with its types and values at once. It is planned for these values.
pub(crate) async fn send_once(
    client: &Client,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<RowStream, tokio_postgres::Error> {
    let typed = parameters.iter().map(|parameter| (parameter.value(), parameter.sql_type()));
    client.query_typed_raw(sql, typed).await
}
