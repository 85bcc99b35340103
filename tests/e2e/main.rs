//! The room, end to end: the real program, real servers, real terminals.
#![cfg(all(feature = "tui", feature = "hub"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot set itself up has failed, and says so"
)]

#[path = "../support/mod.rs"]
mod support;

mod alone;
mod burn;
mod crash;
mod hub;
mod mail;
mod prometheus;
mod shell;
mod terminal;
mod terminal_log;
mod terminal_shell;
mod terminal_tls;
