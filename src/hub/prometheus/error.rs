//! What can go wrong between us and a Prometheus, each in a sentence with a next step.

use std::error::Error as _;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use crate::domain::text::Line;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PrometheusError {
    #[error("the HTTP client could not be set up ({0}); look at the certificates of this machine")]
    Client(Line),
    #[error(
        "the address of this Prometheus cannot be asked; write one such as http://prometheus.example:9090"
    )]
    Address,
    #[error("the SLO names no data source and the hub has no default; name a DataSource in the SLO")]
    NoServer,
    #[error("Prometheus could not be reached ({0}); look at the address and the network")]
    Unreachable(Line),
    #[error("Prometheus gave no answer within {0:?}; look at its load, or shorten the query")]
    Deadline(Duration),
    #[error("the answer broke off ({0}); the next poll asks again")]
    BrokenOff(Line),
    #[error("the answer is larger than {0} bytes; the query has to give one number")]
    TooLarge(usize),
    #[error("the server redirects to {to}; write that address into the data source if it is meant")]
    Redirect { to: Line },
    #[error("the server wants credentials (HTTP {0}); write them into the address of the data source")]
    Unauthorized(u16),
    /// HTTP 400, `bad_data`.
    #[error("Prometheus does not understand the query ({0}); correct it in the SLO")]
    BadQuery(Line),
    /// HTTP 422, `execution`.
    #[error("Prometheus cannot carry out the query ({0}); correct it in the SLO")]
    Execution(Line),
    /// HTTP 503, `timeout` or `canceled`; 429 of proxies.
    #[error("Prometheus gave up (HTTP {status}: {message}); look at its load, or shorten the query")]
    Overloaded { status: u16, message: Line },
    #[error("the server failed (HTTP {status}: {message}); look at its log")]
    Server { status: u16, message: Line },
    #[error("no Prometheus API was found at this address (HTTP {0}); write the address before /api/v1")]
    NotPrometheus(u16),
    #[error("the answer is not that of a Prometheus ({0}); look at what listens at this address")]
    Nonsense(Line),
}

/// Prometheus' own errors, `{"status":"error","errorType":"bad_data","error":"…"}`.
#[derive(Deserialize)]
struct ApiError {
    #[serde(rename = "errorType")]
    kind: String,
    #[serde(default)]
    error: String,
}

impl PrometheusError {
    pub(super) fn client(error: reqwest::Error) -> Self {
        PrometheusError::Client(cause(error))
    }

    pub(super) fn transport(error: reqwest::Error) -> Self {
        if error.is_body() || error.is_decode() {
            PrometheusError::BrokenOff(cause(error))
        } else {
            PrometheusError::Unreachable(cause(error))
        }
    }

    /// What a status that is neither success, redirect nor refusal of credentials means.
    pub(super) fn from_status(status: u16, body: &[u8]) -> Self {
        let api: Option<ApiError> = serde_json::from_slice(body).ok();
        let told = api.as_ref().map_or_else(|| Line::from_bytes(body), |api| Line::clean(&api.error));
        match (status, api.as_ref().map(|api| api.kind.as_str())) {
            (_, Some("bad_data")) => PrometheusError::BadQuery(told),
            (_, Some("execution")) => PrometheusError::Execution(told),
            (_, Some("timeout" | "canceled")) | (429 | 503 | 504, _) => {
                PrometheusError::Overloaded { status, message: told }
            }
            (400..=499, None) => PrometheusError::NotPrometheus(status),
            (_, _) => PrometheusError::Server { status, message: told },
        }
    }
}

/// The innermost reason, which says the most, and never the address, which may hold a password.
fn cause(error: reqwest::Error) -> Line {
    let error = error.without_url();
    let mut told = error.to_string();
    let mut inner = error.source();
    while let Some(deeper) = inner {
        told = deeper.to_string();
        inner = deeper.source();
    }
    Line::clean(&told)
}
