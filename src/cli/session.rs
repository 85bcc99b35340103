//! What commands have in common: the hub to talk to, and how it ends.

use std::fmt;
use std::future::Future;

use super::output::Output;
use crate::domain::command::Command;
use crate::domain::ids::CommandId;
use crate::link::api::{ApiError, Client, Part};
use crate::wire::body::Page;

/// A way to the hub, with a token.
#[derive(Debug)]
pub struct Session {
    pub client: Client,
}

/// The most items of a list that are printed; who has more asks the API, part by part.
const MOST: usize = 10_000;

/// All parts of a list, one after the other.
pub async fn all<T, F>(mut part: impl FnMut(Part) -> F) -> Result<Vec<T>, Exit>
where
    F: Future<Output = Result<Page<T>, ApiError>>,
{
    let mut items = Vec::new();
    let mut cursor = None;
    loop {
        let page = part(Part { cursor, limit: None }).await?;
        items.extend(page.items);
        cursor = page.next;
        if cursor.is_none() || items.len() >= MOST {
            return Ok(items);
        }
    }
}

impl Session {
    /// Sends a command under an id of its own, and says what came of it.
    ///
    /// # Errors
    ///
    /// When the hub refuses or cannot be reached.
    pub async fn run(&self, output: Output, command: &Command, done: &str) -> Result<(), Exit> {
        let id = CommandId::from_random(rand::random());
        let outcome = self.client.command(command, &id, None).await?;
        output.outcome(&outcome, done)
    }
}

/// How a command ends when it does not end well: the exit code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    pub code: u8,
    pub sentence: String,
}

impl Exit {
    /// The answer is no.
    pub fn no(sentence: String) -> Self {
        Exit { code: 1, sentence }
    }

    /// Wrong use.
    pub fn usage(sentence: String) -> Self {
        Exit { code: 2, sentence }
    }

    /// The hub refused.
    pub fn refused(sentence: String) -> Self {
        Exit { code: 3, sentence }
    }

    /// The hub cannot be reached.
    pub fn unreachable(sentence: String) -> Self {
        Exit { code: 4, sentence }
    }

    /// Whoever reads our output has gone: nothing is wrong, and nobody is there to be told.
    pub fn nobody_reads() -> Self {
        Exit { code: 0, sentence: String::new() }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<ApiError> for Exit {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Refused { problem, .. } => Exit::refused(problem.detail.to_string()),
            ApiError::Unreachable(sentence)
            | ApiError::NoAnswer(sentence)
            | ApiError::NotUnderstood(sentence) => Exit::unreachable(sentence.to_string()),
        }
    }
}

impl From<std::io::Error> for Exit {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Exit::nobody_reads(),
            _ => Exit::usage(format!("the output cannot be written: {error}")),
        }
    }
}
