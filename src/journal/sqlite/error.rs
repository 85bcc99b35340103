//! SQLite's errors, told apart by what they mean for a batch or a reader.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::journal::{AppendError, JournalError};

/// While reading.
pub(super) fn reading(error: &rusqlite::Error, path: &Path) -> JournalError {
    if is_damage(error) {
        JournalError::Damaged(format!(
            "{} cannot be read: {error}; it is left as it is; see `warroom verify`",
            path.display()
        ))
    } else {
        JournalError::Unavailable(format!("the journal {} cannot be read: {error}", path.display()))
    }
}

/// While writing anything but a batch.
pub(super) fn writing(error: &rusqlite::Error, path: &Path) -> JournalError {
    if is_damage(error) {
        reading(error, path)
    } else {
        JournalError::Unavailable(format!("the journal {} cannot be written: {error}", path.display()))
    }
}

/// While a batch was written, before its commit was begun: nothing of it can be on disk.
pub(super) fn before_commit(error: &rusqlite::Error) -> AppendError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied,
        ) => AppendError::Full(error.to_string()),
        _ => AppendError::Unknown(error.to_string()),
    }
}

/// Whether the content is wrong, and not only the access to it.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => true,
        // A damaged page can hide a table or a column.
        Some(ErrorCode::Unknown) => true,
        Some(_) => false,
        // Not from SQLite but from what a row holds: another type, another length, no row at all.
        None => true,
    }
}
