//! `/changes`: what was done to the systems of late.

use std::fmt;
use std::str::FromStr;

use axum::extract::State;
use serde::Deserialize;

use super::page::{check_cursor, limit};
use super::{PageQuery, Params};
use crate::domain::actor::Access;
use crate::domain::change::{Change, ChangeId};
use crate::domain::time::Timestamp;
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::error::ApiError;
use crate::wire::body::Page;

#[derive(Debug, Deserialize)]
pub(in crate::hub) struct Wanted {
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    since: Option<Timestamp>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

/// The last change of a part: `MILLISECONDS~ID`, for two may have begun together.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place(Timestamp, ChangeId);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.0.as_millis(), self.1)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(raw: &str) -> Result<Self, ()> {
        let (millis, id) = raw.split_once('~').ok_or(())?;
        Ok(Place(Timestamp::from_millis(millis.parse().map_err(|_| ())?), id.parse().map_err(|_| ())?))
    }
}

/// `GET /changes`: those that began last, first.
pub(in crate::hub) async fn list(
    State(hub): State<Hub>,
    caller: Caller,
    Params(wanted): Params<Wanted>,
) -> Result<axum::Json<Page<Change>>, ApiError> {
    caller.may(Access::Observer)?;
    let before: Option<Place> = check_cursor(wanted.cursor.as_deref())?;
    let place = |change: &Change| Place(change.at, change.id.clone());
    let fits = |change: &Change| {
        let is_of =
            |service: &str| change.service.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(service));
        wanted.service.as_deref().is_none_or(is_of)
            && wanted.since.is_none_or(|since| change.phase_at >= since)
    };
    let changes: Vec<Change> = {
        let room = hub.room.read();
        room.changes.newest_first().into_iter().filter(|change| fits(change)).cloned().collect()
    };
    let query = PageQuery { cursor: wanted.cursor.clone(), limit: Some(limit(wanted.limit)) };
    let is_after = |change: &Change, _: &str| before.as_ref().is_none_or(|before| place(change) < *before);
    Ok(axum::Json(query.page(changes, place, is_after)))
}
