//! `/healthz` and `/readyz`: whether the process lives, and whether it can take commands. They tell nothing else, for
//! they ask for no token.

use axum::extract::State;

use crate::hub::Hub;
use crate::hub::error::{ApiError, Kind};
use crate::wire::frame::Health;

/// `GET /healthz`
pub(in crate::hub) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`
pub(in crate::hub) async fn ready(State(hub): State<Hub>) -> Result<&'static str, ApiError> {
    if hub.shutdown.is_cancelled() || hub.submitter.has_ended() {
        return Err(ApiError::new(Kind::Overloaded, "the hub is stopping"));
    }
    match &*hub.feed.health().borrow() {
        Health::Writable => Ok("ok\n"),
        Health::ReadOnly { .. } => Err(ApiError::new(
            Kind::ReadOnly,
            "the journal cannot be written at the moment; the hub's log says why",
        )),
    }
}
