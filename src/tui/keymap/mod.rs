//! Stand-in until the keymaps are merged.
use crossterm::event::KeyEvent;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord;
impl Chord {
    pub fn from_event(_: KeyEvent) -> Option<Chord> {
        None
    }
}
impl std::fmt::Display for Chord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("g")
    }
}
#[derive(Debug)]
pub struct Keymap;
#[derive(Debug)]
pub enum Lookup<'a> {
    Pending,
    NotFound,
    Matched(&'a str),
}
impl Keymap {
    pub fn lookup(&self, _: &str, _: &[Chord]) -> Lookup<'_> {
        Lookup::NotFound
    }
}
