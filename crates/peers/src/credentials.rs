//! What both sides of a connection prove to each other.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use goalpost_model::Secret;
use goalpost_tls::{Connector, Identity};
use http::HeaderValue;

/// What is shown to whoever is called: a key, a certificate; and whose certificates are believed. Without any of it
/// nothing is shown, and the certificates of `https` addresses have to come from an authority of the system's. Cheap
/// to clone.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    tls: Option<Arc<Connector>>,
    key: Option<Authorization>,
}

/// A key that cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key has characters that cannot be sent; it must be as it was shown when it was made")]
pub struct InvalidKey;

/// Credentials that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCredentials {
    /// The key cannot be sent.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] goalpost_tls::Error),
    /// A certificate without its key, or a key without its certificate.
    #[error("GOALPOST_TLS_CERT and GOALPOST_TLS_KEY go together")]
    Half,
}

impl Credentials {
    /// How `https` addresses are connected to.
    #[must_use]
    pub fn tls(mut self, connector: Connector) -> Self {
        self.tls = Some(Arc::new(connector));
        self
    }

    /// A key that each call shows: an API key, or a token (JWT).
    pub fn key(mut self, key: &Secret) -> Result<Self, InvalidKey> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", key.reveal())).map_err(|_| InvalidKey)?;
        value.set_sensitive(true);
        self.key = Some(Authorization(value));
        Ok(self)
    }

    /// As the environment says: `GOALPOST_API_KEY`, `GOALPOST_TLS_CA`, `GOALPOST_TLS_CERT` and `GOALPOST_TLS_KEY`, the last
    /// three files with PEM.
    pub fn of_environment() -> Result<Self, InvalidCredentials> {
        let text = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        let [authorities, certificate, key] = ["GOALPOST_TLS_CA", "GOALPOST_TLS_CERT", "GOALPOST_TLS_KEY"]
            .map(|name| text(name).map(PathBuf::from));
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
            (None, None) => None,
            _ => return Err(InvalidCredentials::Half),
        };
        let mut credentials = Self::default();
        if authorities.is_some() || identity.is_some() {
            credentials = credentials.tls(Connector::new(authorities, identity)?);
        }
        match text("GOALPOST_API_KEY") {
            Some(key) => Ok(credentials.key(&Secret::from(key))?),
            None => Ok(credentials),
        }
    }

    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        self.key.as_ref().map(|key| key.0.clone())
    }

    /// The system's authorities if nothing else was said.
    pub(crate) fn connector(&self) -> Result<Arc<Connector>, goalpost_tls::Error> {
        match &self.tls {
            Some(connector) => Ok(Arc::clone(connector)),
            None => Connector::new(None, None).map(Arc::new),
        }
    }
}

#[derive(Clone)]
struct Authorization(HeaderValue);

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_print() {
        let credentials = Credentials::default().key(&Secret::from("hunter2".to_owned())).unwrap();
        assert!(!format!("{credentials:?} {:?}", credentials.authorization()).contains("hunter2"));
        assert!(Credentials::default().key(&Secret::from("a\nb".to_owned())).is_err());
    }
}
