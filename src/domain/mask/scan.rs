//! The one pass: which bytes a secret may be known by, and which rule then looks. A rule is called at the byte of its form
//! that is rarest in what monitoring sends, and looks back to where the form begins.

use super::{Found, card, named, place, token};

/// A text that is looked through from its beginning to its end.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    pub bytes: &'a [u8],
    /// Behind the last secret. Nothing before it is looked at again, and what begins here begins a word.
    pub from: usize,
    /// Up to here nothing is a JWT: its first part was looked through.
    pub no_jwt: usize,
}

/// Which rules look at a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    None,
    /// `=`, `:`
    Separator,
    /// `%`, as in `%3D`
    Encoded,
    /// `-`, as in `glpat-` and `-----BEGIN`
    Dash,
    /// `_`, as in `ghp_`
    Underscore,
    /// `I`, as in `AKIA` and `AIza`
    UpperI,
    /// `J`, as in `eyJ`
    UpperJ,
    /// `b`, as in `Bearer`
    B,
    Digit,
    /// `<` and `\`, as in `<U+200B>` and `\u200b`
    Mark,
}

const SIGNS: [Sign; 256] = {
    let mut signs = [Sign::None; 256];
    signs[b'=' as usize] = Sign::Separator;
    signs[b':' as usize] = Sign::Separator;
    signs[b'%' as usize] = Sign::Encoded;
    signs[b'-' as usize] = Sign::Dash;
    signs[b'_' as usize] = Sign::Underscore;
    signs[b'I' as usize] = Sign::UpperI;
    signs[b'J' as usize] = Sign::UpperJ;
    signs[b'b' as usize] = Sign::B;
    signs[b'B' as usize] = Sign::B;
    signs[b'<' as usize] = Sign::Mark;
    signs[b'\\' as usize] = Sign::Mark;
    let mut digit = b'0';
    while digit <= b'9' {
        signs[digit as usize] = Sign::Digit;
        digit += 1;
    }
    signs
};

/// What is secret in a text, in order, and whether it has marks of hidden characters, within which more may be.
pub(super) fn all(text: &str) -> (Vec<Found>, bool) {
    let bytes = text.as_bytes();
    let mut scan = Scan { bytes, from: 0, no_jwt: 0 };
    let (mut all, mut has_marks, mut at) = (Vec::new(), false, 0);
    while let Some(byte) = bytes.get(at) {
        let found = match SIGNS[usize::from(*byte)] {
            Sign::None => None,
            Sign::Separator => place::password_of_url(&scan, at).or_else(|| named::after(&scan, at, 1)),
            Sign::Encoded if is_encoded_separator(bytes, at) => named::after(&scan, at, 3),
            Sign::Encoded => None,
            Sign::Dash => token::with_dash(&scan, at).or_else(|| place::private_key(&scan, at)),
            Sign::Underscore => token::with_underscore(&scan, at),
            Sign::UpperI => token::with_upper_i(&scan, at),
            Sign::UpperJ => token::jwt(&mut scan, at),
            Sign::B => named::bearer(&scan, at),
            Sign::Digit => card::number(&scan, at),
            Sign::Mark => {
                has_marks |= scan.rest(at).starts_with(b"<U+") || scan.rest(at).starts_with(b"\\u");
                None
            }
        };
        match found {
            Some(found) => {
                at = found.at.end.max(at + 1);
                scan.from = at;
                all.push(found);
            }
            None => at += 1,
        }
    }
    (all, has_marks)
}

fn is_encoded_separator(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1) == Some(&b'3') && matches!(bytes.get(at + 2), Some(b'D' | b'd' | b'A' | b'a'))
}

impl Scan<'_> {
    pub fn rest(&self, at: usize) -> &[u8] {
        self.bytes.get(at..).unwrap_or_default()
    }

    /// The text up to here that has not been masked.
    pub fn before(&self, at: usize) -> &[u8] {
        self.bytes.get(self.from..at).unwrap_or_default()
    }

    /// Whether a word may begin here: no letter and no digit stands before it.
    pub fn begins(&self, at: usize) -> bool {
        self.before(at).last().is_none_or(|byte| !byte.is_ascii_alphanumeric())
    }

    /// Where the bytes end that are of a kind, from here on.
    pub fn run(&self, at: usize, is: impl Fn(u8) -> bool) -> usize {
        at + self.rest(at).iter().take_while(|byte| is(**byte)).count()
    }
}
