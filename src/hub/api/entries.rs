//! `/entries`: the journal itself, in order, for those who were further behind than the feed goes back.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Params;
use super::page::limit;
use crate::domain::actor::Access;
use crate::domain::ids::{Cursor, Seq};
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::error::{ApiError, Kind};
use crate::journal::{Encoded, JournalError};

#[derive(Debug, Deserialize)]
pub(in crate::hub) struct Wanted {
    after: Cursor,
    #[serde(default)]
    limit: Option<usize>,
}

/// [`crate::wire::body::Entries`], with entries as they were encoded.
#[derive(Serialize)]
struct Part<'a> {
    entries: Vec<&'a RawValue>,
    head: Seq,
}

/// `GET /entries`: those after a place in the journal, oldest first.
pub(in crate::hub) async fn list(
    State(hub): State<Hub>,
    caller: Caller,
    Params(wanted): Params<Wanted>,
) -> Result<Response, ApiError> {
    caller.may(Access::Observer)?;
    // What is told here has been told on the feed, and no later entry.
    let head = *hub.feed.head().borrow();
    if wanted.after.journal != head.journal {
        let detail = format!("this hub keeps the journal {}; begin anew without `after`", head.journal);
        return Err(ApiError::new(Kind::NotFound, detail));
    }
    let (after, limit) = (wanted.after.seq, limit(wanted.limit));
    let read = hub.read(move |reader| reader.read(after, limit)).await?;
    let told = |encoded: &&Encoded| encoded.entry.seq <= head.seq;
    let raw: Result<Vec<&RawValue>, _> =
        read.iter().filter(told).map(|encoded| serde_json::from_str(&encoded.json)).collect();
    let entries = raw.map_err(|error| JournalError::Damaged(error.to_string()))?;
    Ok(axum::Json(Part { entries, head: head.seq }).into_response())
}
