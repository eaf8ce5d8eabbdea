//! How statements are sent: the one place that knows whether a session is ours.

use futures::{StreamExt as _, TryStreamExt as _};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row, RowStream, Statement};

use crate::Error;
use crate::connection::Manner;
use crate::connection::parameter::Parameters;
use crate::settings::Pooler;

impl Manner {
    /// The error as the store tells it. A server that does not take writes any more casts doubt on
    /// all connections: they would stay with a primary of old.
    pub(crate) fn failed(&self, error: tokio_postgres::Error) -> Error {
        if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
            self.fitness.doubt();
        }
        error.into()
    }
}

/// What can be asked on a connection and in a transaction.
pub(crate) trait Queries {
    /// The driver's client.
    fn client(&self) -> &Client;

    /// How statements are sent.
    fn manner(&self) -> &Manner;

    /// The statement, prepared once for each session.
    fn prepared(
        &self,
        sql: &str,
        types: &[Type],
    ) -> impl Future<Output = Result<Statement, tokio_postgres::Error>> + Send;

    /// All rows.
    async fn query(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        let collected = async { self.send(sql, parameters).await?.try_collect().await };
        collected.await.map_err(|error| self.manner().failed(error))
    }

    /// All rows of a statement that is rare and large: it is planned for these values and not kept.
    async fn query_once(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        let collected = async { send_once(self.client(), sql, parameters).await?.try_collect().await };
        collected.await.map_err(|error| self.manner().failed(error))
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
        let changed = async {
            let mut rows = std::pin::pin!(self.send(sql, parameters).await?);
            while rows.next().await.transpose()?.is_some() {}
            Ok(rows.rows_affected().unwrap_or_default())
        };
        changed.await.map_err(|error| self.manner().failed(error))
    }

    /// Statements without parameters, separated by semicolons.
    async fn batch(&self, sql: &str) -> Result<(), Error> {
        self.client().batch_execute(sql).await.map_err(|error| self.manner().failed(error))
    }

    /// Prepared where the session stays the same, else in one message that needs no session.
    async fn send(&self, sql: &str, parameters: Parameters<'_>) -> Result<RowStream, tokio_postgres::Error> {
        match self.manner().pooler {
            Pooler::Transaction => send_once(self.client(), sql, parameters).await,
            Pooler::None => {
                let types: Vec<Type> = parameters.iter().map(|parameter| parameter.sql_type()).collect();
                let statement = self.prepared(sql, &types).await?;
                self.client()
                    .query_raw(&statement, parameters.iter().map(|parameter| parameter.value()))
                    .await
            }
        }
    }
}

/// Sends the statement with its types and values at once. It is planned for these values.
async fn send_once(
    client: &Client,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<RowStream, tokio_postgres::Error> {
    let typed = parameters.iter().map(|parameter| (parameter.value(), parameter.sql_type()));
    client.query_typed_raw(sql, typed).await
}
