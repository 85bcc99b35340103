//! Inputs that were collected to break programs like this one, each through the interface that it is meant for, with the
//! reaction that its manifest asks for.
//!
//! The collection is too much for the repository: `WARROOM_SHARED` names the folder above `hostile/`, or else it is
//! `shared` beside the repository. Where it is missing the tests say so in one line.
#![cfg(all(feature = "tui", feature = "hub"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test that cannot set itself up has failed, and says so"
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../e2e/hub.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it")]
mod hub;

mod allowed;
mod bystander;
mod corpus;
mod http;
mod json;
mod plan;
mod screens;
mod settings;
mod slos;
mod story;
mod suites;
mod urls;
mod words;
mod ws;
