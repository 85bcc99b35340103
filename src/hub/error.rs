//! One error for every resource, and how it becomes an answer: RFC 9457 problem details with a sentence that says what
//! to do.

use std::net::SocketAddr;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::writer::SubmitError;
use crate::domain::command::{Refusal, RefusalKind};
use crate::domain::ids::Revision;
use crate::domain::text::{Line, Text};
use crate::journal::JournalError;
use crate::wire::problem::{MEDIA_TYPE, Problem};

/// Why a request is not answered as it wished.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ApiError {
    kind: Kind,
    detail: String,
    revision: Option<Revision>,
    retry_after: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Malformed,
    Unauthorized,
    Forbidden,
    NotFound,
    NoMethod,
    Stale,
    NotNow,
    TooLarge,
    MediaType,
    Misdirected,
    TooSlow,
    Invalid,
    TooMany,
    Overloaded,
    ReadOnly,
    Unknown,
    Timeout,
    Broken,
}

impl Kind {
    pub const ALL: [Kind; 18] = [
        Kind::Malformed,
        Kind::Unauthorized,
        Kind::Forbidden,
        Kind::NotFound,
        Kind::NoMethod,
        Kind::Stale,
        Kind::NotNow,
        Kind::TooLarge,
        Kind::MediaType,
        Kind::Misdirected,
        Kind::TooSlow,
        Kind::Invalid,
        Kind::TooMany,
        Kind::Overloaded,
        Kind::ReadOnly,
        Kind::Unknown,
        Kind::Timeout,
        Kind::Broken,
    ];

    /// Its stable name, the status, and the title.
    pub const fn words(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Kind::Malformed => ("malformed", StatusCode::BAD_REQUEST, "The request cannot be read"),
            Kind::Unauthorized => ("unauthorized", StatusCode::UNAUTHORIZED, "No valid token"),
            Kind::Forbidden => ("forbidden", StatusCode::FORBIDDEN, "The token does not allow this"),
            Kind::NotFound => ("not-found", StatusCode::NOT_FOUND, "There is no such thing"),
            Kind::NoMethod => ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "Not with this method"),
            Kind::Stale => ("stale", StatusCode::CONFLICT, "It has changed since you looked"),
            Kind::NotNow => ("not-now", StatusCode::CONFLICT, "A rule stands against it now"),
            Kind::TooLarge => ("too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
            Kind::MediaType => ("media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not JSON"),
            Kind::Misdirected => ("misdirected", StatusCode::MISDIRECTED_REQUEST, "Not a name of this hub"),
            Kind::TooSlow => ("too-slow", StatusCode::REQUEST_TIMEOUT, "The request did not come in time"),
            Kind::Invalid => ("invalid", StatusCode::UNPROCESSABLE_ENTITY, "The words are wrong"),
            Kind::TooMany => ("too-many-requests", StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            Kind::Overloaded => ("overloaded", StatusCode::SERVICE_UNAVAILABLE, "The hub has too much to do"),
            Kind::ReadOnly => ("read-only", StatusCode::SERVICE_UNAVAILABLE, "The hub can only be read"),
            Kind::Unknown => {
                ("unknown", StatusCode::SERVICE_UNAVAILABLE, "It is not known whether it was written")
            }
            Kind::Timeout => ("timeout", StatusCode::SERVICE_UNAVAILABLE, "The hub did not answer in time"),
            Kind::Broken => ("broken", StatusCode::INTERNAL_SERVER_ERROR, "The hub has a fault"),
        }
    }
}

impl ApiError {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let retry_after = match kind {
            Kind::Overloaded | Kind::Unknown | Kind::Timeout | Kind::TooMany => Some(1),
            Kind::ReadOnly => Some(5),
            Kind::Malformed
            | Kind::Unauthorized
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::NoMethod
            | Kind::Stale
            | Kind::NotNow
            | Kind::TooLarge
            | Kind::MediaType
            | Kind::Misdirected
            | Kind::TooSlow
            | Kind::Invalid
            | Kind::Broken => None,
        };
        ApiError { kind, detail: detail.into(), revision: None, retry_after }
    }

    pub fn malformed(detail: impl Into<String>) -> Self {
        ApiError::new(Kind::Malformed, detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        ApiError::new(Kind::NotFound, detail)
    }

    pub fn retry_after(self, seconds: u64) -> Self {
        ApiError { retry_after: Some(seconds), ..self }
    }

    #[cfg(test)]
    pub fn status(&self) -> StatusCode {
        self.kind.words().1
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.kind {
            RefusalKind::NotFound => Kind::NotFound,
            RefusalKind::Stale => Kind::Stale,
            RefusalKind::NotNow => Kind::NotNow,
            RefusalKind::Invalid => Kind::Invalid,
            RefusalKind::Forbidden => Kind::Forbidden,
            RefusalKind::Overloaded => Kind::Overloaded,
        };
        ApiError { revision: refusal.revision, ..ApiError::new(kind, refusal.message) }
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        let kind = match error {
            SubmitError::Refused(refusal) => return refusal.into(),
            SubmitError::ReadOnly(_) => Kind::ReadOnly,
            SubmitError::Unknown(_) => Kind::Unknown,
            SubmitError::Busy | SubmitError::Stopping => Kind::Overloaded,
        };
        ApiError::new(kind, error.to_string())
    }
}

impl From<JournalError> for ApiError {
    fn from(error: JournalError) -> Self {
        tracing::error!(%error, "the journal could not be read");
        // What exactly is for whoever runs the hub: it may name files and statements.
        ApiError::new(Kind::Overloaded, "the journal cannot be read at the moment; the hub's log says why")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (name, status, title) = self.kind.words();
        let problem = Problem {
            kind: Line::clean(&format!("/problems/{name}")),
            title: Line::clean(title),
            status: status.as_u16(),
            detail: brief(&self.detail),
            revision: self.revision,
        };
        let mut response = (status, axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind == Kind::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The most characters of a detail: it may quote what was sent, and an answer should not be as long as a question.
const DETAIL: usize = 800;

fn brief(detail: &str) -> Text {
    match detail.char_indices().nth(DETAIL) {
        Some((end, _)) => Text::clean(&format!("{}…", detail.get(..end).unwrap_or_default())),
        None => Text::clean(detail),
    }
}

/// Why a hub does not start or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(
        "{0} is reachable from other machines, and tokens would cross the network readably; give `tls_cert` and \
         `tls_key`, or set `behind_proxy` where a proxy in front of the hub does TLS"
    )]
    Exposed(SocketAddr),
    #[error("{what} cannot be used: {why}")]
    File { what: String, why: String },
    #[error("the metrics cannot be served on {address}: {error}; choose another `metrics_listen`")]
    Metrics { address: SocketAddr, error: std::io::Error },
    #[error("the listener cannot be used: {0}")]
    Listener(#[from] std::io::Error),
    #[error("the settings do not fit together: {0}")]
    Settings(String),
}

impl HubError {
    pub(super) fn file(path: &std::path::Path, why: impl std::fmt::Display) -> Self {
        HubError::File { what: path.display().to_string(), why: why.to_string() }
    }
}
