//! A small client of the Prometheus HTTP API: figures of now, samples as they were scraped, and answers that may not be
//! believed blindly.
//!
//! A query has its own deadline and a limit on the size of its answer, follows no redirect, and fails in a sentence that
//! can stand on a screen.

mod answer;
mod error;
mod matrix;

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Response, StatusCode, redirect};
use url::Url;

pub use answer::{Answer, Sample};
pub use error::PrometheusError;
pub use matrix::Series;

use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// Bytes of an answer to a query of ours, which holds a few numbers.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Bytes of an answer with samples: some hundred thousand of them.
pub const MAX_SAMPLES_BYTES: usize = 32 * 1024 * 1024;

/// Bytes read of an answer that is an error.
const MAX_ERROR_BYTES: usize = 16 * 1024;

/// Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Prometheus {
    http: reqwest::Client,
}

impl Prometheus {
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new() -> Result<Self, PrometheusError> {
        // Without a provider the builder below panics. An Err only says that there is one already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .user_agent(concat!("warroom/", env!("CARGO_PKG_VERSION")))
            // A server that is asked for figures has no reason to send us elsewhere, least of all into our own network.
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(PrometheusError::client)?;
        Ok(Prometheus { http })
    }

    /// Asks `server` (the address before `/api/v1`) for the value of `promql` now, by the server's clock.
    ///
    /// # Errors
    /// When there is no whole, sensible answer within `deadline`.
    pub async fn query(
        &self,
        server: &Url,
        promql: &str,
        deadline: Duration,
    ) -> Result<Answer, PrometheusError> {
        let request =
            Request { path: "query", form: &[("query", promql)], limit: MAX_ANSWER_BYTES, deadline };
        Answer::parse(&self.asked(server, request).await?)
    }

    /// The samples of a range selector such as `http_requests_total[2m]` that end now, as they were scraped.
    ///
    /// # Errors
    /// When there is no whole, sensible answer within `deadline`.
    pub async fn samples(
        &self,
        server: &Url,
        selector: &str,
        deadline: Duration,
    ) -> Result<Vec<Series>, PrometheusError> {
        let request =
            Request { path: "query", form: &[("query", selector)], limit: MAX_SAMPLES_BYTES, deadline };
        Series::parse(&self.asked(server, request).await?)
    }

    /// What a selector shows at each `step` from `from` to `to`, both included.
    ///
    /// # Errors
    /// When there is no whole, sensible answer within `deadline`.
    pub async fn range(
        &self,
        server: &Url,
        selector: &str,
        (from, to): (Timestamp, Timestamp),
        step: Duration,
        deadline: Duration,
    ) -> Result<Vec<Series>, PrometheusError> {
        let (from, to, step) = (from.to_string(), to.to_string(), step.as_secs_f64().to_string());
        let form = [("query", selector), ("start", &from), ("end", &to), ("step", &step)];
        let request = Request { path: "query_range", form: &form, limit: MAX_SAMPLES_BYTES, deadline };
        Series::parse(&self.asked(server, request).await?)
    }

    async fn asked(&self, server: &Url, request: Request<'_>) -> Result<Vec<u8>, PrometheusError> {
        let deadline = request.deadline;
        let asked = tokio::time::timeout(deadline, self.ask(server, request));
        asked.await.unwrap_or(Err(PrometheusError::Deadline(deadline)))
    }

    async fn ask(&self, server: &Url, request: Request<'_>) -> Result<Vec<u8>, PrometheusError> {
        let Request { path, form, limit, deadline } = request;
        // Posted, because a query can be longer than servers and proxies take in an address.
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .append_pair("timeout", &format!("{}ms", deadline.as_millis()))
            .finish();
        let request = self
            .http
            .post(endpoint(server, path)?)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let response = request.send().await.map_err(PrometheusError::transport)?;
        let status = response.status();
        if status.is_success() {
            return body(response, limit).await;
        }
        if status.is_redirection() {
            let to = response.headers().get(LOCATION).map(|to| Line::from_bytes(to.as_bytes()));
            return Err(PrometheusError::Redirect { to: to.unwrap_or_default() });
        }
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            return Err(PrometheusError::Unauthorized(status.as_u16()));
        }
        // Whatever is wrong with the body of an error, the status is what counts.
        let body = body(response, MAX_ERROR_BYTES).await.unwrap_or_default();
        Err(PrometheusError::from_status(status.as_u16(), &body))
    }
}

/// One question.
struct Request<'a> {
    /// Below `/api/v1`.
    path: &'a str,
    form: &'a [(&'a str, &'a str)],
    /// Bytes of the answer.
    limit: usize,
    deadline: Duration,
}

/// `http://host/prefix` → `http://host/prefix/api/v1/query`, with or without a slash at the end.
fn endpoint(server: &Url, path: &str) -> Result<Url, PrometheusError> {
    let mut url = server.clone();
    url.set_query(None);
    url.set_fragment(None);
    match url.path_segments_mut() {
        Ok(mut segments) => segments.pop_if_empty().extend(["api", "v1", path]),
        Err(()) => return Err(PrometheusError::Address),
    };
    Ok(url)
}

/// Read piece by piece, so that a server can fill our memory up to the limit and no further.
async fn body(mut response: Response, limit: usize) -> Result<Vec<u8>, PrometheusError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(PrometheusError::transport)? {
        if body.len() + piece.len() > limit {
            return Err(PrometheusError::TooLarge(limit));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

#[cfg(test)]
mod tests;
