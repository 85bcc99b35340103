//! The only code that touches the terminal: its modes, its bytes in and out, its signals.

pub mod caps;
pub mod guard;
pub mod ink;
pub mod input;
mod pen;
mod shown;
pub mod signals;
pub mod writer;
