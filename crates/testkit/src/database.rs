//! PostgreSQL for tests.

use std::path::Path;

use goalpost_local::{Durability, FOLLOWED, Postgres};
use goalpost_store::Store;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// The PostgreSQL that all tests of this process share, with its migrated template.
struct Shared {
    postgres: Postgres,
    // Removed by the system: the server outlives every destructor.
    _folder: std::path::PathBuf,
}

static SHARED: OnceCell<Shared> = OnceCell::const_new();
const TEMPLATE: &str = "goalpost_template";

/// A database of one test.
pub struct Database {
    url: String,
}

impl Database {
    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection to it.
    ///
    /// # Panics
    /// If there is none to be had.
    pub async fn client(&self) -> Client {
        connect(&self.url).await
    }
}

/// A migrated database.
///
/// # Panics
/// If the machine has no PostgreSQL.
pub async fn database() -> Database {
    create(Some(TEMPLATE)).await
}

/// A database with nothing in it.
///
/// # Panics
/// If the machine has no PostgreSQL.
pub async fn empty_database() -> Database {
    create(None).await
}

/// A PostgreSQL of a test's own, to be stopped and started, with an empty database `goalpost`. It
/// ends with what is returned.
///
/// # Panics
/// If the machine has no PostgreSQL.
pub async fn own_postgres() -> (Postgres, TempDir) {
    let folder = folder();
    let postgres = start(folder.path()).await;
    postgres.create_database("goalpost").await.expect("a database");
    (postgres, folder)
}

/// The same with every commit on disk before it is acknowledged, and with further settings, each
/// `name=value`.
///
/// # Panics
/// If the machine has no PostgreSQL.
pub async fn durable_postgres(settings: &[&str]) -> (Postgres, TempDir) {
    let folder = folder();
    let postgres = Postgres::start_with(folder.path(), Durability::Full, settings).await;
    let postgres = postgres.expect("a PostgreSQL");
    postgres.create_database("goalpost").await.expect("a database");
    (postgres, folder)
}

/// Two servers of a test's own: a commit is acknowledged when both have it. With an empty database
/// `goalpost`.
pub struct Replicated {
    /// The one that takes writes.
    pub primary: Postgres,
    /// The one that can be promoted.
    pub standby: Postgres,
    _folders: [TempDir; 2],
}

impl Replicated {
    /// Both hosts, of which the one that takes writes is meant.
    pub fn url(&self) -> String {
        let (primary, standby) = (self.primary.port(), self.standby.port());
        let password = self.primary.password();
        format!(
            "postgres://goalpost:{password}@127.0.0.1:{primary},127.0.0.1:{standby}/goalpost\
             ?target_session_attrs=read-write"
        )
    }
}

/// A primary and its standby.
///
/// # Panics
/// If the machine has no PostgreSQL.
pub async fn replicated_postgres() -> Replicated {
    let (primary, folder) = durable_postgres(&FOLLOWED).await;
    let standby_folder = self::folder();
    let standby = primary.start_standby(standby_folder.path()).await.expect("a standby");
    Replicated { primary, standby, _folders: [folder, standby_folder] }
}

async fn create(template: Option<&str>) -> Database {
    let shared = SHARED.get_or_init(prepare).await;
    let name = format!("test_{}", Uuid::now_v7().simple());
    let mut statement = format!("CREATE DATABASE {name}");
    if let Some(template) = template {
        statement.push_str(&format!(" TEMPLATE {template}"));
    }
    connect(&shared.postgres.url("postgres")).await.batch_execute(&statement).await.expect("a database");
    Database { url: shared.postgres.url(&name) }
}

async fn prepare() -> Shared {
    let folder = folder().keep();
    let postgres = start(&folder).await;
    postgres.create_database(TEMPLATE).await.expect("a template");
    let store = Store::new(&postgres.url(TEMPLATE), 1).expect("a store");
    goalpost_store::migrate(&store).await.expect("a migrated template");
    Shared { postgres, _folder: folder }
}

async fn start(folder: &Path) -> Postgres {
    Postgres::start(folder, Durability::Relaxed).await.expect("a PostgreSQL")
}

fn folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    tempfile::Builder::new()
        .prefix("goalpost-test")
        // The user that PostgreSQL runs as may be another one.
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir()
        .expect("a temporary folder")
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}
