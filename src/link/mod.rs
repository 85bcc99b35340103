//! Stand-in until the link is merged.
pub mod status;
pub use status::*;

pub use crate::wire::frame::{Health, You};
