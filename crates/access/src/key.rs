//! API keys: 256 random bits that are shown once and kept as their hash.

use std::fmt::Write as _;

use goalpost_model::Secret;
use sha2::{Digest as _, Sha256};

/// How every key begins, so that scanners of source code know one.
const PREFIX: &str = "gpk_";
const RANDOM_BYTES: usize = 32;
/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// A key as its owner has it.
#[derive(Debug)]
pub struct ApiKey(Secret);

impl ApiKey {
    /// A key of random bytes.
    pub fn of(random: [u8; RANDOM_BYTES]) -> Self {
        let mut text = PREFIX.to_owned();
        for byte in random {
            // A string takes everything.
            let _ = write!(text, "{byte:02x}");
        }
        Self(Secret::from(text))
    }

    /// The text that its owner keeps.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; HASH_BYTES] {
        hash(self.reveal())
    }
}

/// What is stored of a key, and what a key that somebody shows is found by. The key is random, so nobody guesses it from
/// its hash, however fast that is made.
pub fn hash(key: &str) -> [u8; HASH_BYTES] {
    Sha256::digest(key).into()
}

/// Whether the text is meant as a key, and not as a token of somebody else's.
pub fn is_api_key(text: &str) -> bool {
    text.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_hash_and_does_not_print() {
        let key = ApiKey::of([7; RANDOM_BYTES]);
        assert_eq!(hash(key.reveal()), key.hash());
        assert_ne!(ApiKey::of([8; RANDOM_BYTES]).hash(), key.hash());
        assert!(is_api_key(key.reveal()) && !is_api_key("eyJ.x.y"));
        assert!(!format!("{key:?}").contains("0707"));
    }
}
