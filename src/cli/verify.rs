//! `warroom verify`: a journal's chain, checked without a hub and without changing a byte.

use super::environment::Environment;
use super::exit::Exit;
use super::output::Output;
use crate::journal::{self, Location};

/// # Errors
///
/// The answer is no when an entry is wrong or missing; wrong use when there is no journal to look at.
pub fn verify(here: &Environment, output: Output, named: Option<String>) -> Result<(), Exit> {
    let location = match named {
        Some(named) => named.parse().map_err(|error| Exit::usage(format!("{error}")))?,
        None => here.journal()?,
    };
    let path = match location {
        Location::Sqlite(path) => path,
        Location::Memory => {
            return Err(Exit::usage("a journal in memory leaves nothing to verify; name a file".to_owned()));
        }
    };
    let report = journal::verify(&path).map_err(|error| match error {
        journal::JournalError::Damaged(_) => Exit::no(error.to_string()),
        journal::JournalError::Unavailable(_)
        | journal::JournalError::TooNew { .. }
        | journal::JournalError::WentBack { .. } => Exit::usage(error.to_string()),
    })?;
    match output {
        Output::Programs => output.json(&report)?,
        Output::People => output.line(&report.to_string())?,
    }
    if report.is_sound() { Ok(()) } else { Err(Exit::no("the journal is not whole".to_owned())) }
}
