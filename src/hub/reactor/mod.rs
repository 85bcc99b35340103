//! What the hub does by itself, beside answering.

pub mod slo;
