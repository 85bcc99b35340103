//! The files that make one journal, and who may read them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::journal::JournalError;
use crate::journal::head::sync_folder;

/// Where everything of one journal lies: side files are named after the database.
#[derive(Debug, Clone)]
pub(in crate::journal) struct Files {
    pub database: PathBuf,
}

impl Files {
    /// The real path, so that a symbolic link is not a way around the lock.
    pub fn at(path: &Path) -> Result<Self, JournalError> {
        let unusable = |error: io::Error| {
            JournalError::Unavailable(format!(
                "{} cannot be used for the journal: {error}; name a file in a folder that this user may write",
                path.display()
            ))
        };
        let absolute = std::path::absolute(path).map_err(unusable)?;
        let database = match fs::canonicalize(&absolute) {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match (absolute.parent(), absolute.file_name()) {
                    (Some(folder), Some(name)) => match fs::canonicalize(folder) {
                        Ok(folder) => folder.join(name),
                        Err(error) if error.kind() == io::ErrorKind::NotFound => absolute,
                        Err(error) => return Err(unusable(error)),
                    },
                    _ => return Err(unusable(error)),
                }
            }
            Err(error) => return Err(unusable(error)),
        };
        if database.is_dir() {
            return Err(unusable(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        Ok(Files { database })
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.database.clone().into_os_string();
        name.push(suffix);
        name.into()
    }

    pub fn wal(&self) -> PathBuf {
        self.beside("-wal")
    }

    /// SQLite's own, from before there is a write-ahead log: only while a journal is made.
    pub fn rollback(&self) -> PathBuf {
        self.beside("-journal")
    }

    pub fn shared_memory(&self) -> PathBuf {
        self.beside("-shm")
    }

    pub fn head(&self) -> PathBuf {
        self.beside(".head")
    }

    pub fn lock(&self) -> PathBuf {
        self.beside(".lock")
    }

    /// Where a journal is put together again before it takes the place of a damaged one.
    pub fn salvaged(&self) -> Files {
        Files { database: self.beside(".salvaged") }
    }

    /// The folder for copies of damaged files.
    pub fn lost(&self, at: crate::domain::time::Timestamp) -> PathBuf {
        self.beside(&format!(".lost-{}", at.as_millis()))
    }

    /// Makes the folder, for its owner alone, if it is not there.
    pub fn make_folder(&self) -> Result<(), JournalError> {
        let Some(folder) = self.database.parent() else { return Ok(()) };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
            JournalError::Unavailable(format!(
                "the folder {} for the journal cannot be made: {error}",
                folder.display()
            ))
        })
    }

    /// Makes the empty database file, for its owner alone; SQLite gives its side files the same mode.
    pub fn make_database(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600).open(&self.database)?.sync_all()?;
        sync_folder(&self.database)
    }

    /// The size of a file in bytes; none if it is not there.
    pub fn size(path: &Path) -> io::Result<Option<u64>> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
