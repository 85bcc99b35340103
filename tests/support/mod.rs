//! What the integration tests stand on: a real terminal, real servers, a real mail server, and no pretence.
//!
//! A test binary says `mod support;` and takes what it needs. Whatever is started here listens on loopback only, keeps
//! its files in a temporary directory and ends with the value that stands for it.
#![allow(
    dead_code,
    unused_macros,
    unused_imports,
    reason = "every test binary uses its own part of this module"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot set itself up has failed, and says so"
)]

pub mod answers;
pub mod exporter;
pub mod http;
pub mod imports;
pub mod listener;
pub mod servers;
pub mod smtp;
pub mod terminal;
pub mod tls;

use std::time::{Duration, Instant};

/// Asks another process until it gives an answer, and panics with `what` when it has not within `timeout`.
///
/// This is the one pause in the tests: nothing in another process can wake us. Whatever lives in this process (the
/// screen, the exporter, the mailbox) has a `wait_for…` of its own that waits for the event itself.
#[track_caller]
pub fn eventually<T>(what: &str, timeout: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {timeout:?}: {what}");
        std::thread::sleep(Duration::from_millis(25));
    }
}

/// Whether a test that lacks a server fails instead of being skipped: `WARROOM_E2E=1`, as in CI.
pub fn servers_must_be_there() -> bool {
    std::env::var_os("WARROOM_E2E").is_some_and(|value| value == "1")
}

/// Leaves the test with one line when a server is not installed; under `WARROOM_E2E=1` that is a failure.
///
/// ```ignore
/// require_or_skip!(Program::Prometheus, Program::Alertmanager);
/// ```
macro_rules! require_or_skip {
    ($($program:expr),+ $(,)?) => {
        if let Err(missing) = $crate::support::servers::available(&[$($program),+]) {
            assert!(!$crate::support::servers_must_be_there(), "WARROOM_E2E=1, but {missing}");
            #[allow(clippy::print_stderr, reason = "a skipped test says so")]
            {
                eprintln!("skipped: {missing}");
            }
            return;
        }
    };
}
pub(crate) use require_or_skip;
