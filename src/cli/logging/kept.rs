//! The room's log file: for its owner's eyes alone, of a bounded size, and safe to `cat`.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

use crate::domain::text::clean_json;

/// A file of this many bytes is put aside as `room.log.1`, in the place of the one before it: there are never more than
/// about twice as many on disk.
const MOST: u64 = 5 * 1024 * 1024;

/// Where the room's log is, or why there is none.
#[derive(Debug, Clone)]
pub enum Kept {
    At(PathBuf),
    Nowhere { wanted: PathBuf, why: String },
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::At(path) => write!(f, "what happened is in {}", path.display()),
            Kept::Nowhere { wanted, why } => {
                write!(f, "there is no log of it, for {} could not be written ({why})", wanted.display())
            }
        }
    }
}

impl Kept {
    /// Where the log lies in a state folder.
    pub fn path(state: &Path) -> PathBuf {
        state.join("room.log")
    }

    /// Opens the log in the state folder, which is made if it is not there.
    pub(super) fn open(state: &Path) -> (Self, Option<LogFile>) {
        let path = Self::path(state);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(state);
        match made.and_then(|()| open(&path)) {
            Ok(file) => {
                let open = Open { path: path.clone(), file, most: MOST };
                (Kept::At(path), Some(LogFile(Arc::new(Mutex::new(open)))))
            }
            Err(error) => (Kept::Nowhere { wanted: path, why: error.to_string() }, None),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// Takes a whole line at a time.
#[derive(Debug, Clone)]
pub struct LogFile(Arc<Mutex<Open>>);

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
    most: u64,
}

impl Open {
    fn line(&mut self, line: &str) -> io::Result<()> {
        let size = self.file.metadata()?.len();
        if size > 0 && size + line.len() as u64 > self.most {
            self.rotate()?;
        }
        self.file.write_all(line.as_bytes())
    }

    /// Two rooms may write the same file: whoever finds it put aside already only goes on in the new one.
    fn rotate(&mut self) -> io::Result<()> {
        let ours = self.file.metadata()?;
        let is_ours = fs::metadata(&self.path)
            .is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino()));
        if is_ours {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
        }
        self.file = open(&self.path)?;
        Ok(())
    }
}

impl MakeWriter<'_> for LogFile {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let shown = clean_json(&text);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).line(&shown)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_its_owners_and_never_grows_beyond_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, file) = Kept::open(&folder.path().join("state"));
        let Kept::At(path) = kept else { unreachable!("the folder can be written") };
        let mut file = file.unwrap();
        file.0.lock().unwrap().most = 1000;
        let mut another = LogFile(Arc::new(Mutex::new(Open {
            path: path.clone(),
            file: open(&path).unwrap(),
            most: 1000,
        })));
        for number in 0..200 {
            let line = format!("{{\"number\":{number}}}\n");
            if number % 2 == 0 { &mut file } else { &mut another }.write_all(line.as_bytes()).unwrap();
        }
        let aside = path.with_extension("log.1");
        for path in [&path, &aside] {
            let metadata = fs::metadata(path).unwrap();
            assert_eq!(metadata.mode() & 0o777, 0o600);
            assert!(metadata.len() <= 1000, "{}", metadata.len());
        }
        assert!(fs::read_to_string(&path).unwrap().ends_with("{\"number\":199}\n"));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
    }

    #[test]
    fn a_room_without_a_place_for_its_log_can_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let occupied = folder.path().join("state");
        fs::write(&occupied, "a file").unwrap();
        let (kept, file) = Kept::open(&occupied);
        assert!(file.is_none());
        assert!(kept.to_string().contains("could not be written"), "{kept}");
    }
}
