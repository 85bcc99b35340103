//! Secrets with something within them that nobody sees: cleaning put its code there (`<U+200B>`), or it stands as JSON writes it
//! (`\u200b`). They are looked for as if it were not there.

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
    let is_hex = |code: &str| code.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(code) = text.strip_prefix("\\u") {
        return if code.get(..4).is_some_and(is_hex) { 6 } else { 0 };
    }
    let Some(code) = text.strip_prefix("<U+") else { return 0 };
    // `<U+E0041 x17>` is the longest that there can be but for the number of a run.
    let Some(end) = code.bytes().take(24).position(|byte| byte == b'>') else { return 0 };
    let (code, run) = code
        .get(..end)
        .and_then(|code| code.split_once(" x"))
        .unwrap_or((code.get(..end).unwrap_or_default(), "1"));
    if (4..=6).contains(&code.len()) && is_hex(code) && run.bytes().all(|byte| byte.is_ascii_digit()) {
        end + 4
    } else {
        0
    }
}
