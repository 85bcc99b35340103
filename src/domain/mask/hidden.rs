//! Secrets with something within them that nobody sees: cleaning put its code there (`<U+200B>`), or it stands as JSON writes it
//! (`\u200b`) or as a parser's complaint quotes it (`\u{200b}`). They are looked for as if it were not there.

use super::{Found, scan};

/// What is secret once marks are left out, in order, with the marks that are within it.
pub(super) fn all(text: &str) -> Vec<Found> {
    let (mut seen, mut places) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(found) = rest.find(['<', '\\']) {
        let (before, behind) = rest.split_at_checked(found).unwrap_or((rest, ""));
        let mark = mark(behind);
        // Its first character stays where it is no mark.
        let kept = if mark == 0 { found + 1 } else { found };
        keep(&mut seen, &mut places, text.len() - rest.len(), rest.get(..kept).unwrap_or(before));
        rest = rest.get(kept + mark..).unwrap_or_default();
    }
    keep(&mut seen, &mut places, text.len() - rest.len(), rest);
    let (mut found, _) = scan::all(&seen);
    for one in &mut found {
        let last = one.at.end.saturating_sub(1);
        one.at = in_text(&places, one.at.start)..in_text(&places, last) + one.at.end - last;
    }
    found
}

/// A piece that stays, and where it came from.
fn keep(seen: &mut String, places: &mut Vec<(usize, usize)>, from: usize, piece: &str) {
    if !piece.is_empty() {
        places.push((seen.len(), from));
        seen.push_str(piece);
    }
}

fn in_text(places: &[(usize, usize)], at: usize) -> usize {
    let after = places.partition_point(|(seen, _)| *seen <= at);
    let (seen, from) = after.checked_sub(1).and_then(|last| places.get(last)).copied().unwrap_or_default();
    from + (at - seen)
}

/// The length of the mark that a text begins with, or 0.
fn mark(text: &str) -> usize {
    let bytes = text.as_bytes();
    let count = |from: usize, is: fn(&u8) -> bool| {
        bytes.get(from..).unwrap_or_default().iter().take(6).take_while(|byte| is(byte)).count()
    };
    let digits = |from| count(from, u8::is_ascii_hexdigit);
    let closed = |end: usize, by: u8| if bytes.get(end) == Some(&by) { end + 1 } else { 0 };
    match bytes {
        [b'\\', b'u', b'{', ..] => closed(3 + digits(3), b'}'),
        [b'\\', b'u', ..] if digits(2) >= 4 => 6,
        [b'<', b'U', b'+', ..] => {
            let end = 3 + digits(3);
            match bytes.get(end..) {
                // A run of tags, `<U+E0041 x17>`.
                Some([b' ', b'x', ..]) => closed(end + 2 + count(end + 2, u8::is_ascii_digit), b'>'),
                Some(_) | None => closed(end, b'>'),
            }
        }
        _ => 0,
    }
}
