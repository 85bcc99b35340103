//! What can become of a request, told apart by what it means for the one who asked: no, not there, or nobody knows.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::text::{Line, Text};
use crate::link::address::HubUrl;
use crate::link::tls;
use crate::wire::problem::Problem;

/// Why there is no answer of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ApiError {
    /// The hub answered, with its reason.
    #[error("{}", .problem.detail)]
    Refused {
        problem: Problem,
        /// How long the hub wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The request certainly did not get there.
    #[error("{0}")]
    Unreachable(Line),
    /// The request went out, and no answer came. It may have been done.
    #[error("{0}")]
    NoAnswer(Line),
    /// Something answered that is not a hub we know.
    #[error("{0}")]
    NotUnderstood(Line),
}

/// What is known of a command that has no outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Not done, and it will not be if repeated.
    Refused(Problem),
    /// Not done, but it may be if repeated.
    NotTaken { why: Line, retry_after: Option<Duration> },
    /// Perhaps done. Repeating it with its id finds out.
    Unknown { why: Line, retry_after: Option<Duration> },
}

impl ApiError {
    pub fn fate(self) -> Fate {
        match self {
            ApiError::Refused { problem, retry_after } => {
                let why = Text::first_line(&problem.detail);
                match (problem.status, &*problem.kind) {
                    (503, "/problems/read-only" | "/problems/overloaded") | (408 | 425 | 429, _) => {
                        Fate::NotTaken { why, retry_after }
                    }
                    (500.., _) => Fate::Unknown { why, retry_after },
                    _ => Fate::Refused(problem),
                }
            }
            ApiError::Unreachable(why) => Fate::NotTaken { why, retry_after: None },
            ApiError::NoAnswer(why) | ApiError::NotUnderstood(why) => {
                Fate::Unknown { why, retry_after: None }
            }
        }
    }

    /// The caller asks for what cannot be.
    pub(super) fn wrong_use(detail: impl Into<String>) -> Self {
        let problem = Problem {
            kind: Line::clean("/problems/invalid"),
            title: Line::clean("The words are wrong"),
            status: 422,
            detail: Text::clean(&detail.into()),
            revision: None,
        };
        ApiError::Refused { problem, retry_after: None }
    }
}

/// No answer came: did the request get there?
pub(super) fn unanswered(hub: &HubUrl, error: &reqwest::Error) -> ApiError {
    if error.is_connect() || error.is_builder() {
        ApiError::Unreachable(sentence(hub, error))
    } else {
        let why = if error.is_timeout() { "did not answer in time".to_owned() } else { cause(error) };
        ApiError::NoAnswer(Line::clean(&format!(
            "the hub at {hub}: {why}; it is not known whether it was done"
        )))
    }
}

pub(super) fn sentence(hub: &HubUrl, error: &reqwest::Error) -> Line {
    if let Some(complaint) = tls::complaint(error) {
        return Line::clean(&format!("the hub at {hub} cannot be trusted: {complaint}"));
    }
    let cause = if error.is_timeout() { "no connection in 5 s".to_owned() } else { cause(error) };
    Line::clean(&format!(
        "the hub at {hub} cannot be reached ({cause}); is it running, and is WARROOM_HUB right? `warroom doctor` looks closer"
    ))
}

/// The innermost cause; the outer ones only repeat that something failed, and the URL.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    let without_code = inner.to_string();
    without_code.split(" (os error").next().unwrap_or_default().to_lowercase()
}
