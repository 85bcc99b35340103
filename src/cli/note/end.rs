//! The end of an output, where errors stand: the whole of it if a note can hold that, and otherwise as much of its end, said
//! to be no more than that.

use crate::domain::text::{MAX_LINES, MAX_TEXT_BYTES, Shape, Text, clean};

/// More than this many bytes are not held, however much comes.
const MOST: usize = 8 * MAX_TEXT_BYTES;
/// This many are left then; colours take a part of them that no note shows.
const LEFT: usize = 4 * MAX_TEXT_BYTES;
/// For the line that says what is missing.
const HEAD: usize = 128;

/// Takes an output piece by piece.
#[derive(Debug, Default)]
pub struct End {
    held: Vec<u8>,
    /// How many bytes have come.
    all: u64,
}

impl End {
    pub fn push(&mut self, piece: &[u8]) {
        self.all = self.all.saturating_add(piece.len() as u64);
        self.held.extend_from_slice(piece);
        if self.held.len() > MOST {
            self.let_go();
        }
    }

    /// Forgets the beginning, up to a line if there is one near, so that nothing is left of half a colour; never up to
    /// the middle of a character.
    fn let_go(&mut self) {
        let cut = self.held.len().saturating_sub(LEFT);
        let rest = self.held.get(cut..).unwrap_or_default();
        let near = rest.iter().take(LEFT / 2).position(|byte| *byte == b'\n');
        let begun = || rest.iter().take_while(|byte| matches!(byte, 0x80..=0xBF)).count();
        let skipped = near.map_or_else(begun, |newline| newline + 1);
        self.held.drain(..cut + skipped);
    }

    /// As a note keeps it: without colours, clean, and never longer than a note can be.
    pub fn text(&self) -> Text {
        let raw = String::from_utf8_lossy(&self.held);
        let plain = anstream::adapter::strip_str(&raw).to_string();
        let whole = Text::clean(&plain);
        if self.all == self.held.len() as u64 && *whole == *clean(&plain, Shape::Output) {
            return whole;
        }
        let end = plain.get(start_of_what_fits(&plain)..).unwrap_or_default();
        Text::clean(&format!("… this is the end of {} bytes; what came before is not kept\n{end}", self.all))
    }
}

/// Where the longest end begins that a note holds whole once it is clean: cleaning makes some characters longer, and a note
/// that is too long would lose its end.
fn start_of_what_fits(plain: &str) -> usize {
    // One line is the head's, and one may be begun after the last newline.
    let (mut bytes, mut newlines) = (MAX_TEXT_BYTES - HEAD, MAX_LINES - 2);
    let mut start = plain.len();
    for (index, c) in plain.char_indices().rev() {
        // By itself a character becomes at least as long as in its place.
        let length = clean(c.encode_utf8(&mut [0; 4]), Shape::Output).len();
        let left = (bytes.checked_sub(length), newlines.checked_sub(usize::from(c == '\n')));
        let (Some(fewer), Some(lines)) = left else { break };
        (bytes, newlines, start) = (fewer, lines, index);
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(output: &[u8], piece: usize) -> Text {
        let mut end = End::default();
        output.chunks(piece).for_each(|piece| end.push(piece));
        end.text()
    }

    fn head(bytes: usize) -> String {
        format!("… this is the end of {bytes} bytes; what came before is not kept\n")
    }

    #[test]
    fn what_fits_is_kept_whole_to_the_last_byte() {
        assert_eq!(&*of(b"\x1b[31mred\x1b[0m\n", 3), "red\n");
        let longest = "x".repeat(MAX_TEXT_BYTES);
        assert_eq!(*of(longest.as_bytes(), 1000), longest);
        let lines = "x\n".repeat(MAX_LINES);
        assert_eq!(*of(lines.as_bytes(), 1000), lines);
    }

    #[test]
    fn what_is_longer_keeps_its_end_and_says_how_much_there_was() {
        let every = |filler: &str, times: usize| {
            let output = filler.repeat(times) + "the error";
            let kept = of(output.as_bytes(), 4099);
            let rest = kept.strip_prefix(&head(output.len())).unwrap_or_else(|| panic!("{:.200}", &*kept));
            assert!(rest.ends_with("the error") && kept.len() <= MAX_TEXT_BYTES, "{filler:?}");
            // Most of the room is used: of bytes, or of lines.
            let used = kept.len() > MAX_TEXT_BYTES - 200 || kept.lines().count() >= MAX_LINES - 1;
            assert!(used, "{filler:?}: {} bytes", kept.len());
            rest.to_owned()
        };
        every("x", MAX_TEXT_BYTES);
        every("x", 40 * MAX_TEXT_BYTES);
        every("a line\n", 3_000);
        every("a line\r\n", 300_000);
        every("\t", 20_000);
        every("\u{202e}", 20_000);
        let wide = every("日本", 500_000);
        assert!(wide.trim_end_matches("the error").chars().all(|c| "日本".contains(c)), "half a character");
        let red = every("\x1b[38;5;196mred\x1b[0m\n", 60_000);
        assert!(red.lines().skip(1).all(|line| line == "red" || line == "the error"), "{red:.200}");
    }

    #[test]
    fn one_line_longer_than_all_that_is_held_is_not_lost_at_its_end() {
        let output = "x".repeat(MOST) + "}\n";
        let kept = of(output.as_bytes(), output.len());
        assert!(kept.starts_with(&head(output.len())) && kept.ends_with("xxx}\n"), "{} bytes", kept.len());
    }

    #[test]
    fn what_is_no_text_is_kept_as_far_as_it_can_be_read() {
        assert_eq!(&*of(b"caf\xe9 \xff\n", 4), "caf\u{FFFD} \u{FFFD}\n");
    }
}
