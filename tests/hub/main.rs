//! The hub as its clients meet it: over real sockets on this machine.
#![cfg(feature = "hub")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[path = "../support/mod.rs"]
mod support;

mod changes;
mod commands;
mod faulty;
mod feed;
mod ingest;
mod real;
mod room;
mod tls;
