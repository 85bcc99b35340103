//! Why the hub closes a feed: the close codes of its websocket. Below 4000 they are RFC 6455's and IANA's.

pub const PROTOCOL: u16 = 1002;
pub const BINARY: u16 = 1003;
pub const NOT_TEXT: u16 = 1007;
pub const POLICY: u16 = 1008;
pub const TOO_LARGE: u16 = 1009;
/// The hub restarts; come back.
pub const RESTART: u16 = 1012;
/// The token was revoked or has expired.
pub const UNAUTHORIZED: u16 = 4401;
/// Nothing was heard for too long.
pub const SILENT: u16 = 4408;
/// The reader was too slow, or must start again for the reason in `resync`.
pub const RESYNC: u16 = 4409;
/// The reader knows more than the journal holds.
pub const WENT_BACK: u16 = 4410;
