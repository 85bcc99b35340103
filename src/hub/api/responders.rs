//! `/responders`: who is connected, and who works on what.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;

use super::page::check_cursor;
use super::{PageQuery, Params};
use crate::domain::actor::{Access, Handle};
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::error::ApiError;
use crate::wire::body::{Page, Responder};

/// `GET /responders`: in order of handle.
pub(in crate::hub) async fn list(
    State(hub): State<Hub>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<axum::Json<Page<Responder>>, ApiError> {
    caller.may(Access::Observer)?;
    let after: Option<Handle> = check_cursor(query.cursor.as_deref())?;
    let mut people: BTreeMap<Handle, Responder> = BTreeMap::new();
    let nobody = |handle: &Handle| Responder {
        handle: handle.clone(),
        connected_since: None,
        viewing: None,
        incidents: BTreeSet::new(),
    };
    for presence in hub.presences.people() {
        let person = people.entry(presence.handle.clone()).or_insert_with_key(nobody);
        person.connected_since = Some(presence.since);
        person.viewing = presence.incident;
    }
    for incident in hub.room.read().open_incidents() {
        for handle in incident.responders.keys() {
            people.entry(handle.clone()).or_insert_with_key(nobody).incidents.insert(incident.id);
        }
    }
    let is_after = |person: &Responder, _: &str| after.as_ref().is_none_or(|after| person.handle > *after);
    Ok(axum::Json(query.page(people.into_values(), |person| person.handle.clone(), is_after)))
}
