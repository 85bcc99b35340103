//! The only code that touches the terminal: its modes, its bytes in and out, its signals.

pub mod caps;
pub mod guard;
pub mod ink;
pub mod input;
pub mod signals;
pub mod writer;
