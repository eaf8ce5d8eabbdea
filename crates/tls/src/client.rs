//! The side that connects.

use std::io;
use std::path::PathBuf;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::files::{authorities, protocols, provider};
use crate::reload::Reloaded;
use crate::{Error, Identity};

/// Checks the certificate of whoever is connected to, and shows one's own.
#[derive(Debug)]
pub struct Connector(Reloaded<ClientConfig>);

impl Connector {
    /// Believes the authorities in the file, or those of the system; shows `identity` to whoever asks.
    pub fn new(authorities: Option<PathBuf>, identity: Option<Identity>) -> Result<Self, Error> {
        let own = identity.iter().flat_map(Identity::paths);
        let paths = authorities.iter().cloned().chain(own).collect();
        let make = move || {
            let believed = authorities.as_ref().map_or(Authorities::System, Authorities::In);
            config(believed, identity.as_ref(), protocols())
        };
        Reloaded::new(paths, make).map(Self)
    }

    /// Makes the connection to `host` a secure one.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        TlsConnector::from(self.0.current()).connect(name, stream).await
    }
}

/// Whose certificates are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorities<'a> {
    /// Nobody's: for connections that are not secured.
    None,
    /// Those of the system.
    System,
    /// Those in the file.
    In(&'a PathBuf),
}

/// What a client of another protocol needs, without a certificate of its own. Files are read once.
pub fn believing(authorities: Authorities<'_>) -> Result<ClientConfig, Error> {
    config(authorities, None, Vec::new())
}

fn config(
    believed: Authorities<'_>,
    identity: Option<&Identity>,
    protocols: Vec<Vec<u8>>,
) -> Result<ClientConfig, Error> {
    let roots = match believed {
        Authorities::None => RootCertStore::empty(),
        Authorities::System => of_the_system(),
        Authorities::In(path) => authorities(path)?,
    };
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    // The provider has the default versions; were it not so, no file would be to blame.
    let builder = builder.map_err(|source| Error::Unusable { path: PathBuf::new(), source })?;
    let builder = builder.with_root_certificates(roots);
    let mut config = match identity {
        Some(identity) => builder
            .with_client_auth_cert(identity.chain()?, identity.private_key()?)
            .map_err(|error| identity.unusable(error))?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = protocols;
    Ok(config)
}

/// Those that can be read; one that cannot is believed by nobody.
fn of_the_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
