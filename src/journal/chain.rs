//! The chain: which bytes are hashed, so that a rewrite of what happened shows.
//!
//! For entry *n*, in this order and big-endian:
//!
//! ```text
//! header    1 byte   version of this layout: 1
//!           8 bytes  seq, unsigned
//!          16 bytes  entry id, the UUID's bytes
//!           8 bytes  at, milliseconds since 1970-01-01T00:00:00Z, signed
//!           4 bytes  the incident's number, unsigned; 0 for none
//!
//! body_hash = SHA-256( salt (16 bytes) ‖ JSON as stored (UTF-8) )
//! hash      = SHA-256( hash of entry n−1 (32 bytes) ‖ header (37 bytes) ‖ body_hash (32 bytes) )
//! ```
//!
//! The hash before entry 1 is 32 zero bytes. A redaction deletes the salt and the JSON and keeps `body_hash`: the chain
//! still verifies, and without the salt nobody can find the text again by guessing. The chain alone does not show a tail
//! that was cut off or a journal that was rewritten whole; the head record and clients that remember a
//! later head do.

use std::fmt;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use super::{AppendError, Encoded};
use crate::domain::event::Entry;
use crate::domain::ids::{EntryId, Hash, Head, IncidentId, Seq};
use crate::domain::time::Timestamp;

/// The version of the header's layout.
pub const VERSION: u8 = 1;

/// Random bytes before the JSON, so that a short redacted text cannot be guessed from its hash.
pub type Salt = [u8; 16];

const HEADER_BYTES: usize = 37;

/// What stays readable of an entry for ever, even when its body was redacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub seq: Seq,
    pub id: EntryId,
    pub at: Timestamp,
    pub incident: Option<IncidentId>,
}

impl Header {
    pub fn of(entry: &Entry) -> Self {
        Header { seq: entry.seq, id: entry.id, at: entry.at, incident: entry.incident }
    }

    /// The canonical bytes, as drawn above.
    pub fn bytes(&self) -> [u8; HEADER_BYTES] {
        let incident = self.incident.map_or(0, |incident| incident.0);
        let mut bytes = [0; HEADER_BYTES];
        let fields = [VERSION]
            .into_iter()
            .chain(self.seq.0.to_be_bytes())
            .chain(self.id.0.into_bytes())
            .chain(self.at.as_millis().to_be_bytes())
            .chain(incident.to_be_bytes());
        for (slot, byte) in bytes.iter_mut().zip(fields) {
            *slot = byte;
        }
        bytes
    }
}

/// SHA-256(salt ‖ JSON).
pub fn body_hash(salt: &Salt, json: &str) -> Hash {
    Hash(Sha256::new().chain_update(salt).chain_update(json).finalize().into())
}

/// SHA-256(previous ‖ header ‖ body hash).
pub fn hash(previous: &Hash, header: &Header, body_hash: &Hash) -> Hash {
    let digest =
        Sha256::new().chain_update(previous.0).chain_update(header.bytes()).chain_update(body_hash.0);
    Hash(digest.finalize().into())
}

/// What the chain adds to one entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub salt: Salt,
    pub body_hash: Hash,
    pub hash: Hash,
}

/// Links entries to the head, one after the other.
pub(super) fn link(head: Head, entries: &[Encoded], salts: &mut Salts) -> Result<Vec<Link>, AppendError> {
    let mut newest = head;
    let mut links = Vec::with_capacity(entries.len());
    for encoded in entries {
        let (found, expected) = (encoded.entry.seq, newest.seq.next());
        if found != expected {
            return Err(AppendError::Misnumbered { found, expected });
        }
        let salt = salts.next();
        let body_hash = body_hash(&salt, &encoded.json);
        let hash = hash(&newest.hash, &Header::of(&encoded.entry), &body_hash);
        newest = Head { seq: found, hash, ..newest };
        links.push(Link { salt, body_hash, hash });
    }
    Ok(links)
}

/// 32 bytes from the system's random source (a test: any). Salts and the ids of new journals come from it.
#[derive(Clone, Copy)]
pub struct Seed(pub [u8; 32]);

impl fmt::Debug for Seed {
    /// Never the bytes: whoever has them has the salts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// An endless row of salts.
pub(super) struct Salts(StdRng);

impl Salts {
    pub(super) fn new(seed: Seed) -> Self {
        Salts(StdRng::from_seed(seed.0))
    }

    pub(super) fn next(&mut self) -> Salt {
        let mut salt = Salt::default();
        self.0.fill_bytes(&mut salt);
        salt
    }
}

impl fmt::Debug for Salts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salts(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn header(seq: u64, incident: Option<u32>) -> Header {
        Header {
            seq: Seq(seq),
            id: EntryId(Uuid::from_u128(0x0193_2c07_209c_7d55_b4c1_9b0f_4a6f_1a10)),
            at: Timestamp::from_millis(1_795_442_597_250),
            incident: incident.map(IncidentId),
        }
    }

    #[test]
    fn the_bytes_are_those_that_were_written_down() {
        let hex: String = header(7, Some(42)).bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "01000000000000000701932c07209c7d55b4c19b0f4a6f1a10000001a208b7dd820000002a");
    }

    // Made with Python's hashlib from the drawing above.
    #[test]
    fn the_hashes_are_those_of_another_implementation() {
        let salt: Salt = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let body = body_hash(&salt, r#"{"ä":1}"#);
        assert_eq!(body.to_string(), "756764370600f3ccc48a1131a340710cf0bb1dfc1fe3983f6edfb7bc4320056c");
        let first = hash(&Hash::ZERO, &header(1, Some(42)), &body);
        assert_eq!(first.to_string(), "f0e403d6fe446c61ce3bab4d6cd0ad215174f01bc818043e27eab69b02f1cbe3");
        let second = hash(&first, &header(2, None), &body_hash(&[0xff; 16], "{}"));
        assert_eq!(second.to_string(), "fd3eb581eb918258ef29c90a689a39e7083dd3317266cae9060fcd41ef4bf0b5");
    }

    #[test]
    fn every_field_of_the_header_is_bound() {
        let body = body_hash(&[0; 16], "{}");
        let base = header(1, None);
        let others = [
            Header { seq: Seq(2), ..base },
            Header { id: EntryId(Uuid::nil()), ..base },
            Header { at: Timestamp::from_millis(-1), ..base },
            Header { incident: Some(IncidentId(1)), ..base },
        ];
        for other in others {
            assert_ne!(hash(&Hash::ZERO, &base, &body), hash(&Hash::ZERO, &other, &body), "{other:?}");
        }
    }
}
