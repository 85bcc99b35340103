//! The link against a hub that does what the test says: nothing missing, nothing twice, nothing pretended.

mod bench;
mod commands;
mod connection;
