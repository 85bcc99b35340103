//! Keys: from chords over a trie to names of actions. Keymaps are files; the trie's unfinished node is what the which-key
//! popup shows.

mod chord;
mod file;
mod trie;

pub use chord::{Chord, ChordError};
pub use file::{KeymapError, lint, load};
pub use trie::{Following, Keymap, Lookup};

/// The keymaps that are shipped, by name.
pub const SHIPPED: [(&str, &str); 2] = [
    ("default", include_str!("../../../keymaps/default.toml")),
    ("vim", include_str!("../../../keymaps/vim.toml")),
];

/// The contexts of a keymap: everywhere, and one a pane.
pub const CONTEXTS: [&str; 7] = ["global", "incidents", "alerts", "tasks", "timeline", "slos", "responders"];
