//! Everything that can happen to the terminal, in one total order. `update` takes these and nothing else, so that a
//! session can be recorded and played again.

use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::link::LinkEvent;
use crate::tui::term::input::Input;

/// When it happened: the clock on the wall, corrected to the hub's, and one that never jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    pub wall: Timestamp,
    /// Since the terminal started.
    pub mono: Duration,
}

#[derive(Debug, Clone)]
pub enum Msg {
    Input(Input),
    Link(LinkEvent),
    /// A deadline that the model asked for has come: a toast ends, a prefix shows its keys, a second has passed.
    Due,
    /// The outbox did not take a command.
    NotTaken {
        id: crate::domain::ids::CommandId,
        why: crate::domain::text::Line,
    },
    /// Something outside the loop went wrong that a person should know: a sentence.
    Trouble(crate::domain::text::Line),
}
