//! The side that is connected to.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::files::{authorities, protocols, provider};
use crate::reload::Reloaded;
use crate::{Error, Identity};

/// Shows a certificate to whoever connects, and checks theirs.
#[derive(Debug)]
pub struct Acceptor(Reloaded<ServerConfig>);

impl Acceptor {
    /// Shows `identity`. With a file of authorities, whoever connects may show a certificate, and must not show one that
    /// is not theirs to give; without one nobody is asked.
    pub fn new(identity: Identity, callers: Option<PathBuf>) -> Result<Self, Error> {
        let paths = identity.paths().into_iter().chain(callers.clone()).collect();
        Reloaded::new(paths, move || config(&identity, callers.as_ref())).map(Self)
    }

    /// Makes the connection a secure one. The caller bounds the time it may take.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.0.current()).accept(stream).await
    }
}

fn config(identity: &Identity, callers: Option<&PathBuf>) -> Result<ServerConfig, Error> {
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| identity.unusable(error))?;
    let config = match callers {
        Some(path) => {
            let roots = Arc::new(authorities(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
                .allow_unauthenticated()
                .build()
                .map_err(|error| Error::NoAuthority { path: path.clone(), reason: error.to_string() })?;
            config.with_client_cert_verifier(verifier)
        }
        None => config.with_no_client_auth(),
    };
    let mut config = config
        .with_single_cert(identity.chain()?, identity.private_key()?)
        .map_err(|error| identity.unusable(error))?;
    config.alpn_protocols = protocols();
    Ok(config)
}
