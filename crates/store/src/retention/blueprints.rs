//! Blueprints that nobody uses any more.

use std::time::Duration;

use crate::connection::Queries as _;
use crate::{Error, Store};

/// A goal or workflow that is kept is either younger than `age`, and then its blueprint was used since
/// (to the day), or still runs.
const FORGET: &str = "\
    DELETE FROM blueprints b WHERE b.used_at < now() - make_interval(secs => $1) - interval '1 day' \
      AND NOT EXISTS (SELECT FROM goals g WHERE g.id < uuid_at(now() - make_interval(secs => $1)) \
                      AND g.blueprint_digest = b.digest) \
      AND NOT EXISTS (SELECT FROM workflows w WHERE w.id < uuid_at(now() - make_interval(secs => $1)) \
                      AND w.blueprint_digest = b.digest)";

/// Forgets blueprints that nothing which is kept for `age` has used. Answers with how many.
pub async fn forget_blueprints(store: &Store, age: Duration) -> Result<u64, Error> {
    store.client().await?.execute(FORGET, &[&age.as_secs_f64()]).await
}
