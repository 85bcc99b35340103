//! The full-screen terminal: a model, a pure update, pure views, and one place that touches the tty.

pub mod actions;
pub mod board;
pub mod effect;
pub mod modal;
pub mod model;
pub mod msg;
pub mod palette;
pub mod selection;
pub mod update;
