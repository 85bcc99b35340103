//! `/slos`: the latest values of every SLO.

use axum::extract::{Path, State};

use super::{PageQuery, Params};
use crate::domain::actor::Access;
use crate::domain::gauge::SloGauge;
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::error::ApiError;
use crate::wire::body::Page;

/// `GET /slos`: in order of name.
pub(in crate::hub) async fn list(
    State(hub): State<Hub>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<axum::Json<Page<SloGauge>>, ApiError> {
    caller.may(Access::Observer)?;
    let mut slos = hub.gauges.all().to_vec();
    slos.sort_by(|a, b| a.name.cmp(&b.name));
    let is_after = |slo: &SloGauge, cursor: &str| &*slo.name > cursor;
    Ok(axum::Json(query.page(slos, |slo| slo.name.clone(), is_after)))
}

/// `GET /slos/{name}`
pub(in crate::hub) async fn one(
    State(hub): State<Hub>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<axum::Json<SloGauge>, ApiError> {
    caller.may(Access::Observer)?;
    let found = hub.gauges.all().iter().find(|slo| slo.name == *name.as_str()).cloned();
    let none = || ApiError::not_found("there is no SLO of this name; `GET /slos` lists all");
    found.map(axum::Json).ok_or_else(none)
}
