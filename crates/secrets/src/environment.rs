//! Secrets in the environment of the process.

use std::env::VarError;

use goalpost_model::{Secret, SecretPlace, SecretReference};

use crate::{Found, SecretError, SecretSource};

/// Variables of the environment whose names begin with one of some prefixes: `secret://env/NAME`. Others are
/// not given out, for whoever writes a goal may name any.
#[derive(Clone, Debug)]
pub struct EnvSecrets {
    prefixes: Vec<String>,
}

impl EnvSecrets {
    /// Variables whose names begin with this prefix, for example `MAIL_WORKER_`. An empty prefix gives nothing out.
    pub fn with_prefix(prefix: impl Into<String>) -> Self {
        Self { prefixes: vec![prefix.into()] }
    }

    /// Those that begin with this prefix, too.
    #[must_use]
    pub fn and_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push(prefix.into());
        self
    }

    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError> {
        let name = reference.name();
        let gives_out = |prefix: &String| !prefix.is_empty() && name.starts_with(prefix.as_str());
        if reference.place() != SecretPlace::Env || !self.prefixes.iter().any(gives_out) {
            return Err(SecretError::NotFound);
        }
        match std::env::var(name) {
            Ok(text) => Ok(Secret::from(text)),
            Err(VarError::NotPresent) => Err(SecretError::NotFound),
            Err(VarError::NotUnicode(_)) => Err(SecretError::Invalid("is no text".to_owned())),
        }
    }
}

impl SecretSource for EnvSecrets {
    fn find<'a>(&'a self, reference: &'a SecretReference) -> Found<'a> {
        Box::pin(std::future::ready(self.read(reference)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(prefix: &str, reference: &str) -> Result<Secret, SecretError> {
        EnvSecrets::with_prefix(prefix).read(&reference.parse().unwrap())
    }

    #[test]
    fn only_variables_with_the_prefix_are_given_out() {
        // Cargo sets these for every test.
        let name = std::env::var("CARGO_PKG_NAME").unwrap();
        assert_eq!(read("CARGO_PKG_", "secret://env/CARGO_PKG_NAME"), Ok(Secret::from(name)));
        for (prefix, reference) in [
            ("CARGO_PKG_", "secret://env/PATH"),
            ("", "secret://env/PATH"),
            ("CARGO_PKG_", "secret://env/CARGO_PKG_"),
            ("CARGO_PKG_", "secret://file/CARGO_PKG_NAME"),
        ] {
            assert_eq!(read(prefix, reference), Err(SecretError::NotFound), "{prefix} {reference}");
        }
        let both = EnvSecrets::with_prefix("").and_prefix("CARGO_");
        assert!(both.read(&"secret://env/CARGO_PKG_NAME".parse().unwrap()).is_ok());
    }
}
