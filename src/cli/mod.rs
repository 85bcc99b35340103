//! cli
pub mod args;
pub mod config;
pub mod room;
pub mod session;
