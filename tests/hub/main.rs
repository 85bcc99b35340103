//! The hub as its clients meet it: over real sockets on this machine.
#![cfg(feature = "hub")]

mod commands;
mod faulty;
mod feed;
mod ingest;
mod room;
