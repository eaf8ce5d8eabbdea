//! Where the system is, and as whom it is talked to: one place for flags, environment and profiles.
//!
//! What counts, of each setting for itself: the flag, else the environment variable, else the profile, else the default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use goalpost_client::{Channel, Client};
use goalpost_model::Secret;
use goalpost_model::limits::MAX_MESSAGE_BYTES;
use goalpost_peers::{Addresses, Credentials, InvalidAddress};
use goalpost_proto::v1::persistence_client::PersistenceClient;
use goalpost_tls::{Connector, Identity};

use crate::failure::Failure;
use crate::profiles::{Profile, Profiles};

const ENDPOINT: &str = "http://127.0.0.1:50051";
const PERSISTENCE: &str = "http://127.0.0.1:50054";
/// Answers carry payloads of many tasks.
const MAX_ANSWER_BYTES: usize = 16 * MAX_MESSAGE_BYTES;

/// The settings as they are given on the command line or in the environment.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Flags {
    /// The profile to use in the place of the current one; see `goalpost profile`.
    #[arg(long, global = true, env = "GOALPOST_PROFILE", value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The decision group, or several replicas of it with commas between them. [default: http://127.0.0.1:50051]
    #[arg(long, global = true, env = "GOALPOST_ENDPOINT", value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// The persistence service, which only `verify` asks. [default: http://127.0.0.1:50054]
    #[arg(long, global = true, env = "GOALPOST_PERSISTENCE_ENDPOINT", value_name = "URL")]
    pub(crate) persistence: Option<String>,
    /// Whose goals: what is submitted belongs to it, and lists show what belongs to it. [default: what is submitted
    /// belongs to `default`, and lists show all]
    #[arg(short, long, global = true, env = "GOALPOST_NAMESPACE", value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// The API key that each call shows. Other programs can see flags: the environment or a profile is a better place.
    #[arg(long, global = true, env = "GOALPOST_API_KEY", hide_env_values = true, value_name = "KEY")]
    pub(crate) api_key: Option<Secret>,
    /// A file with the certificates of the authorities that are believed, PEM. [default: those of the system]
    #[arg(long, global = true, env = "GOALPOST_TLS_CA", value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// A file with the certificate that is shown, PEM.
    #[arg(long, global = true, env = "GOALPOST_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// A file with the private key of the certificate, PEM.
    #[arg(long, global = true, env = "GOALPOST_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
}

/// Every setting, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    /// The decision group's addresses, with commas between them.
    pub(crate) endpoint: String,
    /// The persistence service's.
    pub(crate) persistence: String,
    /// Absent: `default` for what is submitted, all for what is listed.
    pub(crate) namespace: Option<String>,
    pub(crate) api_key: Option<Secret>,
    pub(crate) tls_ca: Option<PathBuf>,
    pub(crate) tls_cert: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
}

impl Flags {
    /// With what the profile says that is to be used.
    pub(crate) fn resolve(&self) -> Result<Connection, Failure> {
        let profiles = Profiles::read()?;
        let none = Profile::default();
        let profile = match profiles.chosen(self.profile.as_deref()) {
            None => &none,
            Some(name) => profiles.get(name)?,
        };
        Connection::of(self, profile)
    }
}

impl Connection {
    fn of(flags: &Flags, profile: &Profile) -> Result<Self, Failure> {
        let text = |flag: &Option<String>, profile: &Option<String>| {
            flag.clone().or_else(|| profile.clone()).filter(|text| !text.is_empty())
        };
        let file = |flag: &Option<PathBuf>, profile: &Option<PathBuf>| {
            flag.clone().or_else(|| profile.clone()).filter(|path| !path.as_os_str().is_empty())
        };
        let key = flags.api_key.clone().or_else(|| profile.api_key.clone().map(Secret::from));
        let connection = Self {
            endpoint: text(&flags.endpoint, &profile.endpoint).unwrap_or_else(|| ENDPOINT.to_owned()),
            persistence: text(&flags.persistence, &profile.persistence)
                .unwrap_or_else(|| PERSISTENCE.to_owned()),
            namespace: text(&flags.namespace, &profile.namespace),
            api_key: key.filter(|key| !key.reveal().is_empty()),
            tls_ca: file(&flags.tls_ca, &profile.tls_ca),
            tls_cert: file(&flags.tls_cert, &profile.tls_cert),
            tls_key: file(&flags.tls_key, &profile.tls_key),
        };
        match (&connection.tls_cert, &connection.tls_key) {
            (Some(_), None) => Err(Failure::Input("--tls-cert wants --tls-key with it".to_owned())),
            (None, Some(_)) => Err(Failure::Input("--tls-key wants --tls-cert with it".to_owned())),
            _ => Ok(connection),
        }
    }

    /// A client of the decision group.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        // People would rather know at once that nobody is there.
        Ok(Client::connect_with(self.endpoint.as_str(), &self.credentials()?)?.patience(Duration::ZERO))
    }

    /// A client of the persistence service.
    pub(crate) fn persistence(&self) -> Result<PersistenceClient<Channel>, Failure> {
        let addresses = self.persistence.parse::<Addresses>();
        let wrong = |InvalidAddress(text)| {
            Failure::Input(format!("--persistence: '{text}' is no address; for example {PERSISTENCE}"))
        };
        let client = PersistenceClient::new(Channel::new(&addresses.map_err(wrong)?, &self.credentials()?));
        Ok(client.max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    /// What each call shows, and whose certificates are believed.
    fn credentials(&self) -> Result<Credentials, Failure> {
        let files = self.tls_cert.clone().zip(self.tls_key.clone());
        let identity = files.map(|(certificate, key)| Identity { certificate, key });
        let mut credentials = Credentials::default();
        if self.tls_ca.is_some() || identity.is_some() {
            let connector = Connector::new(self.tls_ca.clone(), identity);
            credentials = credentials.tls(connector.map_err(|error| Failure::Input(error.to_string()))?);
        }
        match &self.api_key {
            Some(key) => credentials.key(key).map_err(|error| Failure::Input(format!("--api-key: {error}"))),
            None => Ok(credentials),
        }
    }
}

/// The file as whoever changes the folder finds it, too.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            endpoint: Some("https://there:1".into()),
            namespace: Some("ops".into()),
            api_key: Some("of the profile".into()),
            ..Profile::default()
        }
    }

    fn resolved(flags: &Flags, profile: &Profile) -> Connection {
        Connection::of(flags, profile).unwrap_or_else(|_| panic!("cannot be resolved"))
    }

    #[test]
    fn a_flag_counts_before_the_profile_and_that_before_the_default() {
        let flags = Flags { endpoint: Some("http://here:2".into()), ..Flags::default() };
        let connection = resolved(&flags, &profile());
        assert_eq!(
            (connection.endpoint.as_str(), connection.persistence.as_str()),
            ("http://here:2", PERSISTENCE)
        );
        assert_eq!(connection.namespace.as_deref(), Some("ops"));
        assert_eq!(connection.api_key.unwrap().reveal(), "of the profile");
        let nothing = resolved(&Flags::default(), &Profile::default());
        assert_eq!((nothing.endpoint.as_str(), nothing.namespace, nothing.api_key), (ENDPOINT, None, None));
    }

    #[test]
    fn an_empty_flag_takes_away_what_the_profile_says() {
        let flags = Flags { namespace: Some(String::new()), ..Flags::default() };
        assert_eq!(resolved(&flags, &profile()).namespace, None);
    }

    #[test]
    fn a_certificate_and_its_key_come_together() {
        let file = Some(PathBuf::from("x.pem"));
        for flags in [
            Flags { tls_cert: file.clone(), ..Flags::default() },
            Flags { tls_key: file, ..Flags::default() },
        ] {
            assert!(matches!(Connection::of(&flags, &Profile::default()), Err(Failure::Input(_))));
        }
    }

    #[test]
    fn a_key_does_not_print() {
        assert!(!format!("{:?}", resolved(&Flags::default(), &profile())).contains("of the profile"));
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_refused_before_anybody_is_called() {
        assert!(resolved(&Flags::default(), &profile()).client().is_ok());
        let wrong = [
            Flags { tls_ca: Some(PathBuf::from("/nowhere/ca.pem")), ..Flags::default() },
            Flags { api_key: Some(Secret::from("two\nlines".to_owned())), ..Flags::default() },
        ];
        for flags in wrong {
            assert!(matches!(resolved(&flags, &Profile::default()).client(), Err(Failure::Input(_))));
        }
    }
}
