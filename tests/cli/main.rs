//! The command line as its users have it: the real program, a real hub, exit codes, pipes and files.
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

#[path = "../e2e/hub.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it")]
mod hub;

mod changes;
mod crash;
mod incidents;
mod offline;
mod refusals;
mod tail;
mod tokens;
mod unanswered;
mod updates;
