//! `/deadletters`: what senders delivered and the hub did not understand, newest first.

use axum::extract::State;

use crate::domain::actor::Access;
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::error::ApiError;
use crate::wire::body::{DeadLetter, Page};

/// `GET /deadletters`: all that are kept; there are never many.
pub(in crate::hub) async fn list(
    State(hub): State<Hub>,
    caller: Caller,
) -> Result<axum::Json<Page<DeadLetter>>, ApiError> {
    caller.may(Access::Responder)?;
    Ok(axum::Json(Page { items: hub.dead_letters.newest_first(), next: None }))
}
