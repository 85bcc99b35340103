//! The room as it was when this terminal last saw it: the first frame comes from here, however slow the hub is.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::address::HubUrl;
use super::files;
use super::place::Place;
use crate::domain::event::Entry;
use crate::domain::policy::Policy;
use crate::domain::room::Room;
use crate::domain::time::Timestamp;

/// Changes whenever a file of before could be read wrongly.
const VERSION: u32 = 1;
/// A larger room is not kept: it would be slower to read than the hub.
pub const LARGEST: u64 = 16 * 1024 * 1024;
/// An older room helps nobody, and its text should not lie about.
pub const OLDEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is kept of a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CachedRoom {
    /// When it was true, by this machine's clock.
    pub saved_at: Timestamp,
    /// Where to go on: give it to the link, which then asks for what is missing.
    pub place: Place,
    pub policy: Arc<Policy>,
    pub room: Room,
    /// The last entries of the timeline, oldest first.
    pub recent: Vec<Arc<Entry>>,
}

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    version: u32,
    hub: String,
    cached: T,
}

#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    #[error("the room could not be kept in {path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("the room could not be written down: {0}")]
    Encoding(#[from] serde_json::Error),
    #[error("the room takes more than 16 MiB and is not kept for the next start")]
    TooLarge,
}

/// The file for the room of one hub.
#[derive(Debug, Clone)]
pub struct Cache {
    path: PathBuf,
    hub: String,
}

impl Cache {
    /// `directory` should be the terminal's own (`$XDG_CACHE_HOME/warroom`, or `$XDG_RUNTIME_DIR` on a bastion); it is
    /// made if it is not there.
    pub fn new(directory: &Path, hub: &HubUrl) -> Self {
        Cache { path: directory.join(format!("room-{}.json", name_of(hub))), hub: hub.to_string() }
    }

    /// The room of the last visit, unless there is none that can be used: too old, too large, damaged, of another
    /// version. Blocks for as long as the file takes.
    pub fn load(&self, now: Timestamp) -> Option<CachedRoom> {
        let bytes = match self.read() {
            Ok(bytes) => bytes?,
            Err(error) => {
                tracing::info!(path = %self.path.display(), %error, "the cached room cannot be read");
                return None;
            }
        };
        match serde_json::from_slice::<Versioned<CachedRoom>>(&bytes) {
            Ok(kept) if kept.version == VERSION && kept.hub == self.hub => {
                let fits = kept.cached.place.cursor.is_none_or(|cursor| cursor.seq == kept.cached.room.seq);
                (fits && now.since(kept.cached.saved_at) <= OLDEST).then_some(kept.cached)
            }
            Ok(_) => None,
            Err(error) => {
                tracing::info!(path = %self.path.display(), %error, "the cached room is damaged, or of another version");
                None
            }
        }
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let file = match fs::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(LARGEST.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 <= LARGEST).then_some(bytes))
    }

    /// Keeps the room for the next start. Blocks until it is on disk.
    ///
    /// # Errors
    ///
    /// When it is too large, or the file cannot be written; the file of before stays then.
    pub fn save(&self, room: &CachedRoom) -> Result<(), CacheError> {
        let kept = Versioned { version: VERSION, hub: self.hub.clone(), cached: room };
        let bytes = serde_json::to_vec(&kept)?;
        if bytes.len() as u64 > LARGEST {
            return Err(CacheError::TooLarge);
        }
        let written = self.path.parent().map_or(Ok(()), files::private_directory);
        let written = written.and_then(|()| files::replace(&self.path, &bytes));
        written.map_err(|error| CacheError::File { path: self.path.clone(), error })
    }

    /// Removes what is kept.
    ///
    /// # Errors
    ///
    /// When the file is there and cannot be removed.
    pub fn wipe(&self) -> Result<(), CacheError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(CacheError::File { path: self.path.clone(), error })
            }
            _ => Ok(()),
        }
    }
}

/// A file name for a hub.
pub(super) fn name_of(hub: &HubUrl) -> String {
    let digest = Sha256::digest(hub.to_string().as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{Cursor, Seq};
    use crate::link::testing::{entries, head, journal};

    fn room(seq: u64) -> CachedRoom {
        CachedRoom {
            saved_at: Timestamp::from_millis(1_790_000_000_000),
            place: Place {
                cursor: Some(Cursor { journal: journal(1), seq: Seq(seq) }),
                witness: Some(head(1, seq)),
            },
            policy: Arc::new(Policy::default()),
            room: Room { seq: Seq(seq), ..Room::default() },
            recent: entries(1..=seq),
        }
    }

    fn cache(directory: &Path) -> Cache {
        Cache::new(&directory.join("deep/warroom"), &"https://w.example.com".parse().unwrap())
    }

    fn now() -> Timestamp {
        Timestamp::from_millis(1_790_000_060_000)
    }

    #[test]
    fn a_room_comes_back_as_it_was_kept() {
        let directory = tempfile::tempdir().unwrap();
        let cache = cache(directory.path());
        assert_eq!(cache.load(now()), None);
        cache.save(&room(3)).unwrap();
        cache.save(&room(5)).unwrap();
        assert_eq!(cache.load(now()), Some(room(5)));
        cache.wipe().unwrap();
        cache.wipe().unwrap();
        assert_eq!(cache.load(now()), None);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let cache = cache(directory.path());
        cache.save(&room(3)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&cache.path), 0o600);
        assert_eq!(mode(cache.path.parent().unwrap()), 0o700);
        assert_eq!(fs::read_dir(cache.path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_damaged_old_or_of_another_version_or_hub_is_as_if_it_were_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let cache = cache(directory.path());
        cache.save(&room(3)).unwrap();
        let whole = fs::read_to_string(&cache.path).unwrap();
        let other_version = whole.replacen("\"version\":1", "\"version\":2", 1);
        let other_hub = whole.replacen("w.example.com", "x.example.com", 1);
        for damaged in ["", "{}", &whole[..whole.len() / 2], &other_version, &other_hub] {
            fs::write(&cache.path, damaged).unwrap();
            assert_eq!(cache.load(now()), None, "{damaged}");
        }
        fs::write(&cache.path, &whole).unwrap();
        assert!(cache.load(now()).is_some());
        assert_eq!(cache.load(now().plus(OLDEST)), None);
    }
}
