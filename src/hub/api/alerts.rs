//! `/alerts`: the alerts that wait, without an incident. Those of an incident stand in the incident.

use axum::extract::State;

use super::page::check_cursor;
use super::{PageQuery, Params};
use crate::domain::actor::Access;
use crate::domain::alert::{Alert, Fingerprint};
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::error::ApiError;
use crate::wire::body::Page;

/// `GET /alerts`: in order of fingerprint.
pub(in crate::hub) async fn list(
    State(hub): State<Hub>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<axum::Json<Page<Alert>>, ApiError> {
    caller.may(Access::Observer)?;
    let after: Option<Fingerprint> = check_cursor(query.cursor.as_deref())?;
    let waiting: Vec<Alert> = hub.room.read().alerts.waiting.values().cloned().collect();
    let is_after = |alert: &Alert, _: &str| after.is_none_or(|after| alert.fingerprint > after);
    Ok(axum::Json(query.page(waiting, |alert| alert.fingerprint, is_after)))
}
