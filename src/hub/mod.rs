//! hub

pub mod prometheus;
pub mod reactor;
