//! The partitions of the events.

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::error::SqlState;

use crate::connection::Queries as _;
use crate::{Error, Store};

/// Partitions made before their time comes: so many may the service be away.
pub(crate) const AHEAD: i32 = 4;

const CREATE: &str = "SELECT create_event_partitions(make_interval(secs => $1), $2)";

const BEFORE: &str = "\
    SELECT name, from_at, to_at FROM event_partitions \
    WHERE to_at <= now() - make_interval(secs => $1) ORDER BY from_at";

const DROP: &str = "SELECT drop_event_partition($1)";

/// When the next partition has to be made, or can be expired.
const NEXT_DUE: &str = "\
    SELECT extract(epoch FROM least( \
        (SELECT max(to_at) FROM event_partitions) - make_interval(secs => $1) * $2, \
        (SELECT min(to_at) FROM event_partitions WHERE to_at > now() - make_interval(secs => $3)) \
            + make_interval(secs => $3) \
    ) - clock_timestamp())::float8";

/// A partition: the histories whose ids are of its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The table.
    pub name: String,
    /// The first moment.
    pub from_at: Timestamp,
    /// The first moment after it.
    pub to_at: Timestamp,
}

/// Makes the partitions that the near future needs.
pub async fn create_partitions(store: &Store, width: Duration) -> Result<(), Error> {
    store.client().await?.execute(CREATE, &[&width.as_secs_f64(), &AHEAD]).await?;
    Ok(())
}

/// Those that ended at least `age` ago, the oldest first.
pub async fn partitions_before(store: &Store, age: Duration) -> Result<Vec<Partition>, Error> {
    let rows = store.client().await?.query(BEFORE, &[&age.as_secs_f64()]).await?;
    rows.iter()
        .map(|row| Ok(Partition { name: row.try_get(0)?, from_at: row.try_get(1)?, to_at: row.try_get(2)? }))
        .collect()
}

/// Drops the partition. False if a history of its time is still there.
pub async fn drop_partition(store: &Store, partition: &Partition) -> Result<bool, Error> {
    match store.client().await?.query_one(DROP, &[&partition.name]).await {
        Ok(_) => Ok(true),
        Err(Error::Statement(error)) if error.code() == Some(&SqlState::OBJECT_IN_USE) => Ok(false),
        Err(error) => Err(error),
    }
}

/// How long it is until a partition has to be made, or is old enough to be expired. `age` of `None`
/// keeps all.
pub async fn next_due(store: &Store, width: Duration, age: Option<Duration>) -> Result<Duration, Error> {
    let age = age.map(|age| age.as_secs_f64());
    let ahead = f64::from(AHEAD) / 2.0;
    let row = store.client().await?.query_one(NEXT_DUE, &[&width.as_secs_f64(), &ahead, &age]).await?;
    let seconds: Option<f64> = row.try_get(0)?;
    Ok(Duration::try_from_secs_f64(seconds.unwrap_or_default().max(0.0)).unwrap_or(width))
}
