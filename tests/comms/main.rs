//! The way out, proven from outside: a real hub in a process of its own, real mail and real webhooks, and `kill -9`.
#![cfg(feature = "hub")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod carriers;
mod hub;
mod mail;
mod receiver;
mod rules;
mod tls;
mod webhook;

use std::time::Duration;

/// Generous: these run beside a compiler.
const SOON: Duration = Duration::from_secs(30);
