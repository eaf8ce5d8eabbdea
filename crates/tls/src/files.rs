//! Certificates and keys as PEM files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};

/// What cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is not there, or holds nothing of the kind.
    #[error("{what} cannot be read from {}: {source}", path.display())]
    Read {
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// The files hold something, but it cannot be used: a key that is not the certificate's, say.
    #[error("{} cannot be used: {source}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// No certificate authority can be used.
    #[error("the certificate authorities in {} cannot be used: {reason}", path.display())]
    NoAuthority {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// A certificate with what proves that it is one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate and those that lead to its authority, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

impl Identity {
    pub(crate) fn paths(&self) -> [PathBuf; 2] {
        [self.certificate.clone(), self.key.clone()]
    }

    pub(crate) fn chain(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        certificates(&self.certificate)
    }

    pub(crate) fn private_key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        PrivateKeyDer::from_pem_file(&self.key).map_err(|source| Error::Read {
            what: "a private key",
            path: self.key.clone(),
            source,
        })
    }

    pub(crate) fn unusable(&self, source: rustls::Error) -> Error {
        Error::Unusable { path: self.certificate.clone(), source }
    }
}

/// Those whom certificates are believed.
pub(crate) fn authorities(path: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|source| Error::Unusable { path: path.to_owned(), source })?;
    }
    Ok(roots)
}

/// At least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let failed = |source| Error::Read { what: "a certificate", path: path.to_owned(), source };
    let read = CertificateDer::pem_file_iter(path).map_err(failed)?;
    let found: Vec<_> = read.collect::<Result<_, _>>().map_err(failed)?;
    if found.is_empty() { Err(failed(pem::Error::NoItemsFound)) } else { Ok(found) }
}

/// The one provider of cryptography, whatever else this process links.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// For libraries that take what the process has installed.
pub fn install_provider() {
    // Whoever came first has installed one that is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// HTTP/2 is all that is spoken.
pub(crate) fn protocols() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec()]
}
