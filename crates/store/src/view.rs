//! What somebody may see of what is stored, as PostgreSQL itself sees to it.

use std::sync::Arc;

use goalpost_model::Namespace;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Statement};

use crate::Error;
use crate::connection::{Connection, Manner, Queries, Transaction};

/// Everything, or what belongs to some namespaces. Cheap to clone.
///
/// What reads through a view of some namespaces does so as the role `goalpost_tenant`, which row-level security lets see
/// the rows of these alone: whatever a statement forgets, it finds nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View(Option<Arc<str>>);

impl View {
    /// All namespaces: for the system itself, and for those who have a role everywhere.
    pub fn everything() -> Self {
        Self(None)
    }

    /// These namespaces alone.
    pub fn among(namespaces: impl IntoIterator<Item = Namespace>) -> Self {
        let names: Vec<String> = namespaces.into_iter().map(|namespace| namespace.to_string()).collect();
        // No name has a comma.
        Self(Some(names.join(",").into()))
    }

    /// Whether it shows what belongs to the namespace.
    pub fn shows(&self, namespace: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.split(',').any(|name| name == namespace))
    }

    /// Whether it hides nothing.
    pub fn is_everything(&self) -> bool {
        self.0.is_none()
    }
}

/// A connection on which only what a view shows can be read.
pub(crate) enum Reading<'a> {
    Everything(&'a Connection),
    Some(Transaction<'a>),
}

impl Connection {
    /// Reads through the view.
    pub(crate) async fn through(&mut self, view: &View) -> Result<Reading<'_>, Error> {
        let View(Some(namespaces)) = view else { return Ok(Reading::Everything(self)) };
        let transaction = self.snapshot().await?;
        transaction.query("SELECT set_config('goalpost.namespaces', $1, true)", &[&&**namespaces]).await?;
        transaction.batch("SET LOCAL ROLE goalpost_tenant").await?;
        Ok(Reading::Some(transaction))
    }
}

impl Queries for Reading<'_> {
    fn client(&self) -> &Client {
        match self {
            Self::Everything(connection) => connection.client(),
            Self::Some(transaction) => transaction.client(),
        }
    }

    fn manner(&self) -> &Manner {
        match self {
            Self::Everything(connection) => connection.manner(),
            Self::Some(transaction) => transaction.manner(),
        }
    }

    async fn prepared(&self, sql: &str, types: &[Type]) -> Result<Statement, tokio_postgres::Error> {
        match self {
            Self::Everything(connection) => connection.prepared(sql, types).await,
            Self::Some(transaction) => transaction.prepared(sql, types).await,
        }
    }
}
