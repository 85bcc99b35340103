//! Stderr for whole lines of the log, clean whatever they quote: words of vendors, senders and the system.
//!
//! Control sequences in them are taken away by tracing-subscriber itself; here goes what nobody sees, or what turns a line
//! around.

use std::borrow::Cow;
use std::io;

use crate::domain::text::{Shape, clean, clean_json};

/// Each line comes in one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// With colours.
    ForPeople,
    Json,
}

impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let clean = match self {
            Lines::ForPeople => Cow::Owned(between_colours(&text)),
            Lines::Json => clean_json(&text),
        };
        io::stderr().lock().write_all(clean.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The line with its colours, and everything between them clean.
fn between_colours(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once("\x1b[") {
        out.push_str(&clean(before, Shape::Output));
        let digits = behind.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b';')).count();
        match behind.split_at_checked(digits) {
            Some((codes, tail)) if tail.starts_with('m') => {
                out.push_str("\x1b[");
                out.push_str(codes);
                out.push('m');
                rest = tail.get(1..).unwrap_or_default();
            }
            _ => {
                out.push_str("␛[");
                rest = behind;
            }
        }
    }
    out.push_str(&clean(rest, Shape::Output));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_stay_and_nothing_else_that_acts() {
        let line =
            "\x1b[2m12:00\x1b[0m \x1b[1;31mERROR\x1b[0m it said \u{202e}abc\u{9b}2J \x1b[2J\x1b]0;x\x07\n";
        assert_eq!(
            between_colours(line),
            "\x1b[2m12:00\x1b[0m \x1b[1;31mERROR\x1b[0m it said <U+202E>abc<U+009B>2J ␛[2J␛]0;x␇\n"
        );
    }
}
