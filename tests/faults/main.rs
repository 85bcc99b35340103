//! The hub's promises under faults: real processes, real means, one harness and one checker for all of them.
//!
//! ```text
//! scene     a hub, drivers, feed clients and vendors; ends in a check      hub       the process, as it is run here
//! drivers   send commands and alerts under ids of their own                ledger    what was accepted
//! feeds     clients that log every entry and resume by themselves          vendors   count what reaches people outside
//! evidence  all of that, gathered after the fault                          checker   what must be true of it
//! means/    disks, networks, clocks and libraries that fail when told      watcher   a terminal and checks from outside
//! room_visitor  a terminal and its files, for what happens to those
//! ```
//!
//! Every other file is a fault. What needs root, or a package that is not there, says so in one line and is skipped.
//! `WARROOM_ROUNDS=200` makes those that repeat do so that often.
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

mod checker;
mod drivers;
mod evidence;
mod feeds;
mod hub;
mod ledger;
mod means;
mod scene;
mod vendors;

mod certificate;
mod clock;
mod crowd;
mod crowd_out_of_memory;
mod damaged;
mod descriptors;
mod every_operation;
mod failing_disk;
mod flood;
mod frozen;
mod full_disk;
mod killed;
mod panics;
mod partition;
mod power_cut;
mod room_asleep;
mod room_cut_off;
mod room_full_disk;
mod room_killed;
mod room_slow_link;
mod room_visitor;
mod room_wrong_clock;
mod secrets;
mod settings_wrong;
mod sizes;
mod sizes_huge;
mod slow_reader;
mod storm;
mod two_hubs;
mod watch;
mod watcher;

use std::time::Duration;

/// For whatever another process does.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a fault is repeated: a few times in CI, more often when asked.
pub fn rounds(usual: usize) -> usize {
    std::env::var("WARROOM_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}
