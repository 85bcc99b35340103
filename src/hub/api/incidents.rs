//! `/incidents`: the list, one of them, its timeline and its updates.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::commands::etag;
use super::page::{check_cursor, limit};
use super::{PageQuery, Params};
use crate::domain::actor::Access;
use crate::domain::comms::Comms;
use crate::domain::ids::{IncidentId, Seq};
use crate::domain::incident::Incident;
use crate::domain::severity::Severity;
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::error::ApiError;
use crate::wire::body::Page;

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Which {
    #[default]
    Open,
    All,
}

#[derive(Debug, Deserialize)]
pub(in crate::hub) struct Wanted {
    #[serde(default)]
    status: Which,
    #[serde(default)]
    severity: Option<Severity>,
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

/// `GET /incidents`: newest first.
pub(in crate::hub) async fn list(
    State(hub): State<Hub>,
    caller: Caller,
    Params(wanted): Params<Wanted>,
) -> Result<axum::Json<Page<Incident>>, ApiError> {
    caller.may(Access::Observer)?;
    let before: Option<IncidentId> = check_cursor(wanted.cursor.as_deref())?;
    let limit = limit(wanted.limit);
    let room = hub.room.read();
    let mut found = room.incidents.values().rev().filter(|incident| {
        before.is_none_or(|before| incident.id < before)
            && (matches!(wanted.status, Which::All) || incident.status.is_open())
            && wanted.severity.is_none_or(|severity| incident.severity == severity)
            && wanted.service.as_deref().is_none_or(|service| incident.services.contains(service))
    });
    let items: Vec<Incident> = found.by_ref().take(limit).cloned().collect();
    let more = found.next().is_some();
    let next = items.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(axum::Json(Page { items, next }))
}

/// `GET /incidents/{incident}`
pub(in crate::hub) async fn one(
    State(hub): State<Hub>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    caller.may(Access::Observer)?;
    let incident = find(&hub, &id)?;
    Ok(([(header::ETAG, etag(incident.revision))], axum::Json(incident)).into_response())
}

/// `GET /incidents/{incident}/comms`: oldest first.
pub(in crate::hub) async fn comms(
    State(hub): State<Hub>,
    caller: Caller,
    Path(id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<axum::Json<Page<Comms>>, ApiError> {
    caller.may(Access::Observer)?;
    let after = check_cursor(query.cursor.as_deref())?;
    let comms = find(&hub, &id)?.comms.into_values();
    Ok(axum::Json(query.page(comms, |item| item.id, |item, _| after.is_none_or(|after| item.id > after))))
}

#[derive(Debug, Deserialize)]
pub(in crate::hub) struct Span {
    #[serde(default)]
    after: Option<Seq>,
    #[serde(default)]
    before: Option<Seq>,
    #[serde(default)]
    limit: Option<usize>,
}

/// [`crate::wire::body::Timeline`], with entries as they were encoded.
#[derive(Serialize)]
struct Part<'a> {
    entries: Vec<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    older_before: Option<Seq>,
}

/// `GET /incidents/{incident}/timeline`: the newest part of what was asked for, oldest first.
pub(in crate::hub) async fn timeline(
    State(hub): State<Hub>,
    caller: Caller,
    Path(id): Path<String>,
    Params(span): Params<Span>,
) -> Result<Response, ApiError> {
    caller.may(Access::Observer)?;
    let incident = find(&hub, &id)?.id;
    let limit = limit(span.limit);
    let (after, before) = (span.after.unwrap_or(Seq::START), span.before);
    // One more than asked for shows whether there are older ones.
    let mut entries = hub.read(move |reader| reader.timeline(incident, after, before, limit + 1)).await?;
    let mut older_before = None;
    if entries.len() > limit {
        entries.remove(0);
        older_before = entries.first().map(|encoded| encoded.entry.seq);
    }
    let texts: Vec<Arc<str>> = entries.into_iter().map(|encoded| encoded.json).collect();
    let raw: Result<Vec<&RawValue>, _> = texts.iter().map(|json| serde_json::from_str(json)).collect();
    let entries = raw.map_err(|error| crate::journal::JournalError::Damaged(error.to_string()))?;
    Ok(axum::Json(Part { entries, older_before }).into_response())
}

fn find(hub: &Hub, raw: &str) -> Result<Incident, ApiError> {
    let id: IncidentId = raw.parse().map_err(|error| ApiError::malformed(format!("{error}")))?;
    let found = hub.room.read().incident(id).cloned();
    found.ok_or_else(|| {
        ApiError::not_found(format!("there is no {id}; `GET /incidents?status=all` lists all"))
    })
}
