//! The client's end of the feed and of the API.

pub mod address;
pub mod api;
pub mod backoff;
pub mod cache;
pub mod clock;
mod files;
pub mod place;
pub mod status;
mod surroundings;
#[cfg(test)]
mod testing;
mod tls;

pub use surroundings::Surroundings;
