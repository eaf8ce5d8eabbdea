//! Redis for tests.

use std::ops::{Deref, DerefMut};

use goalpost_local::Redis;
use tempfile::TempDir;

/// A Redis of one test. It ends with this.
pub struct TestRedis {
    redis: Redis,
    _folder: TempDir,
}

/// A Redis with nothing in it.
///
/// # Panics
/// If the machine has no Redis.
pub async fn redis() -> TestRedis {
    let folder = tempfile::Builder::new().prefix("goalpost-test").tempdir().expect("a temporary folder");
    let redis = Redis::start(folder.path()).await.expect("a Redis");
    TestRedis { redis, _folder: folder }
}

impl Deref for TestRedis {
    type Target = Redis;

    fn deref(&self) -> &Redis {
        &self.redis
    }
}

impl DerefMut for TestRedis {
    fn deref_mut(&mut self) -> &mut Redis {
        &mut self.redis
    }
}
