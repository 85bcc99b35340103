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
    /// `B`, as in `Bearer`
    UpperB,
    Digit,
    /// `<` and `\`, as in `<U+200B>` and `\u200b`
    Mark,
}

type Signs = [Sign; 256];

const WITHOUT_DIGITS: Signs = {
    let mut signs = [Sign::None; 256];
    signs[b'=' as usize] = Sign::Separator;
    signs[b':' as usize] = Sign::Separator;
    signs[b'%' as usize] = Sign::Encoded;
    signs[b'-' as usize] = Sign::Dash;
    signs[b'_' as usize] = Sign::Underscore;
    signs[b'I' as usize] = Sign::UpperI;
    signs[b'J' as usize] = Sign::UpperJ;
    signs[b'B' as usize] = Sign::UpperB;
    signs[b'<' as usize] = Sign::Mark;
    signs[b'\\' as usize] = Sign::Mark;
    signs
};

const WITH_DIGITS: Signs = {
    let mut signs = WITHOUT_DIGITS;
    let mut digit = b'0';
    while digit <= b'9' {
        signs[digit as usize] = Sign::Digit;
        digit += 1;
    }
    signs
};

/// What to look for in a text: digits only where there are enough of them for a card.
fn signs(bytes: &[u8]) -> &'static Signs {
    let digits = || bytes.iter().map(|byte| usize::from(byte.is_ascii_digit())).sum::<usize>();
    let enough = bytes.len() >= card::SHORTEST && digits() >= card::SHORTEST;
    if enough { &WITH_DIGITS } else { &WITHOUT_DIGITS }
}

/// What is secret in a text, in order, and whether it has marks of hidden characters, within which more may be.
pub(super) fn all(text: &str) -> (Vec<Found>, bool) {
    let bytes = text.as_bytes();
    let signs = signs(bytes);
    match next_sign(signs, bytes, 0) {
        // The way of nearly every label.
        None => (Vec::new(), false),
        Some(first) => all_from(first, signs, bytes),
    }
}

fn all_from(first: (usize, Sign), signs: &Signs, bytes: &[u8]) -> (Vec<Found>, bool) {
    let mut scan = Scan { bytes, from: 0, no_jwt: 0 };
    let (mut all, mut has_marks, mut next) = (Vec::new(), false, Some(first));
    while let Some((mut at, sign)) = next {
        let found = match sign {
            Sign::None => None,
            Sign::Separator if scan.rest(at).starts_with(b"://") => place::password_of_url(&scan, at),
            Sign::Separator => named::after(&scan, at, 1),
            Sign::Encoded if is_encoded_separator(bytes, at) => named::after(&scan, at, 3),
            Sign::Encoded => None,
            Sign::Dash if bytes.get(at + 1) == Some(&b'-') => place::private_key(&scan, at),
            Sign::Dash => token::with_dash(&scan, at),
            Sign::Underscore => token::with_underscore(&scan, at),
            Sign::UpperI => token::with_upper_i(&scan, at),
            Sign::UpperJ => token::jwt(&mut scan, at),
            Sign::UpperB => named::bearer(&scan, at),
            Sign::Digit => {
                let digits = card::digits(bytes, at);
                let found = card::number(&scan, at, digits);
                at += if found.is_none() { digits - 1 } else { 0 };
                found
            }
            Sign::Mark => {
                has_marks |= matches!(scan.rest(at), [b'<', b'U', b'+', ..] | [b'\\', b'u', ..]);
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
        next = next_sign(signs, bytes, at);
    }
    (all, has_marks)
}

fn next_sign(signs: &Signs, bytes: &[u8], from: usize) -> Option<(usize, Sign)> {
    let rest = bytes.get(from..)?.iter().map(|byte| signs[usize::from(*byte)]);
    rest.enumerate().find(|(_, sign)| *sign != Sign::None).map(|(behind, sign)| (from + behind, sign))
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
