//! Fitting text into columns: by what a reader sees as one character, and by how wide it is drawn.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::{Run, Runs};

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(|one| one.width()).sum() }
}

/// The head of `text` that fits into `columns`, and what it takes.
fn head(text: &str, columns: usize) -> (&str, usize) {
    let mut taken = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let wide = grapheme.width();
        if taken + wide > columns {
            return (text.get(..at).unwrap_or_default(), taken);
        }
        taken += wide;
    }
    (text, taken)
}

/// `text` in at most `columns`: whole, or its head and `ellipsis`.
pub fn cut<'a>(text: &'a str, columns: usize, ellipsis: &str) -> Cow<'a, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let (kept, _) = head(text, columns.saturating_sub(width(ellipsis)));
    let (tail, _) = head(ellipsis, columns);
    Cow::Owned(format!("{}{tail}", kept.trim_end()))
}

/// A row of words in at most `columns`.
pub fn cut_runs(runs: Runs, columns: usize, ellipsis: &str) -> Runs {
    if super::runs_width(&runs) <= columns {
        return runs;
    }
    let mut left = columns.saturating_sub(width(ellipsis));
    let mut kept = Runs::new();
    for run in runs {
        let (text, taken) = head(&run.text, left);
        let whole = text.len() == run.text.len();
        if whole {
            left -= taken;
            kept.push(run);
        } else {
            let (tail, _) = head(ellipsis, columns);
            kept.push(Run { text: format!("{}{tail}", text.trim_end()), role: run.role });
            break;
        }
    }
    kept
}

/// `text` cut or filled up with blanks to exactly `columns`.
pub fn padded(text: &str, columns: usize, ellipsis: &str) -> String {
    let mut padded = cut(text, columns, ellipsis).into_owned();
    padded.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(&padded))));
    padded
}

/// Breaks `text` into rows of at most `columns`, at blanks where it can. No more than `most` rows: the last one then
/// ends in `ellipsis`, and the rest of the text is not looked at.
pub fn wrap(text: &str, columns: usize, most: usize, ellipsis: &str) -> Vec<String> {
    let columns = columns.max(1);
    let mut rows: Vec<String> = Vec::new();
    'text: for line in text.lines() {
        let indent: String = line.chars().take_while(|c| *c == ' ').take(columns / 2).collect();
        let mut row = indent.clone();
        let mut taken = indent.len();
        let mut words = 0;
        let before = rows.len();
        for word in line.split(' ').filter(|word| !word.is_empty()) {
            let wide = width(word);
            let gap = usize::from(words > 0);
            if taken + gap + wide <= columns {
                row.extend(std::iter::repeat_n(' ', gap));
                row.push_str(word);
                taken += gap + wide;
                words += 1;
                continue;
            }
            if words > 0 {
                rows.push(std::mem::take(&mut row));
                taken = 0;
            }
            let mut rest = word;
            let mut wide = wide;
            while wide > columns - taken.min(columns - 1) {
                if rows.len() > most {
                    break 'text;
                }
                let (part, part_wide) = head(rest, columns - taken.min(columns - 1));
                // A character wider than the column: one a row, or there would be no end.
                let (part, part_wide) = match part.is_empty() {
                    true => rest.graphemes(true).next().map_or((rest, wide), |one| (one, width(one))),
                    false => (part, part_wide),
                };
                row.push_str(part);
                rows.push(std::mem::take(&mut row));
                taken = 0;
                rest = rest.get(part.len()..).unwrap_or_default();
                // Counted down, not counted anew: a long word is walked through once.
                wide = wide.saturating_sub(part_wide);
            }
            row.push_str(rest);
            taken += wide;
            words = usize::from(!rest.is_empty());
            if rows.len() > most {
                break 'text;
            }
        }
        // Nothing is left behind a word that was broken exactly at the end of a row.
        if words > 0 || rows.len() == before {
            rows.push(row);
        }
        if rows.len() > most {
            break;
        }
    }
    if rows.len() > most {
        rows.truncate(most);
        if let Some(last) = rows.last_mut() {
            let room = columns.saturating_sub(width(ellipsis) + 1);
            let (kept, _) = head(last, room);
            *last = format!("{} {ellipsis}", kept.trim_end());
        }
    }
    rows
}

/// Breaks rows of words at the ends of runs: a run is never torn unless it is wider than the row.
pub fn flow(parts: Vec<Runs>, columns: usize, gap: &str) -> Vec<Runs> {
    let mut rows: Vec<Runs> = Vec::new();
    let mut taken = 0;
    for part in parts {
        let wide = super::runs_width(&part);
        let between = width(gap);
        match rows.last_mut() {
            Some(row) if taken + between + wide <= columns => {
                row.push(super::run(crate::tui::theme::Role::TextMuted, gap));
                row.extend(part);
                taken += between + wide;
            }
            _ => {
                taken = wide;
                rows.push(part);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_cut_by_what_is_drawn_not_by_bytes() {
        assert_eq!(cut("checkout", 8, "…"), "checkout");
        assert_eq!(cut("checkout", 6, "…"), "check…");
        assert_eq!(cut("支払い失敗", 7, "…"), "支払い…");
        assert_eq!(cut("支払い失敗", 6, "…"), "支払…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2, "…"), "e\u{301}…");
        assert_eq!(cut("checkout", 0, "…"), "");
        assert_eq!(padded("支", 4, "…"), "支  ");
    }

    #[test]
    fn words_wrap_at_blanks_and_long_words_anywhere() {
        assert_eq!(wrap("roll back the canary", 9, 9, "…"), ["roll back", "the", "canary"]);
        assert_eq!(wrap("aaaaaaaaaa b", 4, 9, "…"), ["aaaa", "aaaa", "aa b"]);
        assert_eq!(wrap("one\n  two three", 7, 9, "…"), ["one", "  two", "three"]);
        assert_eq!(wrap("one two three four", 5, 2, "…"), ["one", "two …"]);
        assert_eq!(wrap("支払", 1, 9, "…"), ["支", "払"]);
        assert_eq!(wrap("支払い失敗 x", 4, 9, "…"), ["支払", "い失", "敗 x"]);
        let long = "é".repeat(32 * 1024);
        let rows = wrap(&long, 96, usize::MAX - 1, "…");
        assert_eq!((rows.len(), rows.concat()), ((32 * 1024_usize).div_ceil(96), long));
    }

    proptest! {
        #[test]
        fn whatever_is_cut_or_wrapped_fits(text in ".{0,80}", columns in 2usize..40, most in 1usize..6) {
            prop_assert!(width(&cut(&text, columns, "…")) <= columns);
            prop_assert_eq!(width(&padded(&text, columns, "…")), columns);
            let rows = wrap(&text, columns, most, "…");
            prop_assert!(rows.len() <= most);
            for row in rows {
                prop_assert!(width(&row) <= columns, "{:?} {}", row, columns);
            }
        }
    }
}
