//! The full-screen terminal: a model, a pure update, pure views, and one place that touches the tty.

pub mod effect;
pub mod modal;
pub mod model;
pub mod msg;
