//! Long frames for who asked for it (`/feed?pack=gzip`): the same JSON, gzipped, in a binary message. On a bad line the room
//! is there in a tenth of the time.

use std::io::{self, Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is shorter than this many bytes goes out as it is.
pub const WORTH: usize = 4 * 1024;

/// How long frames are to cross the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Packing {
    /// As text, like all others.
    #[default]
    None,
    Gzip,
}

/// Quick rather than small: a room is packed once for all who come.
///
/// # Errors
///
/// None that writing into memory does not have.
pub fn pack(frame: &str) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(frame.len() / 8), Compression::fast());
    encoder.write_all(frame.as_bytes())?;
    encoder.finish()
}

/// # Errors
///
/// When it is not gzip, is no text, or would come to more than so many bytes.
pub fn unpack(packed: &[u8], most: usize) -> io::Result<String> {
    let mut text = String::new();
    let read = GzDecoder::new(packed).take(most as u64 + 1).read_to_string(&mut text)?;
    if read > most {
        let words = format!("it would take more than {} MiB unpacked", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_packed_comes_out_again(frame in ".{0,2000}") {
            prop_assert_eq!(unpack(&pack(&frame).unwrap(), 1 << 20).unwrap(), frame);
        }

        #[test]
        fn what_was_not_packed_is_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assume!(!bytes.starts_with(&[0x1f, 0x8b]));
            prop_assert!(unpack(&bytes, 1 << 20).is_err());
        }
    }

    #[test]
    fn a_little_that_would_become_too_much_is_refused_before_it_does() {
        let bomb = pack(&" ".repeat(32 << 20)).unwrap();
        assert!(bomb.len() < 200_000);
        let error = unpack(&bomb, 16 << 20).unwrap_err();
        assert_eq!(error.to_string(), "it would take more than 16 MiB unpacked");
    }
}
