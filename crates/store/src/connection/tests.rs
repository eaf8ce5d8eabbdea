//! Connections on a real database.

use tokio_postgres::NoTls;

use crate::Store;
use crate::connection::Queries as _;

/// A store with one connection, on a database where these settings are the default.
async fn store_with(setting: &str) -> (goalpost_testkit::Database, Store) {
    let database = goalpost_testkit::empty_database().await;
    set(database.url(), setting).await;
    let store = Store::new(database.url(), 1).unwrap();
    (database, store)
}

/// From the next connection on.
async fn set(url: &str, setting: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let name: String = client.query_one("SELECT current_database()", &[]).await.unwrap().get(0);
    client.batch_execute(&format!("ALTER DATABASE {name} SET {setting}")).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_idled_too_long_is_away_and_the_next_one_works() {
    let (_database, store) = store_with("idle_in_transaction_session_timeout = '1ms'").await;
    let mut client = store.client().await.unwrap();
    let transaction = client.begin().await.unwrap();
    let asked = goalpost_testkit::wait_for("the end of the session", async || {
        transaction.query("SELECT 1", &[]).await.err()
    });
    assert!(asked.await.is_unavailable());
    assert!(transaction.commit().await.unwrap_err().is_unavailable());
    drop(client);
    let next = store.client().await.unwrap();
    assert_eq!(next.query_one("SELECT 1", &[]).await.unwrap().get::<_, i32>(0), 1);
}

#[tokio::test]
async fn sessions_that_wait_have_no_limits_and_the_pool_has_those_of_its_database() {
    let limits = ["statement_timeout", "lock_timeout", "idle_session_timeout"];
    let (database, store) = store_with("idle_in_transaction_session_timeout = '1h'").await;
    for limit in limits {
        set(database.url(), &format!("{limit} = '1h'")).await;
    }
    let (session, connection) = store.dedicated().await.unwrap();
    tokio::spawn(connection);
    let pooled = store.client().await.unwrap();
    for limit in limits.into_iter().chain(["idle_in_transaction_session_timeout"]) {
        let show = format!("SHOW {limit}");
        assert_eq!(session.query_one(&show, &[]).await.unwrap().get::<_, &str>(0), "0", "{limit}");
        assert_eq!(pooled.query_one(&show, &[]).await.unwrap().get::<_, &str>(0), "1h", "{limit}");
    }
}

#[tokio::test]
async fn a_connection_whose_server_takes_no_writes_any_more_is_not_used_again() {
    let (database, store) = store_with("lock_timeout = 0").await;
    let backend = async |store: &Store| {
        let client = store.client().await.unwrap();
        client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get::<_, i32>(0)
    };
    let first = backend(&store).await;
    assert_eq!(backend(&store).await, first);
    let client = store.client().await.unwrap();
    // As a primary of old: the connection is there, and nothing can be written.
    client.batch("SET default_transaction_read_only = on").await.unwrap();
    let refused = client.execute("CREATE TABLE written ()", &[]).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused:?}");
    drop(client);
    assert_ne!(backend(&store).await, first);
    // Nor is a new one taken from such a server.
    set(database.url(), "default_transaction_read_only = on").await;
    let standby = Store::new(database.url(), 1).unwrap();
    assert!(standby.ping().await.unwrap_err().is_unavailable());
}
