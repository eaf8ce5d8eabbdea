//! Secrets: the text that must not be seen, and the references that stand for it.
//!
//! A workflow carries references only. What they stand for is known where a handler runs, and nowhere else.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::limits::MAX_SECRET_REFERENCE_BYTES;

/// Text that holds a secret; it does not print, and has no JSON.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// Where a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretPlace {
    /// A variable of the worker's environment.
    Env,
    /// A file below the worker's directory of secrets.
    File,
}

/// What stands for a secret: `secret://env/NAME` or `secret://file/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretReference {
    place: SecretPlace,
    name: String,
}

/// A text that begins as a reference to a secret does, and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no reference to a secret: write secret://env/NAME (letters, digits and '_') or secret://file/NAME \
     (letters, digits, '_', '-' and '.', folders with '/'), at most {MAX_SECRET_REFERENCE_BYTES} bytes"
)]
pub struct InvalidSecretReference;

impl SecretReference {
    /// How every reference begins.
    pub const SCHEME: &str = "secret://";

    /// Where the secret is.
    pub fn place(&self) -> SecretPlace {
        self.place
    }

    /// The variable, or the file's path below the directory: neither absolute nor with `..`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            SecretPlace::Env => "env",
            SecretPlace::File => "file",
        };
        write!(f, "{}{place}/{}", Self::SCHEME, self.name)
    }
}

impl FromStr for SecretReference {
    type Err = InvalidSecretReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.strip_prefix(Self::SCHEME).and_then(|rest| rest.split_once('/'));
        let (place, name) = parts.ok_or(InvalidSecretReference)?;
        let (place, is_name) = match place {
            "env" => (SecretPlace::Env, is_variable(name)),
            "file" => (SecretPlace::File, name.split('/').all(is_step)),
            _ => return Err(InvalidSecretReference),
        };
        let fits = is_name && text.len() <= MAX_SECRET_REFERENCE_BYTES;
        fits.then(|| Self { place, name: name.to_owned() }).ok_or(InvalidSecretReference)
    }
}

fn is_variable(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

/// A step of a path that leads on, not back.
fn is_step(step: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !matches!(step, "" | "." | "..") && step.bytes().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let secret: Secret = serde_json::from_str(r#""hunter2""#).unwrap();
        assert_eq!((format!("{secret:?}").as_str(), secret.reveal()), ("***", "hunter2"));
    }

    #[test]
    fn a_reference_is_read_as_it_is_written() {
        for text in ["secret://env/APP_TOKEN", "secret://file/token", "secret://file/mail/smtp.password"] {
            assert_eq!(text.parse::<SecretReference>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_leads_elsewhere_is_no_reference() {
        let names = ["", "/etc/passwd", "..", "a/../b", "a//b", "./a", "a\0b", "a b", "ä", &"x".repeat(300)];
        for text in names.map(|name| format!("secret://file/{name}")) {
            assert_eq!(text.parse::<SecretReference>(), Err(InvalidSecretReference), "{text}");
        }
        for text in
            ["secret://env/9A", "secret://env/A-B", "secret://env/", "secret://vault/A", "Secret://env/A"]
        {
            assert_eq!(text.parse::<SecretReference>(), Err(InvalidSecretReference), "{text}");
        }
    }
}
