//! Connections to whichever of the hosts takes writes.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goalpost_tls::Authorities;
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;

/// How long one attempt to connect may take, unless the URL says otherwise (`connect_timeout`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// After 15 s of silence of the other side a connection is given up, at both its ends, unless the URL says
/// otherwise (`keepalives_idle`, `keepalives_interval`, `keepalives_retries`, `tcp_user_timeout`): a quiet
/// one is probed after 5 s and then every 3 s, and given up at the first probe after 12 s, since the kernel
/// looks at the latter when it probes.
const IDLE: Duration = Duration::from_secs(5);
const INTERVAL: Duration = Duration::from_secs(3);
const RETRIES: u32 = 5;
const UNANSWERED: Duration = Duration::from_secs(12);
const DEFAULT_PORT: u16 = 5432;
/// As options of a connection.
const WITHOUT_LIMITS: &str = "-c statement_timeout=0 -c lock_timeout=0 -c idle_session_timeout=0 \
                              -c idle_in_transaction_session_timeout=0";

/// A connection and what drives it.
pub type Dedicated = (Client, Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>);

/// The way to one database, whose hosts are tried in turn, beginning with the one that was good last.
///
/// A host that is dead, silent or a standby is passed over, each within its own time: the driver by
/// itself would wait for ever for one that accepts a connection and says nothing.
pub(crate) struct Connector {
    /// Settings for one host each.
    hosts: Vec<Config>,
    good: AtomicUsize,
    tls: MakeRustlsConnect,
}

impl Connector {
    /// Reads the URL. Does not connect.
    pub(crate) fn new(url: &str, authorities: Option<&PathBuf>) -> Result<Self, Error> {
        let mut config = Config::from_str(url).map_err(|error| Error::Config(Box::new(error)))?;
        let believed = match (authorities, config.get_ssl_mode()) {
            (Some(path), _) => Authorities::In(path),
            (None, SslMode::Require) => Authorities::System,
            (None, _) => Authorities::None,
        };
        // Never sometimes: who is believed would depend on the server, or on who is between.
        config.ssl_mode(if believed == Authorities::None { SslMode::Disable } else { SslMode::Require });
        let tls = goalpost_tls::believing(believed).map_err(|error| Error::Config(Box::new(error)))?;
        let hosts = each_host(&config)?;
        Ok(Self { hosts, good: AtomicUsize::new(0), tls: MakeRustlsConnect::new(tls) })
    }

    /// The same for sessions that wait for as long as it takes: for a lock, or for a notification. Limits
    /// that the role or the database has for its other sessions do not count for them.
    pub(crate) fn for_sessions(mut self) -> Self {
        for host in &mut self.hosts {
            let options = host.get_options().unwrap_or_default();
            host.options(format!("{options} {WITHOUT_LIMITS}"));
        }
        self
    }

    /// Connects to the first host that takes writes.
    pub(crate) async fn connect(&self) -> Result<Dedicated, Error> {
        let good = self.good.load(Ordering::Relaxed);
        let mut outcome = Err(Error::Config("the URL names no host".into()));
        for turn in 0..self.hosts.len() {
            let place = (good + turn) % self.hosts.len();
            outcome = connect_host(&self.hosts[place], &self.tls).await;
            if outcome.is_ok() {
                self.good.store(place, Ordering::Relaxed);
                break;
            }
        }
        outcome
    }

    /// How long it may take until every host has been tried.
    pub(crate) fn patience(&self) -> Duration {
        let limit = |config: &Config| config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        // To find its address takes its time, too.
        self.hosts.iter().map(limit).sum::<Duration>() * 2
    }

    /// How long a connection may be dead before that is noticed: an idle one is asked for a sign of
    /// life after a while.
    pub(crate) fn silence(&self) -> Duration {
        let silence = |config: &Config| {
            config.get_keepalives_idle() + config.get_tcp_user_timeout().copied().unwrap_or(UNANSWERED)
        };
        self.hosts.iter().map(silence).max().unwrap_or_default()
    }

    /// What a session sets so that the server's patience with it is that of this side.
    pub(crate) fn patience_of_server(&self) -> String {
        let Some(config) = self.hosts.first() else { return String::new() };
        let idle = config.get_keepalives_idle().as_secs();
        let interval = config.get_keepalives_interval().unwrap_or(INTERVAL).as_secs();
        let count = config.get_keepalives_retries().unwrap_or(RETRIES);
        let silence = config.get_tcp_user_timeout().unwrap_or(&UNANSWERED).as_millis();
        format!(
            "SET tcp_keepalives_idle = {idle}; SET tcp_keepalives_interval = {interval}; \
             SET tcp_keepalives_count = {count}; SET tcp_user_timeout = {silence}"
        )
    }
}

/// Each address of the host within its time.
async fn connect_host(config: &Config, tls: &MakeRustlsConnect) -> Result<Dedicated, Error> {
    let limit = config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
    let away = |error| Error::Unavailable(Box::new(error));
    let mut outcome = Err(Error::Config("the host has no address".into()));
    for address in within(limit, addresses(config)).await?.map_err(away)? {
        let mut config = config.clone();
        if let Some(address) = address {
            config.hostaddr(address);
        }
        outcome =
            within(limit, Box::pin(config.connect(tls.clone()))).await.and_then(|connected| Ok(connected?));
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// The addresses that the host's name stands for; `None` for one that needs no name.
async fn addresses(config: &Config) -> std::io::Result<Vec<Option<IpAddr>>> {
    let Some(Host::Tcp(name)) = config.get_hosts().first().filter(|_| config.get_hostaddrs().is_empty())
    else {
        return Ok(vec![None]);
    };
    let found = tokio::net::lookup_host((name.as_str(), DEFAULT_PORT)).await?;
    Ok(found.map(|address| Some(address.ip())).collect())
}

async fn within<T>(limit: Duration, attempt: impl Future<Output = T>) -> Result<T, Error> {
    timeout(limit, attempt).await.map_err(|elapsed| Error::Unavailable(Box::new(elapsed)))
}

/// One configuration a host, with the defaults of this system.
fn each_host(config: &Config) -> Result<Vec<Config>, Error> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = hosts.len().max(addresses.len());
    let is_even = |length: usize| length == 0 || length == count;
    if !is_even(hosts.len()) || !is_even(addresses.len()) || !(is_even(ports.len()) || ports.len() == 1) {
        return Err(Error::Config("the URL has not as many ports or addresses as hosts".into()));
    }
    let one = |place: usize| {
        let mut one = without_hosts(config);
        match hosts.get(place) {
            Some(Host::Tcp(name)) => drop(one.host(name)),
            Some(Host::Unix(path)) => drop(one.host_path(path)),
            None => {}
        }
        if let Some(address) = addresses.get(place) {
            one.hostaddr(*address);
        }
        one.port(ports.get(place).or(ports.first()).copied().unwrap_or(DEFAULT_PORT));
        one
    };
    Ok((0..count).map(one).collect())
}

fn without_hosts(config: &Config) -> Config {
    let mut copy = Config::new();
    if let Some(user) = config.get_user() {
        copy.user(user);
    }
    if let Some(password) = config.get_password() {
        copy.password(password);
    }
    if let Some(database) = config.get_dbname() {
        copy.dbname(database);
    }
    if let Some(options) = config.get_options() {
        copy.options(options);
    }
    copy.application_name(config.get_application_name().unwrap_or("goalpost"))
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        // Everybody writes: a standby is of no use.
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .connect_timeout(config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT));
    keep_alive(&mut copy, config);
    copy
}

fn keep_alive(copy: &mut Config, config: &Config) {
    // The driver does not tell its default from what the URL says.
    let unsaid = Config::new().get_keepalives_idle();
    let idle = Some(config.get_keepalives_idle()).filter(|idle| *idle != unsaid);
    copy.keepalives(config.get_keepalives())
        .keepalives_idle(idle.unwrap_or(IDLE))
        .keepalives_interval(config.get_keepalives_interval().unwrap_or(INTERVAL))
        .keepalives_retries(config.get_keepalives_retries().unwrap_or(RETRIES))
        .tcp_user_timeout(config.get_tcp_user_timeout().copied().unwrap_or(UNANSWERED));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_its_port_and_what_the_url_says() {
        let connector = Connector::new(
            "postgres://me:secret@one:1,two:2/db?target_session_attrs=any&tcp_user_timeout=7&keepalives_idle=9",
            None,
        )
        .unwrap();
        let [one, two] = connector.hosts.as_slice() else { panic!("two hosts") };
        assert_eq!((one.get_ports(), two.get_ports()), ([1].as_slice(), [2].as_slice()));
        assert_eq!(two.get_hosts(), [Host::Tcp("two".to_owned())]);
        assert_eq!((two.get_user(), two.get_dbname()), (Some("me"), Some("db")));
        assert_eq!(two.get_tcp_user_timeout(), Some(&Duration::from_secs(7)));
        assert_eq!(two.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
        assert_eq!(two.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        let patience = connector.patience_of_server();
        assert!(patience.contains("tcp_keepalives_idle = 9;"), "{patience}");
        assert!(patience.contains("tcp_user_timeout = 7000"), "{patience}");
    }

    #[test]
    fn a_url_that_does_not_fit_together_is_a_wrong_setting() {
        for wrong in [
            "nonsense",
            "postgres://one:1,two:2,three:3/db?port=1",
            "postgres:///db?hostaddr=1.2.3.4,5.6.7.8&host=a",
        ] {
            assert!(matches!(Connector::new(wrong, None), Err(Error::Config(_))), "{wrong}");
        }
    }

    #[tokio::test]
    async fn hosts_that_are_dead_or_silent_are_passed_over() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let silent_port = silent.local_addr().unwrap().port();
        let database = goalpost_testkit::database().await;
        let (credentials, rest) = database.url().split_once('@').unwrap();
        let (good, name) = rest.split_once('/').unwrap();
        let url =
            format!("{credentials}@127.0.0.1:{dead},127.0.0.1:{silent_port},{good}/{name}?connect_timeout=1");
        let connector = Connector::new(&url, None).unwrap();
        let (client, connection) = connector.connect().await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("CREATE TABLE written ()").await.unwrap();
        assert_eq!(connector.good.load(Ordering::Relaxed), 2, "the next one goes there first");
    }
}
