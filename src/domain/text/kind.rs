//! What a character may do to a terminal, and therefore what becomes of it.

use super::marks::joins_the_one_before;

/// What cleaning does with a character. The order of [`Kind::of`] decides where a character would fit two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Stands as it is.
    Plain,
    /// Stands on the character before it, up to [`super::MAX_MARKS`] high.
    Mark,
    /// LF, NEL, LINE SEPARATOR, PARAGRAPH SEPARATOR.
    Newline,
    /// CR: nothing in front of LF, a control anywhere else.
    Return,
    /// Spaces.
    Tab,
    /// C0 and DEL: shown as its control picture.
    Control,
    /// Shown as its code, `<U+202E>`: C1; format characters (bidi, zero-width, annotations); what Unicode says is drawn
    /// as nothing; and private use, which draws whatever the reader's font likes, our own frame included.
    Hidden,
    /// Tag characters and the rest of plane 14, which is kept for their like: text that nobody sees. One mark for a
    /// whole run.
    Tag,
    /// Joiners and variation selectors: removed, because no two terminals agree how wide what they make is.
    Selector,
    /// Never a character: shown as U+FFFD.
    Nonchar,
}

impl Kind {
    pub(super) fn of(c: char) -> Self {
        match c {
            ' '..='~' => Self::Plain,
            '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => Self::Newline,
            '\r' => Self::Return,
            '\t' => Self::Tab,
            '\0'..='\u{1F}' | '\u{7F}' => Self::Control,
            '\u{80}'..='\u{9F}' | '\u{AD}' => Self::Hidden,
            '\u{A0}'..='\u{2FF}' => Self::Plain,
            // Greek and Cyrillic, Han, Hangul: most of what is not ASCII, and not worth a search.
            '\u{370}'..='\u{482}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' => Self::Plain,
            '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => Self::Selector,
            '\u{E0000}'..='\u{EFFFD}' => Self::Tag,
            c if u32::from(c) & 0xFFFE == 0xFFFE || matches!(c, '\u{FDD0}'..='\u{FDEF}') => Self::Nonchar,
            c if is_hidden(c) => Self::Hidden,
            c if joins_the_one_before(c) => Self::Mark,
            _ => Self::Plain,
        }
    }
}

/// Above U+02FF: format characters (Cf), `Default_Ignorable_Code_Point` (assigned or not) and private use.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}' | '\u{8E2}'
        | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}'
    )
}
