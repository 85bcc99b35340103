//! Which bytes may leave for a terminal, written down apart from the code that makes them, so that a hole in it is not a
//! hole in the check.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthChar as _;
use vte::{Params, Parser, Perform};

/// The sequences that the full screen uses. Everything else that is not text is somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Frames: the cursor to a place or forward, colours, clearing the screen or the rest of a line, the cursor's
    /// visibility.
    Screen,
    /// A whole run in a terminal: frames and what makes each appear at once, and switching the terminal over and back.
    Terminal,
    /// Lines of text for people or programs, on stdout or stderr. Line feeds and nothing else.
    Lines,
    /// The log on a terminal: lines with colours.
    ColouredLines,
}

/// What is wrong with these bytes; empty when nothing is.
pub fn violations(bytes: &[u8], sender: Sender) -> BTreeSet<String> {
    let mut check = Check { sender, marks: 0, found: BTreeSet::new() };
    if let Err(error) = std::str::from_utf8(bytes) {
        check.found.insert(format!("not UTF-8 at byte {}", error.valid_up_to()));
    }
    Parser::new().advance(&mut check, bytes);
    check.found
}

/// Fails the test when a byte leaves that must not; `what` says which text and where.
#[track_caller]
pub fn assert_allowed(bytes: &[u8], sender: Sender, what: &str) {
    let found = violations(bytes, sender);
    assert!(found.is_empty(), "{what}: {found:?}\n{}", excerpt(bytes));
}

/// Where it went wrong, in ASCII.
fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let bad = |c: char| c != '\n' && (hidden(c) || (c.is_control() && c != '\u{1b}'));
    let at = text.find(bad).unwrap_or(0);
    let near: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
    let behind: String = text[at..].chars().take(60).collect();
    format!("{} >>> {}", near.escape_debug(), behind.escape_unicode())
}

/// How many marks may stand on one character.
const MARKS: usize = 4;

struct Check {
    sender: Sender,
    marks: usize,
    found: BTreeSet<String>,
}

impl Check {
    fn refuse(&mut self, what: String) {
        self.found.insert(what);
    }

    /// What the senders are said to send, number by number.
    fn is_ours(&self, params: &Params, intermediates: &[u8], action: char) -> bool {
        let numbers: Vec<u16> = params.iter().map(|one| one.first().copied().unwrap_or(0)).collect();
        if params.iter().any(|one| one.len() > 1) {
            return false;
        }
        let colours = || intermediates.is_empty() && action == 'm' && is_pen(&numbers);
        match self.sender {
            Sender::Lines => false,
            Sender::ColouredLines => colours(),
            Sender::Screen | Sender::Terminal => {
                let modes: &[u16] =
                    if self.sender == Sender::Screen { &[25] } else { &[25, 1004, 1049, 2004, 2026] };
                let position = || intermediates.is_empty() && action == 'H' && numbers.len() == 2;
                let forward = || {
                    intermediates.is_empty() && action == 'C' && matches!(numbers[..], [count] if count > 0)
                };
                let rest_of_line = || intermediates.is_empty() && action == 'K' && numbers == [0];
                let clear = || intermediates.is_empty() && action == 'J' && numbers == [2];
                let mode = || {
                    intermediates == b"?"
                        && matches!(action, 'h' | 'l')
                        && matches!(numbers[..], [mode] if modes.contains(&mode))
                };
                colours() || position() || forward() || rest_of_line() || clear() || mode()
            }
        }
    }
}

/// SGR: reset, bold, dim, italic, underlined, reversed, crossed out, and colours in all their forms. Neither blinking nor
/// concealed.
fn is_pen(numbers: &[u16]) -> bool {
    match numbers {
        [] => true,
        [38 | 48, 5, 0..=255, rest @ ..] => is_pen(rest),
        [38 | 48, 2, 0..=255, 0..=255, 0..=255, rest @ ..] => is_pen(rest),
        [0..=4 | 7 | 9 | 30..=37 | 39..=47 | 49 | 90..=97 | 100..=107, rest @ ..] => is_pen(rest),
        _ => false,
    }
}

/// Characters that nobody sees, that turn text around, or that draw whatever a font likes.
fn hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e000}'..='\u{f8ff}'
        | '\u{e0000}'..='\u{10ffff}'
    )
}

impl Perform for Check {
    fn print(&mut self, c: char) {
        if hidden(c) || c == '\u{7f}' {
            self.refuse(format!("U+{:04X}", u32::from(c)));
        }
        self.marks = if c.width() == Some(0) { self.marks + 1 } else { 0 };
        if self.marks > MARKS {
            self.refuse(format!("more than {MARKS} marks on one character"));
        }
    }

    fn execute(&mut self, byte: u8) {
        let line_feed = byte == b'\n' && matches!(self.sender, Sender::Lines | Sender::ColouredLines);
        self.marks = 0;
        if !line_feed {
            self.refuse(format!("control {byte:#04x}"));
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        if ignore || !self.is_ours(params, intermediates, action) {
            let numbers: Vec<&[u16]> = params.iter().take(8).collect();
            let between = String::from_utf8_lossy(intermediates);
            self.refuse(format!("CSI {between}{numbers:?} {action}"));
        }
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        self.refuse(format!("ESC {}", char::from(byte)));
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        let first = params.first().map(|first| String::from_utf8_lossy(first).into_owned());
        self.refuse(format!("OSC {}", first.unwrap_or_default()));
    }

    fn hook(&mut self, _: &Params, _: &[u8], _: bool, action: char) {
        self.refuse(format!("DCS {action}"));
    }
}

#[test]
fn our_own_sequences_pass() {
    let frame = "\x1b[?25l\x1b[m\x1b[2J\x1b[1;1H\x1b[1;38;2;1;2;3;48;5;16mwords – e\u{301} 漢\x1b[m\x1b[12;40H\x1b[7C\x1b[K\x1b[?25h";
    assert_allowed(frame.as_bytes(), Sender::Screen, "a frame");
    let run = "\x1b[?1049h\x1b[?2004h\x1b[?1004h\x1b[?25l\x1b[?2026h\x1b[2;2Hx\x1b[?2026l\x1b[m\x1b[?25h\x1b[?1049l";
    assert_allowed(run.as_bytes(), Sender::Terminal, "a run");
    assert_allowed("INC-1  „words“\nmore\n".as_bytes(), Sender::Lines, "lines");
    assert_allowed("\x1b[2mtime\x1b[0m words\n".as_bytes(), Sender::ColouredLines, "a log");
}

/// The check itself is worth nothing if it cannot fail.
#[test]
fn what_is_not_ours_is_found_wherever_it_hides() {
    let cases: [(&[u8], &str); 22] = [
        (b"a\x1b]0;owned\x07", "OSC 0"),
        (b"a\x1b]52;c;aGk=\x1b\\", "OSC 52"),
        (b"a\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\", "OSC 8"),
        (b"a\x1bc", "ESC c"),
        (b"\x1b(0", "ESC 0"),
        (b"\x1b#8", "ESC 8"),
        (b"\x1bP+q544e\x1b\\", "DCS q"),
        (b"\x1b[6n", "CSI [[6]] n"),
        (b"\x1b[1A", "CSI [[1]] A"),
        (b"\x1b[8m", "CSI [[8]] m"),
        (b"\x1b[5i", "CSI [[5]] i"),
        (b"\x1b[?2004h", "CSI ?[[2004]] h"),
        (b"bell\x07", "control 0x07"),
        (b"back\x08", "control 0x08"),
        (b"line\n", "control 0x0a"),
        ("c1 \u{9b}2J".as_bytes(), "control 0x9b"),
        (b"raw c1 \x9b2J", "not UTF-8 at byte 7"),
        ("bidi \u{202e}abc".as_bytes(), "U+202E"),
        ("isolate \u{2066}".as_bytes(), "U+2066"),
        ("zero \u{200b}width".as_bytes(), "U+200B"),
        ("tag \u{e0041}".as_bytes(), "U+E0041"),
        ("zalgo e\u{301}\u{301}\u{301}\u{301}\u{301}".as_bytes(), "more than 4 marks on one character"),
    ];
    for (bytes, expected) in cases {
        let found = violations(bytes, Sender::Screen);
        assert!(found.contains(expected), "{expected} in {found:?}");
    }
    assert!(violations(b"\x1b[31mred\n", Sender::Lines).contains("CSI [[31]] m"));
    assert!(violations(b"tab\t\n", Sender::Lines).contains("control 0x09"));
}
