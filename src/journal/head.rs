//! The newest acknowledged entry, written down outside the database file.
//!
//! SQLite drops the tail of a damaged write-ahead log in silence, and a restored backup looks sound: both hold less than
//! was once acknowledged. The head record (`<journal>.head`) is what notices. It is written after each commit and before
//! the caller is answered, into one of two slots in turn, so that a torn write leaves the other:
//!
//! ```text
//! slot 0 at byte 0, slot 1 at byte 4096:   8 magic “WRMHEAD” and version 1 · 8 generation · 16 journal id · 8 seq
//!                                          32 hash of the entry · 32 SHA-256 of all before
//! ```
//!
//! Writing costs one `pwrite` and no `fsync`: a side thread brings the file to disk at most every second and at a clean
//! end. So
//!
//! - after `kill -9` the record is exact: any acknowledged entry that is missing shows;
//! - after a power cut it may be the last second (more on a busy disk) behind: the entries of that time are on disk all the
//!   same, but if the log was damaged in that very cut, their loss shows only in terminals that saw them;
//! - it is never ahead of what is on disk, so it never cries wolf;
//! - a backup must take the database after the record or both at one moment; a database and a record that were put back
//!   together from one backup look sound here, and again only terminals know better.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::ids::{Hash, Head, JournalId, Seq};

const MAGIC: &[u8; 8] = b"WRMHEAD\x01";
/// The bytes of a slot that say something.
pub const SLOT_BYTES: usize = 104;
const CHECKED_BYTES: usize = 72;
/// A page and a disk sector apart, so that no single torn write reaches both.
const SLOT_DISTANCE: u64 = 4096;

/// What lies where the head record should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Head(Head),
    /// A file, but neither slot is whole.
    Unreadable,
}

/// Reads the newest whole slot.
pub(super) fn find(path: &Path) -> io::Result<Found> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    Ok(newest(&bytes).map_or(Found::Unreadable, |(_, head)| Found::Head(head)))
}

/// The newest whole slot of a record, and its generation.
pub fn newest(bytes: &[u8]) -> Option<(u64, Head)> {
    let second = bytes.get(usize::try_from(SLOT_DISTANCE).ok()?..).unwrap_or_default();
    [bytes, second].into_iter().filter_map(decode).max_by_key(|(generation, _)| *generation)
}

/// A slot as it is written.
pub fn encode(generation: u64, head: &Head) -> [u8; SLOT_BYTES] {
    let mut bytes = Vec::with_capacity(SLOT_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&generation.to_be_bytes());
    bytes.extend_from_slice(head.journal.0.as_bytes());
    bytes.extend_from_slice(&head.seq.0.to_be_bytes());
    bytes.extend_from_slice(&head.hash.0);
    bytes.extend_from_slice(&Sha256::digest(&bytes));
    let mut slot = [0; SLOT_BYTES];
    for (to, from) in slot.iter_mut().zip(bytes) {
        *to = from;
    }
    slot
}

fn decode(bytes: &[u8]) -> Option<(u64, Head)> {
    let (checked, rest) = bytes.get(..SLOT_BYTES)?.split_at_checked(CHECKED_BYTES)?;
    if Sha256::digest(checked)[..] != *rest {
        return None;
    }
    let (magic, rest) = checked.split_first_chunk::<8>()?;
    let (generation, rest) = rest.split_first_chunk::<8>()?;
    let (journal, rest) = rest.split_first_chunk::<16>()?;
    let (seq, rest) = rest.split_first_chunk::<8>()?;
    let hash = rest.first_chunk::<32>()?;
    let head = Head {
        journal: JournalId(Uuid::from_bytes(*journal)),
        seq: Seq(u64::from_be_bytes(*seq)),
        hash: Hash(*hash),
    };
    (magic == MAGIC).then_some((u64::from_be_bytes(*generation), head))
}

/// The record, open for writing.
#[derive(Debug)]
pub(super) struct HeadRecord {
    file: Arc<File>,
    generation: u64,
}

impl HeadRecord {
    /// Puts a new record in place of whatever is there: whole or not at all, and on disk when it returns.
    pub(super) fn create(path: &Path, head: &Head) -> io::Result<Self> {
        let fresh = PathBuf::from(format!("{}.new", path.display()));
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        let mut bytes = encode(1, head).to_vec();
        // Both slots get their blocks now, so that a full disk cannot refuse them later.
        bytes.resize(usize::try_from(2 * SLOT_DISTANCE).unwrap_or(bytes.len()), 0);
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        sync_folder(path)?;
        Ok(HeadRecord { file: Arc::new(file), generation: 1 })
    }

    /// The record at `path` with `head` written into it; made where there is none.
    pub(super) fn with(path: &Path, head: &Head) -> io::Result<Self> {
        match Self::open(path) {
            Ok(mut record) => record.write(head).map(|()| record),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path, head),
            Err(error) => Err(error),
        }
    }

    fn open(path: &Path) -> io::Result<Self> {
        let generation = newest(&fs::read(path)?).map_or(0, |(generation, _)| generation);
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(HeadRecord { file: Arc::new(file), generation })
    }

    /// Writes the head into the older slot. On disk only after a sync of [`HeadRecord::file`].
    pub(super) fn write(&mut self, head: &Head) -> io::Result<()> {
        let generation = self.generation.saturating_add(1);
        let slot = (generation.wrapping_sub(1) % 2) * SLOT_DISTANCE;
        self.file.write_all_at(&encode(generation, head), slot)?;
        self.generation = generation;
        Ok(())
    }

    /// For whoever syncs it.
    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }
}

/// Makes a file's name in its folder survive a power cut.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(seq: u64) -> Head {
        Head { journal: JournalId(Uuid::from_u128(5)), seq: Seq(seq), hash: Hash([9; 32]) }
    }

    #[test]
    fn the_newest_head_is_found_after_any_number_of_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room.db.head");
        assert_eq!(find(&path).unwrap(), Found::Nothing);
        let mut record = HeadRecord::create(&path, &head(0)).unwrap();
        for seq in 0..5 {
            record.write(&head(seq)).unwrap();
            assert_eq!(find(&path).unwrap(), Found::Head(head(seq)));
        }
        HeadRecord::open(&path).unwrap().write(&head(5)).unwrap();
        assert_eq!(find(&path).unwrap(), Found::Head(head(5)));
    }

    #[test]
    fn a_torn_write_leaves_the_head_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room.db.head");
        let mut record = HeadRecord::create(&path, &head(1)).unwrap();
        record.write(&head(2)).unwrap();
        record.write(&head(3)).unwrap();
        let whole = fs::read(&path).unwrap();
        for byte in 0..SLOT_BYTES {
            let mut torn = whole.clone();
            torn[byte] ^= 0x10;
            fs::write(&path, &torn).unwrap();
            assert_eq!(find(&path).unwrap(), Found::Head(head(2)), "byte {byte}");
        }
        fs::write(&path, &whole[..50]).unwrap();
        assert_eq!(find(&path).unwrap(), Found::Unreadable);
    }
}
