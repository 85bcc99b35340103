//! How a command ends when it does not end well: an exit code for scripts, a sentence for people.

use std::fmt;

use crate::domain::ids::CommandId;
use crate::link::api::ApiError;

/// The answer is no.
pub const NO: u8 = 1;
/// Also what clap says about a line that it does not understand.
pub const WRONG_USE: u8 = 2;
/// The hub refused.
pub const REFUSED: u8 = 3;
/// The hub cannot be reached, or it is not known whether it took what was sent.
pub const UNREACHABLE: u8 = 4;

/// A fault of our own, as in sysexits(3): EX_SOFTWARE.
pub const FAULT: u8 = 70;

/// How a command ends when it does not end well: the exit code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    pub code: u8,
    /// Empty when all has been said, or nobody is there to be told.
    pub sentence: String,
}

impl Exit {
    /// The answer is no.
    pub fn no(sentence: String) -> Self {
        Exit { code: NO, sentence }
    }

    /// Wrong use.
    pub fn usage(sentence: String) -> Self {
        Exit { code: WRONG_USE, sentence }
    }

    /// The hub refused.
    pub fn refused(sentence: String) -> Self {
        Exit { code: REFUSED, sentence }
    }

    /// The hub cannot be reached.
    pub fn unreachable(sentence: String) -> Self {
        Exit { code: UNREACHABLE, sentence }
    }

    /// It went out, and no answer came.
    pub fn unknown(id: &CommandId) -> Self {
        Exit::unreachable(format!(
            "it is not known whether the hub took this (id {id}). Run the same line again with --id {id}: it happens once."
        ))
    }

    /// A part of the program panicked.
    pub fn fault(sentence: String) -> Self {
        Exit { code: FAULT, sentence }
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
        let sentence = error.to_string();
        match error {
            ApiError::Refused { .. } => Exit::refused(sentence),
            ApiError::Unreachable(_) | ApiError::NoAnswer(_) | ApiError::NotUnderstood(_) => {
                Exit::unreachable(sentence)
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::{Line, Text};
    use crate::wire::problem::Problem;

    #[test]
    fn what_the_hub_refuses_exits_with_3_and_what_it_did_not_answer_with_4() {
        let problem = Problem {
            kind: Line::clean("/problems/stale"),
            title: Line::clean("t"),
            status: 409,
            detail: Text::clean("do this"),
            revision: None,
        };
        let refused = Exit::from(ApiError::Refused { problem, retry_after: None });
        assert_eq!(refused, Exit::refused("do this".to_owned()));
        let why = || Line::clean("why");
        for error in [ApiError::Unreachable(why()), ApiError::NoAnswer(why()), ApiError::NotUnderstood(why())]
        {
            assert_eq!(Exit::from(error), Exit::unreachable("why".to_owned()));
        }
    }
}
