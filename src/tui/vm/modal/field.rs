//! Text that somebody is typing: broken into rows where it is wide, with the cursor in sight. What is typed is cleaned
//! when it is sent; here only what is seen of it, so that nobody piles marks over the rows around.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::domain::text::{Shape, clean};
use crate::tui::vm::text;

/// The rows of a text that are seen, and where the cursor stands in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub rows: Vec<String>,
    pub cursor: (usize, usize),
}

/// `lines` in `columns` by at most `height`, around the cursor (line and character).
pub(super) fn lines(lines: &[String], cursor: (usize, usize), columns: usize, height: usize) -> Seen {
    let mut rows: Vec<String> = Vec::new();
    let mut at = (0, 0);
    for (number, line) in lines.iter().enumerate() {
        let mut characters = 0;
        for row in broken(line, columns.max(2)) {
            if number == cursor.0 && characters <= cursor.1 {
                let before: String = row.chars().take(cursor.1 - characters).collect();
                at = (rows.len(), text::width(&before));
            }
            characters += row.chars().count();
            rows.push(row.to_owned());
        }
    }
    let first = (at.0 + 1).saturating_sub(height.max(1));
    let seen = rows.into_iter().skip(first).take(height.max(1));
    let rows: Vec<String> = seen.map(|row| clean(&row, Shape::Output).into_owned()).collect();
    Seen { rows, cursor: (at.0 - first, at.1) }
}

/// A line in rows narrower than `columns` (the cursor needs a column of its own behind the last character), broken
/// behind blanks where there are any. Nothing is left out: the rows are the line.
fn broken(line: &str, columns: usize) -> Vec<&str> {
    let mut rows = Vec::new();
    let (mut begin, mut taken) = (0, 0);
    // Behind the last blank of the row, and what was taken up to there.
    let mut blank: Option<(usize, usize)> = None;
    for (at, grapheme) in line.grapheme_indices(true) {
        let wide = text::width(grapheme);
        if taken + wide >= columns && at > begin {
            let (end, kept) = blank.take().unwrap_or((at, taken));
            rows.push(line.get(begin..end).unwrap_or_default());
            begin = end;
            taken -= kept;
        }
        taken += wide;
        if grapheme == " " {
            blank = Some((at + 1, taken));
        }
    }
    rows.push(line.get(begin..).unwrap_or_default());
    rows
}

/// One line in `columns`: the part around the cursor, and the cursor's column in it.
pub(super) fn line(input: &tui_input::Input, columns: usize) -> (String, usize) {
    let columns = columns.max(2);
    let value = input.value();
    let before: String = value.chars().take(input.cursor()).collect();
    let mut skipped = 0;
    let mut begin = 0;
    for (at, grapheme) in before.grapheme_indices(true) {
        if text::width(&before) - skipped < columns {
            break;
        }
        skipped += text::width(grapheme);
        begin = at + grapheme.len();
    }
    let mut shown = String::new();
    let mut taken = 0;
    for grapheme in value.get(begin..).unwrap_or_default().graphemes(true) {
        taken += text::width(grapheme);
        if taken > columns {
            break;
        }
        shown.push_str(grapheme);
    }
    let shown = clean(&shown, Shape::Output).into_owned();
    (shown, text::width(&before).saturating_sub(skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_always_in_sight() {
        let typed = vec!["rolling back".to_owned(), "the canary".to_owned(), String::new()];
        assert_eq!(lines(&typed, (0, 3), 20, 5).cursor, (0, 3));
        let seen = lines(&typed, (0, 12), 8, 2);
        assert_eq!((seen.rows, seen.cursor), (vec!["rolling".to_owned(), " back".to_owned()], (1, 5)));
        let seen = lines(&typed, (0, 9), 10, 3);
        assert_eq!((seen.rows[0].as_str(), seen.cursor), ("rolling ", (1, 1)));
        assert_eq!(lines(&typed, (2, 0), 20, 1).rows, [""]);
        let input = tui_input::Input::new("0123456789".to_owned());
        assert_eq!(line(&input, 6), ("56789".to_owned(), 5));
        assert_eq!(line(&input.with_cursor(0), 6), ("012345".to_owned(), 0));
    }
}
