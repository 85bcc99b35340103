//! One pass over text from outside that leaves nothing in it that can act on a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::Chars;

use super::kind::Kind;
use super::{MAX_LINE_BYTES, MAX_LINES, MAX_MARKS, MAX_TEXT_BYTES};

/// What the cleaned text has to fit into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Newlines stay, tabs reach the next multiple of 8 columns; at most [`MAX_TEXT_BYTES`] and [`MAX_LINES`].
    Text,
    /// Newlines become `␤`, tabs one space, ends are trimmed; at most [`MAX_LINE_BYTES`].
    Line,
    /// As `Text`, however long it is: everything that a command prints.
    Output,
}

const ELLIPSIS: &str = "…";
const TAB: usize = 8;

/// `raw` as it may be kept, sent and shown; borrowed if it was clean already (or had only blanks to trim).
///
/// Cleaning what is clean changes nothing. Columns are counted in characters: a tab behind wide characters ends where
/// a terminal without wide characters would put it. What is cut for length ends in `…`, at the end of a whole
/// character with its marks.
pub fn clean(raw: &str, shape: Shape) -> Cow<'_, str> {
    match shape {
        Shape::Text if is_plain_text(raw) => Cow::Borrowed(raw),
        Shape::Line if is_plain_line(raw) => Cow::Borrowed(raw),
        Shape::Output if is_plain(raw) => Cow::Borrowed(raw),
        Shape::Text | Shape::Output => Cleaner::new(raw, shape).run(),
        Shape::Line => {
            let blank = |c: char| c.is_whitespace() || Kind::of(c) == Kind::Selector;
            Cleaner::new(raw.trim_matches(blank), shape).run()
        }
    }
}

/// The way of nearly every label. No early exit from the loops, so that they run many bytes at a time.
fn is_plain_line(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    bytes.len() <= MAX_LINE_BYTES
        && bytes.first() != Some(&b' ')
        && bytes.last() != Some(&b' ')
        && bytes.iter().fold(true, |plain, b| plain & matches!(b, b' '..=b'~'))
}

fn is_plain_text(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    // Within MAX_LINES bytes there cannot be too many lines, and nobody needs to count.
    let few_lines = || bytes.len() <= MAX_LINES || bytes.iter().filter(|b| **b == b'\n').count() < MAX_LINES;
    bytes.len() <= MAX_TEXT_BYTES && few_lines() && is_plain(raw)
}

fn is_plain(raw: &str) -> bool {
    raw.bytes().fold(true, |plain, b| plain & matches!(b, b' '..=b'~' | b'\n'))
}

/// Nothing more fits.
struct Full;

struct Cleaner<'a> {
    raw: &'a str,
    shape: Shape,
    out: Out<'a>,
    /// Where `…` still fits behind a whole character.
    cut: usize,
    newlines: usize,
    column: usize,
    /// Marks since their base; `None` at the start of a line, where there is nothing to stand on.
    marks: Option<usize>,
}

impl<'a> Cleaner<'a> {
    fn new(raw: &'a str, shape: Shape) -> Self {
        Self { raw, shape, out: Out::new(raw), cut: 0, newlines: 0, column: 0, marks: None }
    }

    fn run(mut self) -> Cow<'a, str> {
        if self.all().is_err() {
            self.out.truncate(self.cut);
            self.out.push(ELLIPSIS);
        }
        self.out.finish()
    }

    fn all(&mut self) -> Result<(), Full> {
        let mut rest = self.raw.chars();
        loop {
            if let Some((run, behind)) = rest.as_str().split_at_checked(self.ascii_run(rest.as_str())) {
                self.ascii(run);
                rest = behind.chars();
            }
            let Some(c) = rest.next() else { return Ok(()) };
            match Kind::of(c) {
                Kind::Plain => self.base(c.encode_utf8(&mut [0; 4]))?,
                Kind::Mark => self.mark(c)?,
                Kind::Newline => self.newline()?,
                Kind::Return if rest.as_str().starts_with('\n') => {}
                Kind::Return | Kind::Control => self.base(picture(c).encode_utf8(&mut [0; 4]))?,
                Kind::Tab => self.tab()?,
                Kind::Hidden => self.base(&format!("<U+{:04X}>", u32::from(c)))?,
                Kind::Tag => {
                    let run = 1 + more_tags(&mut rest);
                    self.tags(c, run)?;
                }
                Kind::Selector => {}
                Kind::Nonchar => self.base("\u{FFFD}")?,
            }
        }
    }

    /// How many bytes of printable ASCII come next and surely fit. Looks no further than there is room.
    fn ascii_run(&self, rest: &str) -> usize {
        if self.newlines >= self.max_lines() {
            return 0;
        }
        let room = self.max_bytes().saturating_sub(self.out.len() + ELLIPSIS.len());
        rest.bytes().take(room).take_while(|b| matches!(b, b' '..=b'~')).count()
    }

    /// What [`Self::base`] would do with each of `run`, at once.
    fn ascii(&mut self, run: &str) {
        let Some(last) = run.len().checked_sub(1) else { return };
        self.cut = self.out.len() + last;
        self.out.push(run);
        self.column += run.len();
        self.marks = Some(0);
    }

    /// A character of its own, or the mark that stands for one and is never cut in two.
    fn base(&mut self, unit: &str) -> Result<(), Full> {
        self.place(unit)?;
        self.marks = Some(0);
        self.column += unit.chars().count();
        Ok(())
    }

    fn mark(&mut self, c: char) -> Result<(), Full> {
        match self.marks {
            Some(MAX_MARKS..) => Ok(()),
            Some(high) => {
                self.marks = Some(high + 1);
                self.fit(c.encode_utf8(&mut [0; 4]))
            }
            // The base that Unicode gives to a mark shown alone; without it the mark lands on the frame to the left.
            None => {
                self.base("◌")?;
                self.mark(c)
            }
        }
    }

    fn newline(&mut self) -> Result<(), Full> {
        match self.shape {
            Shape::Line => self.base("␤"),
            Shape::Text | Shape::Output => {
                self.place("\n")?;
                self.newlines += 1;
                self.column = 0;
                self.marks = None;
                Ok(())
            }
        }
    }

    fn tab(&mut self) -> Result<(), Full> {
        let spaces = match self.shape {
            Shape::Line => 1,
            Shape::Text | Shape::Output => TAB - self.column % TAB,
        };
        (0..spaces).try_for_each(|_| self.base(" "))
    }

    fn tags(&mut self, first: char, run: usize) -> Result<(), Full> {
        let mut mark = format!("<U+{:04X}", u32::from(first));
        if run > 1 {
            // Writing to a String has no way to fail.
            let _ = write!(mark, " x{run}");
        }
        mark.push('>');
        self.base(&mark)
    }

    fn place(&mut self, unit: &str) -> Result<(), Full> {
        // A newline may end the last line; it is in the way of `…` as soon as anything follows, so `cut` stays before it.
        if self.newlines >= self.max_lines() {
            return Err(Full);
        }
        if self.out.len() + ELLIPSIS.len() <= self.max_bytes() {
            self.cut = self.out.len();
        }
        self.fit(unit)
    }

    fn fit(&mut self, unit: &str) -> Result<(), Full> {
        if self.out.len() + unit.len() > self.max_bytes() {
            return Err(Full);
        }
        self.out.push(unit);
        Ok(())
    }

    fn max_bytes(&self) -> usize {
        match self.shape {
            Shape::Text => MAX_TEXT_BYTES,
            Shape::Line => MAX_LINE_BYTES,
            Shape::Output => usize::MAX,
        }
    }

    fn max_lines(&self) -> usize {
        match self.shape {
            Shape::Text | Shape::Line => MAX_LINES,
            Shape::Output => usize::MAX,
        }
    }
}

/// Takes the tag characters that come next, and counts them. What will be removed does not part them.
fn more_tags(rest: &mut Chars<'_>) -> usize {
    let invisible = |c: &char| matches!(Kind::of(*c), Kind::Tag | Kind::Selector);
    let tags = rest.clone().take_while(invisible).filter(|c| Kind::of(*c) == Kind::Tag).count();
    *rest = rest.as_str().trim_start_matches(|c| invisible(&c)).chars();
    tags
}

/// U+2400 and up picture C0 in its own order; DEL has its picture behind them. Anything else stays.
fn picture(c: char) -> char {
    match c {
        '\u{7F}' => '\u{2421}',
        '\0'..='\u{1F}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        c => c,
    }
}

/// Output that is a piece of the input for as long as the two are the same.
enum Out<'a> {
    Same { raw: &'a str, len: usize },
    Own(String),
}

impl<'a> Out<'a> {
    fn new(raw: &'a str) -> Self {
        Self::Same { raw, len: 0 }
    }

    fn len(&self) -> usize {
        match self {
            Self::Same { len, .. } => *len,
            Self::Own(own) => own.len(),
        }
    }

    fn push(&mut self, unit: &str) {
        match self {
            Self::Same { raw, len } => {
                let (same, rest) = raw.split_at_checked(*len).unwrap_or((raw, ""));
                if rest.starts_with(unit) {
                    *len += unit.len();
                } else {
                    *self = Self::Own(format!("{same}{unit}"));
                }
            }
            Self::Own(own) => own.push_str(unit),
        }
    }

    fn truncate(&mut self, to: usize) {
        match self {
            Self::Same { len, .. } => *len = to.min(*len),
            Self::Own(own) => own.truncate(to),
        }
    }

    fn finish(self) -> Cow<'a, str> {
        match self {
            Self::Same { raw, len } => Cow::Borrowed(raw.get(..len).unwrap_or(raw)),
            Self::Own(own) => Cow::Owned(own),
        }
    }
}
