//! TLS whose certificates are files, read again when they change.
//!
//! Whoever renews a certificate replaces files (cert-manager and the kubelet do). Each new connection looks whether
//! they have changed, so nothing has to be restarted and nothing watches; connections that are open stay as they are.
//! Files that cannot be used, such as a key that does not fit its certificate yet, change nothing: what was read last
//! stays in use.

mod client;
mod files;
mod identity;
mod reload;
mod server;

pub use client::{Authorities, Connector, believing};
pub use files::{Error, Identity, install_provider};
pub use identity::uris;
pub use server::Acceptor;
