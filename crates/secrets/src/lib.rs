//! From references to secrets.
//!
//! What carries a secret carries a [`SecretReference`](goalpost_model::SecretReference): `secret://env/NAME` or
//! `secret://file/NAME`. Whoever has to know the secret asks its [`SecretSource`]s with [`find()`].

mod directory;
mod environment;
mod find;
mod source;

pub use directory::DirectorySecrets;
pub use environment::EnvSecrets;
pub use find::find;
pub use source::{Found, SecretError, SecretSource};
