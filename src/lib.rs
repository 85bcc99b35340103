//! warroom: the room that an incident is run from, in a terminal.
//!
//! One append-only journal is the truth; everything else is a fold over it, and the same pure function does the
//! folding on both sides of the wire.
//!
//! ```text
//! command ──decide(room, command)──▶ events ──append (fsync)──▶ journal ──apply──▶ room
//!                                                                  │
//!                                         ┌────────────────────────┼────────────────────┐
//!                                  feed (websocket)            reactors            later folds:
//!                                         │              (SLO polling, outbox)     retrospective,
//!                                     terminal                                     insights
//!                                  (same apply)
//! ```
//!
//! Look for a rule in [`domain::decide`], for a pixel in `tui::widgets`, for a vendor in `connect`.
//! Who may import whom is held by `tests/architecture.rs`:
//!
//! ```text
//! domain   ◀ all            slo     ◀ hub, tui::vm, cli        journal ◀ hub, demo, cli
//! wire     ◀ hub, link      connect ◀ hub                    canary  ◀ hub
//! link     ◀ tui, cli, demo tui     ◀ cli                      hub     ◀ cli, demo
//! failpoint ◀ link, tui, hub
//! never: domain → anything · tui → hub, journal, connect · hub → tui, link · widgets → anything but vm and theme
//! ```

pub mod cli;
pub mod domain;
mod failpoint;
pub mod link;
pub mod wire;

#[cfg(feature = "hub")]
pub mod canary;
#[cfg(feature = "hub")]
pub mod connect;
#[cfg(feature = "hub")]
pub mod demo;
#[cfg(feature = "hub")]
pub mod hub;
#[cfg(feature = "hub")]
pub mod journal;
#[cfg(feature = "hub")]
pub mod slo;
#[cfg(feature = "tui")]
pub mod tui;
