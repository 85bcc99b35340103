//! What crosses the network: feed frames, HTTP requests and bodies, problem details. Shared by hub and clients, so that
//! the two cannot disagree.

pub mod body;
pub mod close;
pub mod frame;
pub mod packed;
pub mod problem;
pub mod route;
