//! domain
pub mod text;
