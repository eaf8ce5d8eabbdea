//! Connections to PostgreSQL and Redis that are secured.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;

use goalpost_queue::Queue;
use goalpost_service::args::{PostgresArgs, RedisArgs};
use goalpost_testkit::{own_postgres, redis};
use goalpost_tls::Identity;
use tempfile::TempDir;

use super::certificates::Authority;
use crate::cluster::free_port;

/// A folder with an authority, another one, and the certificate of a store.
fn certificates(store: &str) -> (TempDir, [Authority; 2], Identity) {
    let folder = crate::harness::folder();
    let [ours, others] = ["ca", "other"].map(|name| Authority::new(folder.path(), name));
    let identity = ours.service(store);
    (folder, [ours, others], identity)
}

/// The store may read its key, and nobody else.
fn give(path: &Path, owner: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    chown(path, Some(owner), None).unwrap();
}

#[tokio::test]
async fn postgres_is_believed_if_its_certificate_is() {
    let (postgres, data) = own_postgres().await;
    let (_folder, [ours, others], Identity { certificate, key }) = certificates("postgres");
    let owner = std::fs::metadata(data.path().join("data")).unwrap().uid();
    give(&key, owner);
    let url = postgres.url("goalpost").replace("127.0.0.1", "localhost");
    let args = |url: &str, authority: Option<&Authority>| {
        let mut args = PostgresArgs::direct(url, 1);
        args.pooling.database_ca = authority.map(Authority::certificate);
        args.store().unwrap()
    };
    // It has no certificate yet.
    assert!(args(&url, Some(&ours)).ping().await.is_err());
    let plain = args(&url, None);
    plain.ping().await.unwrap();
    let settings = format!(
        "ALTER SYSTEM SET ssl_cert_file = '{}'; ALTER SYSTEM SET ssl_key_file = '{}'; ALTER SYSTEM SET ssl = on; \
         SELECT pg_reload_conf()",
        certificate.display(),
        key.display()
    );
    let (sql, connection) = plain.dedicated().await.unwrap();
    tokio::spawn(connection);
    for setting in settings.split("; ") {
        sql.batch_execute(setting).await.unwrap();
    }
    let secured = goalpost_testkit::wait_for("a secured connection", async || {
        let secured = args(&url, Some(&ours));
        secured.ping().await.ok().map(|()| secured)
    })
    .await;
    let (session, connection) = secured.dedicated().await.unwrap();
    tokio::spawn(connection);
    let is_secured = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(session.query_one(is_secured, &[]).await.unwrap().get::<_, bool>(0));
    assert!(args(&url, Some(&others)).ping().await.is_err(), "another authority's");
    // The system's authorities do not know it.
    assert!(args(&format!("{url}?sslmode=require"), None).ping().await.is_err());
    // It is one for localhost, and for nobody else.
    assert!(args(&postgres.url("goalpost"), Some(&ours)).ping().await.is_err(), "another name's");
}

#[tokio::test]
async fn redis_is_believed_if_its_certificate_is() {
    let redis = redis().await;
    let (_folder, [ours, others], Identity { certificate, key }) = certificates("redis");
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let port = free_port();
    redis::cmd("CONFIG")
        .arg("SET")
        .arg(&["tls-cert-file", certificate.to_str().unwrap(), "tls-key-file", key.to_str().unwrap()])
        .arg(&["tls-auth-clients", "no", "tls-port", &port.to_string()])
        .exec_async(&mut connection)
        .await
        .unwrap();
    let plain = redis.url();
    let url = plain
        .replace("redis://", "rediss://")
        .replace(&format!("127.0.0.1:{}", redis.port()), &format!("localhost:{port}"));
    let queue = |authority: &Authority| {
        RedisArgs { redis_ca: Some(authority.certificate()), ..RedisArgs::at(&url) }.queue()
    };
    let secured = queue(&ours).unwrap();
    secured.ping().await.unwrap();
    secured.ensure_epoch().await.unwrap();
    assert!(queue(&others).unwrap().ping().await.is_err(), "another authority's");
    assert!(Queue::new(&url).unwrap().ping().await.is_err(), "the system's authorities do not know it");
    // An authority without a secured URL is a mistake, not a wish.
    let authority = std::fs::read(ours.certificate()).unwrap();
    assert!(Queue::believing(&plain, Some(authority)).is_err());
}
