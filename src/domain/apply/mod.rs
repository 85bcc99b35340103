//! The fold: one entry into the room. Total: any entry on any room gives a room.

use super::event::Entry;
use super::room::Room;

/// Applies one entry. Entries that were applied before (by `seq`) change nothing.
pub fn apply(room: &mut Room, entry: &Entry) {
    if entry.seq > room.seq {
        room.seq = entry.seq;
    }
}
