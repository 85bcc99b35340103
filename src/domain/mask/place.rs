//! Secrets that are known by where they stand: a password within an address, and the lines of a private key.

use super::scan::Scan;
use super::{Found, Kind};

/// How long the words between `-----BEGIN` and `-----` may be.
const LABEL: usize = 64;

/// At the `:` of `scheme://user:password@host`.
pub(super) fn password_of_url(scan: &Scan<'_>, at: usize) -> Option<Found> {
    let from = at + 3;
    let rest = scan.rest(from);
    let ends = |at: usize, byte: u8| match byte {
        b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' => true,
        0xE2 => rest.get(at..).is_some_and(|rest| rest.starts_with("␤".as_bytes())),
        byte => byte.is_ascii_whitespace(),
    };
    let len = rest.iter().enumerate().take_while(|(at, byte)| !ends(*at, **byte)).count();
    let authority = rest.get(..len)?;
    let host = authority.iter().rposition(|byte| *byte == b'@')?;
    let user = authority.iter().position(|byte| *byte == b':').filter(|user| user + 1 < host)?;
    Some(Found { at: from + user + 1..from + host, kind: Kind::Password })
}

/// At a `-`: a block of PEM that says that it is a private key, to its end or that of the text.
pub(super) fn private_key(scan: &Scan<'_>, at: usize) -> Option<Found> {
    let label = scan.rest(at).strip_prefix(b"-----BEGIN ")?;
    let label = label.get(..LABEL).unwrap_or(label);
    let label = label.get(..find(label, b"-----")?)?;
    // As RFC 7468 has them. Anything else there may be masked itself, and what is left must not become a key by that.
    let is_word = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b' ');
    if !label.iter().all(is_word) {
        return None;
    }
    find(label, b"PRIVATE KEY")?;
    let end = find(scan.rest(at), b"-----END ").map(|end| at + end + b"-----END ".len());
    let end = end.map_or(scan.bytes.len(), |end| {
        let rest = scan.rest(end);
        let label = rest.get(..LABEL).unwrap_or(rest);
        find(label, b"-----").map_or(end, |found| end + found + b"-----".len())
    });
    Some(Found { at: at..end, kind: Kind::PrivateKey })
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}
