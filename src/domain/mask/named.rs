//! Values that their name says are secret, `password=…`, and credentials behind the word for their scheme, `Bearer …`.

use super::scan::Scan;
use super::{Found, Kind};

/// Names end in one of these, in letters of either case.
const NAMES: [(&[u8], Kind); 13] = [
    (b"password", Kind::Password),
    (b"passwd", Kind::Password),
    (b"passphrase", Kind::Password),
    (b"secret", Kind::Secret),
    (b"token", Kind::Token),
    (b"api_key", Kind::ApiKey),
    (b"api-key", Kind::ApiKey),
    (b"apikey", Kind::ApiKey),
    (b"access_key", Kind::ApiKey),
    (b"accesskey", Kind::ApiKey),
    (b"secret_key", Kind::ApiKey),
    (b"secretkey", Kind::ApiKey),
    (b"authorization", Kind::Credentials),
];

/// The words for schemes behind which credentials stand.
const SCHEMES: [&[u8]; 4] = [b"bearer", b"basic", b"token", b"apikey"];

/// How much of a value is looked at to say whether it is a word or a secret.
const LOOK: usize = 64;
/// How many blanks may stand around a separator.
const BLANKS: usize = 8;

fn kind_of(name: &[u8]) -> Option<Kind> {
    // Not many words end like one of NAMES, whose last two letters these are.
    let [.., second, last] = name else { return None };
    match (second.to_ascii_lowercase(), last.to_ascii_lowercase()) {
        (b'r' | b'w', b'd') | (b's', b'e') | (b'e', b't' | b'n' | b'y') | (b'o', b'n') => {}
        (_, _) => return None,
    }
    let ends = |word: &[u8]| {
        name.len() >= word.len()
            && name.iter().rev().zip(word.iter().rev()).all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    NAMES.iter().find(|(word, _)| ends(word)).map(|(_, kind)| *kind)
}

/// What a label or annotation of this name holds, whatever it is. `secret` is not among them: in Kubernetes it is the name of
/// one.
pub(super) fn always_secret(name: &str) -> Option<Kind> {
    kind_of(name.as_bytes()).filter(|kind| *kind != Kind::Secret)
}

/// How a value is enclosed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    /// With so many backslashes before it, as where JSON is within JSON.
    Plain(u8, usize),
    /// `%22` and `%27`
    Encoded(u8),
}

impl Quote {
    /// The quote that stands here, and how many bytes it has.
    fn of(rest: &[u8]) -> (Quote, usize) {
        let slashes = rest.iter().take(BLANKS).take_while(|byte| **byte == b'\\').count();
        match rest.get(slashes..).unwrap_or_default() {
            [quote @ (b'"' | b'\'' | b'`'), ..] => (Quote::Plain(*quote, slashes), slashes + 1),
            [b'%', b'2', digit @ (b'2' | b'7'), ..] if slashes == 0 => (Quote::Encoded(*digit), 3),
            _ => (Quote::None, 0),
        }
    }
}

/// At a separator of so many bytes: the value behind it, if the name before it says that it is secret.
pub(super) fn after(scan: &Scan<'_>, at: usize, len: usize) -> Option<Found> {
    let (name, is_quoted) = name_before(scan.before(at));
    let kind = kind_of(name)?;
    let (sign, mut from) = (scan.bytes.get(at)?, at + len);
    let before = scan.before(at).last();
    match (sign, scan.bytes.get(from)) {
        // A path, or an address.
        (b':', Some(b':' | b'=')) => return None,
        (b':', Some(b'/')) if scan.rest(from).starts_with(b"//") => return None,
        (b':', _) if before == Some(&b':') => return None,
        // A matcher of PromQL.
        (b'=' | b'%', Some(b'~')) if is_quote_or_blank(scan.rest(from + 1)) => return None,
        (b'=', Some(b'=' | b'>')) => from += 1,
        (_, _) => {}
    }
    // `a: b` and `a = b`, but `a= b=c` has two names.
    if *sign == b':' || before == Some(&b' ') || from > at + len {
        from += blanks(scan.rest(from));
    }
    let (quote, quote_len) = Quote::of(scan.rest(from));
    from += quote_len;
    let is_encoded = *sign == b'%';
    if kind == Kind::Credentials {
        return behind_scheme(scan, from, quote, is_encoded);
    }
    let beginning = value(scan, from, quote, is_encoded, LOOK)?;
    // In a sentence or a query these may be words: `secret: not found`, `token%3D~`.
    let is_word = matches!(kind, Kind::Secret | Kind::Token)
        && (is_encoded || (*sign == b':' && !is_quoted && quote == Quote::None));
    let is_none = match quote {
        Quote::None => is_said_otherwise(beginning) || matches!(beginning, [] | [b'[' | b'{' | b'(', ..]),
        Quote::Plain(..) | Quote::Encoded(_) => beginning.is_empty() || is_mask(beginning),
    };
    if is_none || (is_word && !looks_secret(beginning)) {
        return None;
    }
    let value = value(scan, from, quote, is_encoded, usize::MAX)?;
    Some(Found { at: from..from + value.len(), kind })
}

/// The name that ends where a text does, without blanks and quotes around it, and whether it has quotes.
fn name_before(before: &[u8]) -> (&[u8], bool) {
    let blanks = before.iter().rev().take(BLANKS).take_while(|byte| **byte == b' ').count();
    let name = before.get(..before.len() - blanks).unwrap_or_default();
    let unquoted = match name {
        [name @ .., b'"' | b'\'' | b'`'] => {
            let slashes = name.iter().rev().take(BLANKS).take_while(|byte| **byte == b'\\').count();
            name.get(..name.len() - slashes).unwrap_or_default()
        }
        [name @ .., b'%', b'2', b'2' | b'7'] => name,
        // `:=`
        [name @ .., b':'] => name,
        name => name,
    };
    (unquoted, unquoted.len() < name.len() && name.last() != Some(&b':'))
}

fn is_quote_or_blank(rest: &[u8]) -> bool {
    blanks(rest) > 0 || Quote::of(rest).0 != Quote::None
}

fn blanks(rest: &[u8]) -> usize {
    rest.iter().take(BLANKS).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// The value that begins here, or so many bytes of it. A quote that does not end is one to the end of its line.
fn value<'a>(scan: &Scan<'a>, from: usize, quote: Quote, is_encoded: bool, most: usize) -> Option<&'a [u8]> {
    let rest = scan.bytes.get(from..)?;
    let (mut end, mut slashes_before) = (0, 0);
    while let Some(byte) = rest.get(end).filter(|_| end < most) {
        let behind = rest.get(end..).unwrap_or_default();
        match quote {
            Quote::None if ends_value(behind, *byte, is_encoded) => break,
            Quote::Plain(quote, slashes) if *byte == quote && slashes_before <= slashes => {
                end -= slashes_before;
                break;
            }
            Quote::Encoded(digit) if behind.starts_with(&[b'%', b'2', digit]) => break,
            Quote::Plain(..) | Quote::Encoded(_) if ends_line(behind, *byte) => break,
            Quote::None | Quote::Plain(..) | Quote::Encoded(_) => {}
        }
        slashes_before = if *byte == b'\\' { slashes_before + 1 } else { 0 };
        end += 1;
    }
    rest.get(..end)
}

/// A newline, or the picture of one in a line.
fn ends_line(rest: &[u8], byte: u8) -> bool {
    byte == b'\n' || (byte == 0xE2 && rest.starts_with("␤".as_bytes()))
}

fn ends_value(rest: &[u8], byte: u8, is_encoded: bool) -> bool {
    match byte {
        b',' | b';' | b'&' | b'"' | b'\'' | b'`' | b'<' | b'>' | b')' | b']' | b'}' | b'|' | b'\\' => true,
        b'+' => is_encoded,
        b'%' if is_encoded => {
            let code = rest.get(1..3).unwrap_or_default().to_ascii_uppercase();
            matches!(&*code, b"20" | b"22" | b"26" | b"27" | b"2C" | b"3B" | b"7D" | b"0A")
        }
        byte => byte.is_ascii_whitespace() || ends_line(rest, byte),
    }
}

/// Behind `Authorization:`. The word for the scheme stays.
fn behind_scheme(scan: &Scan<'_>, from: usize, quote: Quote, is_encoded: bool) -> Option<Found> {
    let scheme = first_word(scan.rest(from), SCHEMES);
    let between = scheme.map_or(0, |scheme| gap(scan.rest(from + scheme.len())));
    let from = match scheme {
        Some(scheme) if between > 0 => from + scheme.len() + between,
        Some(_) | None => from,
    };
    let beginning = value(scan, from, quote, is_encoded, LOOK)?;
    let is_secret = if between > 0 { !beginning.is_empty() } else { looks_secret(beginning) };
    if !is_secret || is_mask(beginning) {
        return None;
    }
    let value = value(scan, from, quote, is_encoded, usize::MAX)?;
    Some(Found { at: from..from + value.len(), kind: Kind::Credentials })
}

/// Which of these a text begins with, in letters of either case.
fn first_word<const N: usize>(text: &[u8], words: [&'static [u8]; N]) -> Option<&'static [u8]> {
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word));
    words.into_iter().find(|word| begins(word))
}

/// How many bytes part a scheme from its credentials; none when nothing does.
fn gap(rest: &[u8]) -> usize {
    match rest {
        [b' ' | b'\t', ..] => blanks(rest),
        [b'+', ..] => 1,
        [b'%', b'2', b'0', ..] => 3,
        _ => 0,
    }
}

/// At a `B`: credentials behind `Bearer` or `Basic` wherever it stands, if they look like some.
pub(super) fn bearer(scan: &Scan<'_>, at: usize) -> Option<Found> {
    let scheme = first_word(scan.rest(at), [b"bearer", b"basic"])?;
    let between = gap(scan.rest(at + scheme.len()));
    if between == 0 || !scan.begins(at) {
        return None;
    }
    let from = at + scheme.len() + between;
    let is = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let look = scan.rest(from).iter().take(LOOK).take_while(|byte| is(**byte)).count();
    if !looks_secret(scan.bytes.get(from..from + look)?) {
        return None;
    }
    Some(Found { at: from..scan.run(from, is), kind: Kind::Credentials })
}

/// Whether this is no word: it has digits, or letters of both cases.
fn looks_secret(value: &[u8]) -> bool {
    let digits = value.iter().any(u8::is_ascii_digit);
    let upper = value.iter().skip(1).any(u8::is_ascii_uppercase);
    value.len() >= 8 && (digits || (upper && value.iter().any(u8::is_ascii_lowercase)))
}

/// Whether a value says that there is none, or whether there is one.
fn is_said_otherwise(value: &[u8]) -> bool {
    [b"null".as_slice(), b"none", b"nil", b"true", b"false"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
}

fn is_mask(value: &[u8]) -> bool {
    value.starts_with(b"[masked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_known_for_one_alone_and_at_the_end_of_another() {
        for (word, kind) in NAMES {
            assert_eq!(kind_of(word), Some(kind));
            assert_eq!(kind_of(&[b"DB_".as_slice(), word].concat().to_ascii_uppercase()), Some(kind));
        }
    }
}
