//! Stand-in until the terminal is merged.
#[derive(Debug, Clone)]
pub enum Input {
    Key(crossterm::event::KeyEvent),
    Paste(String),
    Resize(u16, u16),
    FocusGained,
    FocusLost,
}
