//! The token itself: `wr_` and 256 random bits. The hub keeps only its SHA-256.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::ids::Hash;
use crate::hub::clock::Random;

/// What every token begins with, so that scanners of code and logs can find one that leaked.
const PREFIX: &str = "wr_";

/// A token in the clear. It is shown once, and never written to a log.
#[derive(Debug, Clone)]
pub struct Secret(SecretString);

impl Secret {
    pub fn generate(random: &dyn Random) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Secret(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into())
    }

    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    pub(super) fn digest(&self) -> Digested {
        Digested::of(self.reveal())
    }
}

impl From<String> for Secret {
    fn from(raw: String) -> Self {
        Secret(raw.into())
    }
}

/// The SHA-256 of a token. 256 random bits need no salt and no slow hash.
#[derive(Clone, Copy)]
pub(super) struct Digested(pub Hash);

impl Digested {
    pub fn of(token: &str) -> Self {
        Digested(Hash(Sha256::digest(token.as_bytes()).into()))
    }

    /// Takes the same time whatever the answer.
    pub fn is(&self, other: &Digested) -> bool {
        self.0.0.ct_eq(&other.0.0).into()
    }
}

impl fmt::Debug for Digested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digested(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::clock::SystemRandom;

    #[test]
    fn a_token_has_256_bits_and_does_not_show_itself() {
        let token = Secret::generate(&SystemRandom);
        assert_eq!(token.reveal().len(), PREFIX.len() + 43);
        assert_ne!(token.reveal(), Secret::generate(&SystemRandom).reveal());
        assert!(!format!("{token:?} {:?}", token.digest()).contains(token.reveal()));
    }
}
