//! The client's end of the feed and of the API: what a terminal or the command line knows of a hub, it knows from here.
//!
//! [`Link::spawn`] keeps a connection and tells, as [`LinkEvent`]s in one order, everything that the room is made of;
//! commands go the other way through an outbox. [`api::Client`] asks single questions. Nothing here waits for a person,
//! and nothing here holds the room: that is a fold, made by whoever reads the events.

pub mod address;
pub mod api;
pub mod backoff;
pub mod cache;
pub mod clock;
mod conn;
mod event;
mod fetch;
mod files;
mod handle;
pub mod outbox;
pub mod place;
mod session;
mod socket;
pub mod status;
mod surroundings;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tls;

pub use address::HubUrl;
pub use event::{LinkEvent, Welcome};
pub use handle::{Config, Full, Link, LinkHandle};
pub use socket::{Dial, Duplex};
pub use status::LinkStatus;
pub use surroundings::Surroundings;

// What of the wire is seen by those who use the link.
pub use crate::wire::body::Timeline;
pub use crate::wire::frame::{Health, You};
pub use crate::wire::problem::Problem;
