//! What the keys can do, as the registry of actions and the keymap say it: footer, help, palette and the keys of a
//! prefix cannot lie, because they are handed in from there.

/// A key and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FooterKey {
    /// As people press it: `a`, `ctrl-p`, `g i`.
    pub keys: String,
    pub label: String,
    /// Whether it can be done now.
    pub enabled: bool,
}

/// A heading of the help, and its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpSection {
    pub title: String,
    pub keys: Vec<FooterKey>,
}

/// An action by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaletteItem {
    pub label: String,
    pub keys: String,
    /// What stands against it, when something does.
    pub unavailable: Option<String>,
}

/// The keys that can follow those that were pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhichKey {
    pub prefix: String,
    pub keys: Vec<FooterKey>,
}

/// Everything about keys that a frame shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chrome<'a> {
    pub footer: &'a [FooterKey],
    /// The key that takes back what was just done.
    pub undo: Option<&'a str>,
    /// The key that tries to connect at once.
    pub retry: Option<&'a str>,
    pub help: &'a [HelpSection],
    /// The actions that match what was typed, best first.
    pub palette: &'a [PaletteItem],
    pub which_key: Option<&'a WhichKey>,
}
