//! Certificates of a test.

use std::path::{Path, PathBuf};

use goalpost_tls::Identity;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose, SanType,
    date_time_ymd,
};

/// An authority, whose certificates are files.
pub(super) struct Authority {
    folder: PathBuf,
    name: String,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let authority = Self { folder: folder.to_owned(), name: name.to_owned(), issuer };
        std::fs::write(authority.certificate(), authority.issuer.pem()).unwrap();
        authority
    }

    /// Its own certificate.
    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.join(format!("{}.pem", self.name))
    }

    /// The certificate of a service of the system.
    pub(super) fn service(&self, service: &str) -> Identity {
        self.issue(service, |_| {})
    }

    /// The certificate of a service whose time is over.
    pub(super) fn expired(&self, service: &str) -> Identity {
        self.issue(service, |params| params.not_after = date_time_ymd(2020, 1, 1))
    }

    /// One is issued anew each time, into the same files.
    fn issue(&self, service: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let uri = format!("spiffe://goalpost/service/{service}");
        params.subject_alt_names.push(SanType::URI(uri.try_into().unwrap()));
        params.distinguished_name.push(rcgen::DnType::CommonName, service);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let [certificate_at, key_at] =
            ["crt", "key"].map(|end| self.folder.join(format!("{}-{service}.{end}", self.name)));
        std::fs::write(&certificate_at, certificate.pem()).unwrap();
        std::fs::write(&key_at, key.serialize_pem()).unwrap();
        Identity { certificate: certificate_at, key: key_at }
    }
}
