//! The outbox on disk: a file of changes, one JSON object a line, so that what was written survives the terminal.
//!
//! Terminals of one person on one machine each have a file of their own, held by a lock; what a terminal left behind
//! is taken over by the next one that starts.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::{Change, Item};
use crate::link::address::HubUrl;
use crate::link::{cache, files};

/// The most terminals of one person on one machine whose outboxes are kept.
const FILES: u32 = 16;
/// After this many lines the file is written anew.
const COMPACT: usize = 1_024;
/// More than most commands take on disk, in bytes.
const ROOM_FOR_ONE: usize = 16 * 1024;
/// A larger file is not ours.
const LARGEST: u64 = 64 * 1024 * 1024;

#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    file: File,
    lines: usize,
    items: Vec<Item>,
    whole: Whole,
    _lock: File,
}

/// Whether the file holds all that it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whole {
    Yes,
    /// It lacks something, and may end within a line: nothing may be put behind that.
    No,
}

impl Store {
    /// Opens a file of our own and takes over what others left. Blocks for as long as the disk takes.
    ///
    /// # Errors
    ///
    /// When the directory cannot be used, or all files are held by other terminals.
    pub fn open(directory: &Path, hub: &HubUrl) -> io::Result<(Store, Vec<Item>)> {
        files::private_directory(directory)?;
        let name = cache::name_of(hub);
        let path = |number| directory.join(format!("outbox-{name}-{number}.jsonl"));
        let mut own: Option<(PathBuf, File)> = None;
        let mut items = Vec::new();
        let mut left = Vec::new();
        for number in 0..FILES {
            let path = path(number);
            if own.is_some() && !path.exists() {
                continue;
            }
            let Some(lock) = lock(&path.with_extension("lock"))? else { continue };
            items.extend(read(&path)?);
            if own.is_none() {
                own = Some((path, lock));
            } else {
                left.push((path, lock));
            }
        }
        let (path, lock) = own.ok_or_else(|| {
            io::Error::new(io::ErrorKind::WouldBlock, "16 other terminals of yours are open on this machine")
        })?;
        items.sort_by_key(|item| item.queued_at);
        let file = rewrite(&path, &items)?;
        for (path, _lock) in left {
            fs::remove_file(&path)?;
        }
        let whole = Whole::Yes;
        let store = Store { path, file, lines: items.len(), items: items.clone(), whole, _lock: lock };
        Ok((store, items))
    }

    /// Keeps changes; they are on disk afterwards. Blocks for as long as that takes.
    ///
    /// # Errors
    ///
    /// When they could not be written; what was kept before is still there.
    pub fn keep(&mut self, changes: &[Change]) -> io::Result<()> {
        for change in changes {
            match change {
                Change::Put(item) => match self.items.iter_mut().find(|kept| kept.id == item.id) {
                    Some(kept) => *kept = item.clone(),
                    None => self.items.push(item.clone()),
                },
                Change::Drop(id) => self.items.retain(|item| item.id != *id),
            }
        }
        self.lines = self.lines.saturating_add(changes.len());
        if self.lines > COMPACT || self.whole == Whole::No {
            return self.write_anew();
        }
        let mut lines = Vec::new();
        for change in changes {
            line(&mut lines, change)?;
        }
        let written = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        if written.is_err() {
            self.whole = Whole::No;
        }
        written
    }

    fn write_anew(&mut self) -> io::Result<()> {
        self.whole = Whole::No;
        self.file = rewrite(&self.path, &self.items)?;
        self.lines = self.items.len();
        self.whole = Whole::Yes;
        Ok(())
    }

    /// Whether the disk would take a command: one that is full takes an empty file. Blocks for as long as that takes.
    ///
    /// # Errors
    ///
    /// When it would not, and so what is given to [`keep`](Self::keep) now is likely not kept.
    pub fn try_out(&self) -> io::Result<()> {
        let beside = self.path.with_extension("trial");
        let written = files::replace(&beside, &[b'.'; ROOM_FOR_ONE]);
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => written.and(Err(error)),
            _ => written,
        }
    }
}

fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = files::private().write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// What the file holds. A line that cannot be read keeps a copy of the file for a person to look at; a last line without
/// its end is the one that was being written when the terminal died.
fn read(path: &Path) -> io::Result<Vec<Item>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(LARGEST).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut items: Vec<Item> = Vec::new();
    let mut damaged = false;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match serde_json::from_slice::<Change>(line) {
            Ok(Change::Put(item)) => match items.iter_mut().find(|kept| kept.id == item.id) {
                Some(kept) => *kept = item,
                None => items.push(item),
            },
            Ok(Change::Drop(id)) => items.retain(|item| item.id != id),
            Err(_) if !line.ends_with(b"\n") => {}
            Err(_) => damaged = true,
        }
    }
    if damaged {
        let copy = path.with_extension("damaged");
        tracing::warn!(copy = %copy.display(), "a part of the outbox could not be read; all of it is kept in the copy");
        files::replace(&copy, &bytes)?;
    }
    Ok(items)
}

fn line(lines: &mut Vec<u8>, change: &Change) -> io::Result<()> {
    serde_json::to_writer(&mut *lines, change)?;
    lines.push(b'\n');
    Ok(())
}

/// Puts a file that holds only these items in the place of the old one.
fn rewrite(path: &Path, items: &[Item]) -> io::Result<File> {
    let mut lines = Vec::new();
    for item in items {
        line(&mut lines, &Change::Put(item.clone()))?;
    }
    files::replace(path, &lines)?;
    files::private().append(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Sent;
    use super::*;
    use crate::domain::command::Command;
    use crate::domain::ids::IncidentId;
    use crate::domain::time::Timestamp;

    fn hub() -> HubUrl {
        "https://w.example.com".parse().unwrap()
    }

    fn item(number: i64) -> Item {
        Item {
            id: format!("c-{number}").parse().unwrap(),
            command: Arc::new(Command::Acknowledge { incident: IncidentId(7) }),
            seen: None,
            queued_at: Timestamp::from_millis(number),
            author: None,
            under: None,
            sent: Sent::No,
        }
    }

    #[test]
    fn what_was_kept_is_there_for_the_next_terminal_though_this_one_was_killed() {
        let directory = tempfile::tempdir().unwrap();
        let (mut store, none) = Store::open(directory.path(), &hub()).unwrap();
        assert_eq!(none, []);
        store.keep(&[Change::Put(item(1)), Change::Put(item(2))]).unwrap();
        store
            .keep(&[Change::Drop(item(1).id), Change::Put(Item { sent: Sent::Perhaps, ..item(2) })])
            .unwrap();
        let path = store.path.clone();
        drop(store);
        // The line that was being written.
        files::private().append(true).open(&path).unwrap().write_all(b"{\"put\":{\"id\":\"c-3\"").unwrap();
        let (_store, left) = Store::open(directory.path(), &hub()).unwrap();
        assert_eq!(left, [Item { sent: Sent::Perhaps, ..item(2) }]);
        assert!(!path.with_extension("damaged").exists());
    }

    #[test]
    fn two_terminals_do_not_write_into_one_file_and_a_third_takes_over_what_they_left() {
        let directory = tempfile::tempdir().unwrap();
        let (mut first, _) = Store::open(directory.path(), &hub()).unwrap();
        let (mut second, nothing) = Store::open(directory.path(), &hub()).unwrap();
        assert_eq!(nothing, []);
        second.keep(&[Change::Put(item(1))]).unwrap();
        first.keep(&[Change::Put(item(2))]).unwrap();
        drop((first, second));
        let (_third, left) = Store::open(directory.path(), &hub()).unwrap();
        assert_eq!(left, [item(1), item(2)]);
        let (_fourth, nothing) = Store::open(directory.path(), &hub()).unwrap();
        assert_eq!(nothing, []);
    }

    #[test]
    fn a_damaged_line_costs_only_itself_and_the_file_is_kept_for_a_person() {
        let directory = tempfile::tempdir().unwrap();
        let (mut store, _) = Store::open(directory.path(), &hub()).unwrap();
        store.keep(&[Change::Put(item(1))]).unwrap();
        store.file.write_all(b"\x00\x00garbage\n").unwrap();
        store.keep(&[Change::Put(item(2))]).unwrap();
        let path = store.path.clone();
        drop(store);
        let (_store, left) = Store::open(directory.path(), &hub()).unwrap();
        assert_eq!(left, [item(1), item(2)]);
        assert!(fs::read(path.with_extension("damaged")).unwrap().windows(7).any(|part| part == b"garbage"));
    }

    #[test]
    fn the_file_does_not_grow_with_what_has_been_done() {
        let directory = tempfile::tempdir().unwrap();
        let (mut store, _) = Store::open(directory.path(), &hub()).unwrap();
        store.keep(&[Change::Put(item(0))]).unwrap();
        let batch: Vec<Change> =
            (1..=200).flat_map(|n| [Change::Put(item(n)), Change::Drop(item(n).id)]).collect();
        for _ in 0..6 {
            store.keep(&batch).unwrap();
        }
        assert!(fs::read_to_string(&store.path).unwrap().lines().count() <= COMPACT);
        drop(store);
        assert_eq!(Store::open(directory.path(), &hub()).unwrap().1, [item(0)]);
    }

    #[test]
    fn after_half_a_line_all_that_waits_is_written_anew() {
        let directory = tempfile::tempdir().unwrap();
        let (mut store, _) = Store::open(directory.path(), &hub()).unwrap();
        store.keep(&[Change::Put(item(1))]).unwrap();
        // As a full disk leaves it: a part of the line, and a file that takes no more.
        store.file.write_all(b"{\"put\":{\"id\":\"c-2\"").unwrap();
        store.file = File::open(&store.path).unwrap();
        assert!(store.keep(&[Change::Put(item(2))]).is_err());
        store.keep(&[Change::Put(item(3))]).unwrap();
        drop(store);
        assert_eq!(Store::open(directory.path(), &hub()).unwrap().1, [item(1), item(2), item(3)]);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let (_store, _) = Store::open(&directory.path().join("warroom"), &hub()).unwrap();
        for file in fs::read_dir(directory.path().join("warroom")).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
