//! Who may do what: tokens, how they are kept, and the caller of a request.

mod caller;
mod file;
mod secret;
mod tokens;

pub(super) use caller::{Caller, credential};
pub use file::TokenFiles;
pub use secret::Secret;
pub use tokens::{Grant, TokenError, TokenSource, Tokens};
