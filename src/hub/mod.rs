//! hub

pub mod prometheus;
pub mod reactor;
pub mod slo_files;
