//! One key with its modifiers, as people write it: `g`, `S`, `ctrl-p`, `page-down`, `?`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::domain::text::Text;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// In the order of what is written: for lists of keys.
impl Ord for Chord {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let modifiers = self.modifiers.bits().cmp(&other.modifiers.bits());
        self.to_string().cmp(&other.to_string()).then(modifiers)
    }
}

impl PartialOrd for Chord {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a key; write a character, or a name such as enter, ctrl-p or page-down")]
pub struct ChordError(String);

const NAMES: [(&str, KeyCode); 14] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("page-up", KeyCode::PageUp),
];
const PAGE_DOWN: (&str, KeyCode) = ("page-down", KeyCode::PageDown);

impl Chord {
    /// Every key that a binding can have.
    pub fn from_event(key: KeyEvent) -> Option<Self> {
        let chord = Chord { code: key.code, modifiers: key.modifiers };
        match key.code {
            // The character says it already: S is S, and ? is ?.
            KeyCode::Char(_) => Some(Chord { modifiers: key.modifiers - KeyModifiers::SHIFT, ..chord }),
            KeyCode::BackTab => Some(Chord { modifiers: KeyModifiers::NONE, ..chord }),
            KeyCode::F(_) => Some(chord),
            code => names().any(|(_, named)| named == code).then_some(chord),
        }
    }

    /// Why a plain terminal cannot send it, if so.
    pub fn not_sendable(self) -> Option<&'static str> {
        let control = self.modifiers.contains(KeyModifiers::CONTROL);
        match self.code {
            KeyCode::Char('i') if control => Some("terminals send tab for ctrl-i"),
            KeyCode::Char('m') if control => Some("terminals send enter for ctrl-m"),
            KeyCode::Char('[') if control => Some("terminals send esc for ctrl-["),
            KeyCode::Char(character) if control && !character.is_ascii_lowercase() => {
                Some("terminals tell ctrl only with small letters")
            }
            _ if self.modifiers.contains(KeyModifiers::SUPER) => Some("terminals do not tell super"),
            KeyCode::Enter | KeyCode::Tab | KeyCode::Esc if !self.modifiers.is_empty() => {
                Some("plain terminals do not tell modifiers of this key")
            }
            _ => None,
        }
    }

    /// What it does whatever a keymap says, so that nobody is locked in by a file.
    pub fn way_out(self) -> Option<&'static str> {
        match (self.code, self.modifiers) {
            (KeyCode::Char('c'), KeyModifiers::CONTROL) => Some("quit"),
            (KeyCode::F(1), KeyModifiers::NONE) => Some("help"),
            _ => None,
        }
    }

    /// A character without ctrl or alt.
    pub fn is_plain(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }
}

fn names() -> impl Iterator<Item = (&'static str, KeyCode)> {
    NAMES.into_iter().chain([PAGE_DOWN])
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(raw: &str) -> Result<Self, ChordError> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = raw;
        loop {
            let (modifier, after) = if let Some(after) = rest.strip_prefix("ctrl-") {
                (KeyModifiers::CONTROL, after)
            } else if let Some(after) = rest.strip_prefix("alt-") {
                (KeyModifiers::ALT, after)
            } else if let Some(after) = rest.strip_prefix("shift-") {
                (KeyModifiers::SHIFT, after)
            } else {
                break;
            };
            modifiers |= modifier;
            rest = after;
        }
        let error = || ChordError(raw.chars().take(40).collect());
        let mut characters = rest.chars();
        let code = match (characters.next(), characters.next()) {
            // Nobody could see which key it is, and help would show what acts on a terminal.
            (Some(character), None) if *Text::clean(rest) == *rest => KeyCode::Char(character),
            _ => {
                let function = rest.strip_prefix('f').and_then(|number| number.parse().ok());
                let function = function.filter(|number| (1..=12).contains(number)).map(KeyCode::F);
                function
                    .or_else(|| names().find(|(name, _)| *name == rest).map(|(_, code)| code))
                    .ok_or_else(error)?
            }
        };
        match code {
            KeyCode::Char(character) if modifiers.contains(KeyModifiers::SHIFT) => {
                let upper = character.to_uppercase().next().unwrap_or(character);
                Ok(Chord { code: KeyCode::Char(upper), modifiers: modifiers - KeyModifiers::SHIFT })
            }
            KeyCode::Tab if modifiers == KeyModifiers::SHIFT => {
                Ok(Chord { code: KeyCode::BackTab, modifiers: KeyModifiers::NONE })
            }
            code => Ok(Chord { code, modifiers }),
        }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in
            [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-"), (KeyModifiers::SHIFT, "shift-")]
        {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        match (self.code, names().find(|(_, code)| *code == self.code)) {
            (_, Some((name, _))) => f.write_str(name),
            (KeyCode::Char(character), None) => write!(f, "{character}"),
            (KeyCode::F(number), None) => write!(f, "f{number}"),
            (_, None) => f.write_str("?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_people_write_them_and_read_back_the_same() {
        for written in ["g", "S", "?", "ctrl-p", "alt-x", "enter", "page-down", "f5", "space", "backtab", "ä"]
        {
            assert_eq!(written.parse::<Chord>().unwrap().to_string(), written);
        }
        assert_eq!("shift-s".parse::<Chord>(), "S".parse());
        assert_eq!("shift-tab".parse::<Chord>(), "backtab".parse());
    }

    #[test]
    fn a_key_that_was_pressed_is_the_chord_that_was_written() {
        let pressed = KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT);
        assert_eq!(Chord::from_event(pressed), "?".parse().ok());
        assert_eq!(Chord::from_event(KeyEvent::new(KeyCode::CapsLock, KeyModifiers::NONE)), None);
    }

    #[test]
    fn what_is_no_key_is_refused_and_what_terminals_cannot_send_is_known() {
        for wrong in ["", "ctrl-", "f13", "entre", "g i", "\u{1b}", "ctrl-\u{202e}", "\u{200b}"] {
            assert!(wrong.parse::<Chord>().is_err(), "{wrong}");
        }
        for unsendable in ["ctrl-i", "ctrl-m", "ctrl-P", "ctrl-enter"] {
            assert!(unsendable.parse::<Chord>().unwrap().not_sendable().is_some(), "{unsendable}");
        }
        assert_eq!("ctrl-p".parse::<Chord>().unwrap().not_sendable(), None);
    }
}
