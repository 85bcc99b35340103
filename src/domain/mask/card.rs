//! Numbers of payment cards: of the lengths and beginnings that are in use, and right by their check digit. Neither times in
//! nanoseconds nor most of what is measured comes into question; one in ten of what does is right by chance.

use super::scan::Scan;
use super::{Found, Kind};

/// How the digits are grouped where they are.
const GROUPS: [&[usize]; 3] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];
pub(super) const SHORTEST: usize = 14;
const LONGEST: usize = 16;

/// How many digits stand here, up to one more than the longest number has.
pub(super) fn digits(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().take(LONGEST + 1).take_while(|byte| byte.is_ascii_digit()).count()
}

/// At the first of so many digits.
pub(super) fn number(scan: &Scan<'_>, at: usize, digits: usize) -> Option<Found> {
    if digits != 4 && !(SHORTEST..=LONGEST).contains(&digits) {
        return None;
    }
    match scan.before(at) {
        [.., byte] if byte.is_ascii_alphanumeric() || *byte == b'_' => return None,
        // What follows is a fraction.
        [.., b'0'..=b'9', b'.'] => return None,
        _ => {}
    }
    let rest = scan.rest(at);
    let len = match digits {
        4 => GROUPS.iter().find_map(|groups| grouped(rest, groups))?,
        _ => is_card(rest.get(..digits)?).then_some(digits)?,
    };
    is_end(rest.get(len..).unwrap_or_default()).then_some(Found { at: at..at + len, kind: Kind::Card })
}

/// The length of a number in these groups with the same sign between them.
fn grouped(rest: &[u8], groups: &[usize]) -> Option<usize> {
    let sign = *rest.get(4).filter(|sign| matches!(sign, b' ' | b'-'))?;
    let (mut digits, mut at) = (Vec::with_capacity(LONGEST), 0);
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            rest.get(at).filter(|byte| **byte == sign)?;
            at += 1;
        }
        digits.extend_from_slice(rest.get(at..at + group)?);
        at += group;
    }
    (digits.iter().all(u8::is_ascii_digit) && is_card(&digits)).then_some(at)
}

/// Whether a number may end before this.
fn is_end(rest: &[u8]) -> bool {
    match rest {
        [b'.', b'0'..=b'9', ..] => false,
        [byte, ..] => !byte.is_ascii_alphanumeric() && *byte != b'_',
        [] => true,
    }
}

fn is_card(digits: &[u8]) -> bool {
    let beginning = |len: usize| {
        digits
            .iter()
            .take(len)
            .fold(0_u32, |number, digit| number * 10 + u32::from(digit.saturating_sub(b'0')))
    };
    let is_issued = match digits.len() {
        // Diners Club
        14 => matches!(beginning(3), 300..=305) || matches!(beginning(2), 36 | 38 | 39),
        // American Express
        15 => matches!(beginning(2), 34 | 37),
        // Visa, Mastercard, Discover, JCB, UnionPay
        16 => {
            beginning(1) == 4
                || matches!(beginning(2), 51..=55 | 62 | 65)
                || matches!(beginning(3), 644..=649)
                || matches!(beginning(4), 2221..=2720 | 3528..=3589 | 6011)
        }
        _ => false,
    };
    is_issued && is_right(digits)
}

/// ISO/IEC 7812-1, annex B (Luhn).
fn is_right(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit.saturating_sub(b'0'));
            match place % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}
