//! `/policy`: the organisation's rules, as terminals have them from the feed.

use std::sync::Arc;

use axum::extract::State;

use crate::domain::actor::Access;
use crate::domain::policy::Policy;
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::error::ApiError;

/// `GET /policy`
pub(in crate::hub) async fn one(
    State(hub): State<Hub>,
    caller: Caller,
) -> Result<axum::Json<Arc<Policy>>, ApiError> {
    caller.may(Access::Observer)?;
    Ok(axum::Json(Arc::clone(&hub.rules)))
}
