//! The full-screen terminal: a model, a pure update, pure views, and one place that touches the tty.

pub mod actions;
pub mod board;
pub mod chrome;
pub mod draw;
pub mod effect;
#[cfg(test)]
mod fixture;
pub mod frame;
#[cfg(test)]
mod hands;
pub mod keymap;
pub mod layout;
pub mod modal;
pub mod model;
pub mod msg;
mod nearest;
pub mod palette;
pub mod run;
#[cfg(test)]
mod screens;
pub mod selection;
pub mod term;
pub mod theme;
pub mod undo;
pub mod update;
pub mod vm;
pub mod widgets;
