//! Every command, through one handler: the table of routes says what is where, the domain says what it means.

use std::collections::HashMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::JsonBody;
use crate::domain::actor::Access;
use crate::domain::command::{Command, Outcome, Submission};
use crate::domain::ids::{CommandId, Revision};
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::error::{ApiError, Kind};
use crate::wire::route::{BASE, Route, command};

/// The header with the command's id.
pub(in crate::hub) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Takes the command that a request carries.
pub(in crate::hub) async fn take(
    route: &'static Route,
    State(hub): State<Hub>,
    caller: Caller,
    parameters: Result<Path<HashMap<String, String>>, PathRejection>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Response, ApiError> {
    let id = id(&headers)?;
    let Path(parameters) = parameters.map_err(|rejection| ApiError::malformed(rejection.body_text()))?;
    let named = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let command = command(route, named, body)
        .map_err(|error| ApiError::new(Kind::Invalid, format!("{} ({})", error, route.summary)))?;
    let declares = matches!(command, Command::Declare { .. });
    let needed = command.access().ok_or_else(|| ApiError::not_found("no client can send this command"))?;
    if !(command.is_for_senders() && caller.access == Access::Ingest) {
        caller.may(needed)?;
    }
    let submission = Submission { id, actor: caller.actor(), seen: seen(&headers)?, command };
    let outcome = hub.submitter.submit(submission).await?;
    Ok(answer(declares, outcome))
}

fn answer(declares: bool, outcome: Outcome) -> Response {
    let location = outcome.id.filter(|_| declares).map(|id| format!("{BASE}/incidents/{id}"));
    let revision = outcome.revision;
    let status = if location.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = (status, axum::Json(outcome)).into_response();
    if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if let Some(revision) = revision {
        response.headers_mut().insert(header::ETAG, etag(revision));
    }
    response
}

/// A revision as an `ETag`.
pub(super) fn etag(revision: Revision) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{revision}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

fn id(headers: &HeaderMap) -> Result<Option<CommandId>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let raw = value.to_str().unwrap_or_default();
    let id = raw.parse().map_err(|error| ApiError::malformed(format!("Idempotency-Key: {error}")))?;
    Ok(Some(id))
}

/// `If-Match: "12"`; `*` and nothing ask for no check.
fn seen(headers: &HeaderMap) -> Result<Option<Revision>, ApiError> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let raw = value.to_str().unwrap_or_default().trim();
    if raw == "*" {
        return Ok(None);
    }
    let bare = raw.strip_prefix("W/").unwrap_or(raw);
    let bare = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(bare);
    let wrong = |_| ApiError::malformed("If-Match takes one revision of the incident, such as \"12\"");
    bare.parse().map(|number| Some(Revision(number))).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_revision_is_read_as_http_writes_it() {
        for raw in ["\"12\"", "12", "W/\"12\""] {
            assert_eq!(seen(&with(header::IF_MATCH, raw)), Ok(Some(Revision(12))), "{raw}");
        }
        assert_eq!(seen(&HeaderMap::new()), Ok(None));
        for raw in ["", "\"\"", "\"a\"", "\"1\", \"2\"", "-1"] {
            assert_eq!(seen(&with(header::IF_MATCH, raw)).unwrap_err().status(), 400, "{raw}");
        }
    }

    #[test]
    fn a_key_that_is_too_long_or_strange_is_refused() {
        assert!(id(&with(IDEMPOTENCY_KEY, "a-1")).unwrap().is_some());
        for raw in ["", "a b", &"x".repeat(129)] {
            assert_eq!(id(&with(IDEMPOTENCY_KEY, raw)).unwrap_err().status(), 400, "{raw}");
        }
    }
}
