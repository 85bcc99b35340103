//! One hub to a journal: a second one on the same file is refused and told who has it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;

use super::files::Files;
use crate::journal::JournalError;

/// Held as long as it lives. The system lets go of it when the process ends, however it ends; the file stays.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(files: &Files) -> Result<Self, JournalError> {
        let path = files.lock();
        let failed = |error: std::io::Error| {
            JournalError::Unavailable(format!("the lock {} cannot be used: {error}", path.display()))
        };
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = (&mut file).take(300).read_to_string(&mut holder);
                let holder = match read {
                    Ok(_) if !holder.trim().is_empty() => crate::domain::text::Line::clean(holder.trim()),
                    Ok(_) | Err(_) => "another process".into(),
                };
                return Err(JournalError::Unavailable(format!(
                    "the journal {} is in use by {holder}; stop that hub first, or connect to it",
                    files.database.display()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        write!(file, "pid {} on {}", std::process::id(), host()).map_err(failed)?;
        Ok(Lock { _file: file })
    }
}

fn host() -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "an unnamed host".to_owned())
}
