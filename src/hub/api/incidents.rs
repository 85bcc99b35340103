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
use crate::domain::apply::apply;
use crate::domain::comms::Comms;
use crate::domain::ids::{IncidentId, Seq};
use crate::domain::incident::Incident;
use crate::domain::room::Room;
use crate::domain::severity::Severity;
use crate::hub::auth::Caller;
use crate::hub::error::ApiError;
use crate::hub::{Hub, SharedRoom};
use crate::journal::{JournalError, Reader};
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

/// How many incidents one request looks up in the journal at most. A page may have fewer than were asked for, and there is
/// a next one.
const LOOKED_UP: usize = 500;

impl Wanted {
    fn fits(&self, incident: &Incident) -> bool {
        (matches!(self.status, Which::All) || incident.status.is_open())
            && self.severity.is_none_or(|severity| incident.severity == severity)
            && self.service.as_deref().is_none_or(|service| incident.services.contains(service))
    }
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
    let page = match wanted.status {
        Which::Open => open(&hub.room.read(), &wanted, before, limit),
        Which::All => {
            let room = hub.room.clone();
            hub.read(move |reader| all(&room, reader, &wanted, before, limit)).await?
        }
    };
    Ok(axum::Json(page))
}

/// Whatever is open is in the room.
fn open(room: &Room, wanted: &Wanted, before: Option<IncidentId>, limit: usize) -> Page<Incident> {
    let mut found = room
        .incidents
        .values()
        .rev()
        .filter(|incident| before.is_none_or(|before| incident.id < before) && wanted.fits(incident));
    let items: Vec<Incident> = found.by_ref().take(limit).cloned().collect();
    let more = found.next().is_some();
    let next = items.last().filter(|_| more).map(|last| last.id.to_string());
    Page { items, next }
}

/// Every number once, from the room or else from the journal.
fn all(
    room: &SharedRoom,
    reader: &dyn Reader,
    wanted: &Wanted,
    before: Option<IncidentId>,
    limit: usize,
) -> Result<Page<Incident>, JournalError> {
    let newest = room.read().last_incident;
    let from = before.map_or(newest, |before| newest.min(before.0.saturating_sub(1)));
    let (mut items, mut looked_up) = (Vec::new(), 0);
    for id in (1..=from).rev().map(IncidentId) {
        if items.len() == limit || looked_up == LOOKED_UP {
            // From the last one that was looked at, on this page or not.
            return Ok(Page { items, next: Some(IncidentId(id.0.saturating_add(1)).to_string()) });
        }
        let here = room.read().incident(id).cloned();
        let incident = match here {
            Some(incident) => Some(incident),
            None => {
                looked_up += 1;
                folded(reader, id)?
            }
        };
        items.extend(incident.filter(|incident| wanted.fits(incident)));
    }
    Ok(Page { items, next: None })
}

/// An incident that ended so long ago that the room has let go of it, as its own entries tell it. Of incidents that were
/// merged into it, the alerts are not counted.
fn folded(reader: &dyn Reader, id: IncidentId) -> Result<Option<Incident>, JournalError> {
    let mut room = Room::default();
    for encoded in reader.timeline(id, Seq::START, None, usize::MAX)? {
        apply(&mut room, &encoded.entry);
    }
    Ok(room.incidents.remove(&id))
}

/// `GET /incidents/{incident}`
pub(in crate::hub) async fn one(
    State(hub): State<Hub>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    caller.may(Access::Observer)?;
    let incident = find(&hub, &id).await?;
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
    let comms = find(&hub, &id).await?.comms.into_values();
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
    let incident = find(&hub, &id).await?.id;
    let limit = limit(span.limit);
    // What is told here has been told on the feed, and no later entry.
    let untold = hub.feed.head().borrow().seq.next();
    let before = Some(span.before.map_or(untold, |before| before.min(untold)));
    let after = span.after.unwrap_or(Seq::START);
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

async fn find(hub: &Hub, raw: &str) -> Result<Incident, ApiError> {
    let id: IncidentId = raw.parse().map_err(|error| ApiError::malformed(format!("{error}")))?;
    let here = hub.room.read().incident(id).cloned();
    let found = match here {
        Some(incident) => Some(incident),
        None => hub.read(move |reader| folded(reader, id)).await?,
    };
    found.ok_or_else(|| {
        ApiError::not_found(format!("there is no {id}; `GET /incidents?status=all` lists all"))
    })
}
