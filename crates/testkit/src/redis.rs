//! Redis for tests.

use std::ops::{Deref, DerefMut};

use goalpost_local::Redis;
use tempfile::TempDir;

/// A Redis of one test. It ends with this.
pub struct TestRedis {
    redis: Redis,
    folder: TempDir,
}

/// A Redis with nothing in it.
///
/// # Panics
/// If the machine has no Redis.
pub async fn redis() -> TestRedis {
    start(folder()).await
}

/// Another Redis with nothing in it, which those who know the first one's password may use.
///
/// # Panics
/// If the machine has no Redis.
pub async fn redis_in_place_of(first: &TestRedis) -> TestRedis {
    let folder = folder();
    let password = |folder: &TempDir| folder.path().join("password");
    std::fs::copy(password(&first.folder), password(&folder)).expect("a password");
    start(folder).await
}

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("goalpost-test").tempdir().expect("a temporary folder")
}

async fn start(folder: TempDir) -> TestRedis {
    let redis = Redis::start(folder.path()).await.expect("a Redis");
    TestRedis { redis, folder }
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
