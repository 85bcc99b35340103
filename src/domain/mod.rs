//! The words and the rules. Pure: no I/O, no clock, no randomness; time and ids come in as values.
//!
//! [`decide::decide`] turns a command into events or refuses it; [`apply::apply`] folds an entry into the [`room::Room`]
//! and accepts any entry on any room. Both run on the hub; terminals only apply.

pub mod actor;
pub mod alert;
pub mod apply;
pub mod budget;
pub mod change;
pub mod command;
pub mod comms;
pub mod decide;
pub mod event;
pub mod gauge;
pub mod ids;
pub mod incident;
pub mod labels;
pub mod mask;
pub mod narrate;
pub mod note;
pub mod policy;
pub mod role;
pub mod room;
pub mod severity;
pub mod status;
pub mod suspects;
pub mod task;
pub mod text;
pub mod time;
pub mod unsettled;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod stage;
