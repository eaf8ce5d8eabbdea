//! Settings of who may call.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use goalpost_model::Secret;
use goalpost_tls::{Acceptor, Connector, Identity};

/// A bootstrap key that is shorter can be guessed.
const MIN_KEY_BYTES: usize = 32;

/// Settings that do not go together, or cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bootstrap key is too short.
    #[error("the bootstrap key must have at least {MIN_KEY_BYTES} bytes; take some of /dev/urandom")]
    ShortKey,
    /// Nobody could call the service.
    #[error(
        "other services are known by their certificates: give --tls-cert, --tls-key and --tls-ca, or --auth open"
    )]
    NoServices,
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] goalpost_tls::Error),
    /// Tokens of an identity provider cannot be checked.
    #[error("--oidc-issuer needs --oidc-audience, so that no token counts that was made for others")]
    NoAudience,
    /// The identity provider's address is none.
    #[error("the OIDC issuer must be an https URL, or one of this machine")]
    Issuer,
    /// HTTP cannot be used.
    #[error("the identity provider cannot be asked")]
    Http(#[from] reqwest::Error),
}

/// Who may call a service, and how it shows who it is itself.
#[derive(Args, Clone, Debug)]
pub struct AccessArgs {
    /// Whether callers have to show who they are.
    #[arg(long, env = "GOALPOST_AUTH", value_enum, default_value_t = Auth::Required)]
    pub auth: Auth,
    /// A key whose holder is an administrator everywhere, to make the first API keys with; at least 32 bytes.
    #[arg(long, env = "GOALPOST_BOOTSTRAP_KEY", hide_env_values = true)]
    pub bootstrap_key: Option<Secret>,
    /// Tokens of an identity provider.
    #[command(flatten)]
    pub oidc: OidcArgs,
    /// Certificates.
    #[command(flatten)]
    pub tls: TlsArgs,
}

/// Whether callers have to show who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// Every call but health and reflection is somebody's who is known, and may.
    Required,
    /// Whoever reaches the port may do everything.
    Open,
}

/// Whose tokens (JWT) are believed.
#[derive(Args, Clone, Debug, Default)]
pub struct OidcArgs {
    /// The identity provider: tokens have to name it, and its keys are found at /.well-known/openid-configuration.
    #[arg(long, env = "GOALPOST_OIDC_ISSUER", value_name = "URL")]
    pub oidc_issuer: Option<String>,
    /// Whom its tokens have to be for.
    #[arg(long, env = "GOALPOST_OIDC_AUDIENCE", value_name = "NAME")]
    pub oidc_audience: Option<String>,
    /// The claim that lists grants, such as `submitter@production`.
    #[arg(long, env = "GOALPOST_OIDC_GRANTS_CLAIM", value_name = "CLAIM", default_value = "goalpost_grants")]
    pub oidc_grants_claim: String,
}

/// Certificates, as PEM files that are read again when they change.
#[derive(Args, Clone, Debug, Default)]
pub struct TlsArgs {
    /// The certificate that this service shows, to callers and to those that it calls. Without it connections are not
    /// secured.
    #[arg(long, env = "GOALPOST_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key.
    #[arg(long, env = "GOALPOST_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// The authorities whose certificates are believed, those of callers and of other services. Without it the system's
    /// are believed, and no caller is asked for one.
    #[arg(long, env = "GOALPOST_TLS_CA", value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
}

impl AccessArgs {
    /// A service that is open to everybody, and not secured.
    pub fn open() -> Self {
        Self { auth: Auth::Open, bootstrap_key: None, oidc: OidcArgs::default(), tls: TlsArgs::default() }
    }

    /// Whether other services can be known, by whom alone this one is called or without whom it is of no use.
    pub fn knows_services(&self) -> Result<(), Error> {
        let TlsArgs { tls_cert, tls_key: _, tls_ca } = &self.tls;
        let knows = self.auth == Auth::Open || (tls_cert.is_some() && tls_ca.is_some());
        if knows { Ok(()) } else { Err(Error::NoServices) }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.bootstrap_key {
            Some(key) if key.reveal().len() < MIN_KEY_BYTES => Err(Error::ShortKey),
            _ => Ok(()),
        }
    }
}

impl TlsArgs {
    /// What makes connections of callers secure; `None`: nothing does.
    pub fn acceptor(&self) -> Result<Option<Acceptor>, goalpost_tls::Error> {
        self.identity().map(|identity| Acceptor::new(identity, self.tls_ca.clone())).transpose()
    }

    /// What makes connections to other services secure.
    pub fn connector(&self) -> Result<Connector, goalpost_tls::Error> {
        Connector::new(self.tls_ca.clone(), self.identity())
    }

    fn identity(&self) -> Option<Identity> {
        let (certificate, key) = (self.tls_cert.clone()?, self.tls_key.clone()?);
        Some(Identity { certificate, key })
    }
}
