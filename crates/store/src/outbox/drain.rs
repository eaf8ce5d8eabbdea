//! Emptying the outbox.

use tokio_postgres::Client;

use crate::Error;

/// Whatever is delivered twice is refused the second time; so these need no flush to disk.
const BEGIN: &str = "BEGIN; SET LOCAL synchronous_commit = off";

/// A queue, not a log: rows are taken by deleting them, in whatever order they became visible.
const DRAIN: &str = "\
    DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1) RETURNING id, list, element";

const DELETE: &str = "DELETE FROM outbox WHERE id = ANY ($1)";

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: i64,
    /// The list.
    pub list: String,
    /// The element.
    pub element: String,
}

impl Delivery {
    /// Reads the payload of a notification: a line each, or `*` for "look yourself". `None`
    /// if the outbox has to be drained.
    pub fn parse(payload: &str) -> Option<Vec<Self>> {
        payload.lines().map(Self::parse_line).collect()
    }

    fn parse_line(line: &str) -> Option<Self> {
        let (id, rest) = line.split_once(' ')?;
        let (list, element) = rest.rsplit_once(' ')?;
        Some(Self { id: id.parse().ok()?, list: list.to_owned(), element: element.to_owned() })
    }
}

/// Takes up to `limit` rows in a transaction that stays open until [`keep_drained`] or
/// [`put_back`] ends it.
pub async fn drain(client: &Client, limit: i64) -> Result<Vec<Delivery>, Error> {
    client.batch_execute(BEGIN).await?;
    let rows = client.query(DRAIN, &[&limit]).await?;
    let mut deliveries: Vec<Delivery> = rows
        .iter()
        .map(|row| Ok(Delivery { id: row.try_get(0)?, list: row.try_get(1)?, element: row.try_get(2)? }))
        .collect::<Result<_, tokio_postgres::Error>>()?;
    deliveries.sort_unstable_by_key(|delivery| delivery.id);
    Ok(deliveries)
}

/// What was drained is where it belongs: its rows go.
pub async fn keep_drained(client: &Client) -> Result<(), Error> {
    Ok(client.batch_execute("COMMIT").await?)
}

/// What was drained was not delivered: its rows stay.
pub async fn put_back(client: &Client) -> Result<(), Error> {
    Ok(client.batch_execute("ROLLBACK").await?)
}

/// Removes rows that were delivered.
pub async fn delete(client: &Client, ids: &[i64]) -> Result<(), Error> {
    client.batch_execute(BEGIN).await?;
    client.execute(DELETE, &[&ids]).await?;
    client.batch_execute("COMMIT").await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_line_by_line() {
        let deliveries = Delivery::parse("7 ready:a.b w:0:1\n8 goals g").unwrap();
        assert_eq!(deliveries[0], Delivery { id: 7, list: "ready:a.b".into(), element: "w:0:1".into() });
        assert_eq!(deliveries[1].id, 8);
    }

    #[test]
    fn what_is_not_carried_must_be_drained() {
        assert_eq!(Delivery::parse("*"), None);
        assert_eq!(Delivery::parse("7 goals g\nnonsense"), None);
    }
}
