//! `/tokens`: made, listed and revoked by admins. A token is shown once, when it is made.

use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::{JsonBody, PageQuery, Params};
use crate::domain::actor::Access;
use crate::hub::Hub;
use crate::hub::auth::{Caller, TokenError};
use crate::hub::error::{ApiError, Kind};
use crate::wire::body::{CreatedToken, NewToken, Page, TokenInfo};

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        let kind = match error {
            TokenError::NoSuchToken => Kind::NotFound,
            TokenError::LastAdmin | TokenError::TooMany => Kind::NotNow,
            TokenError::Expired => Kind::Invalid,
            TokenError::NotSaved(_) => Kind::ReadOnly,
        };
        ApiError::new(kind, error.to_string())
    }
}

/// `POST /tokens`
pub(in crate::hub) async fn create(
    State(hub): State<Hub>,
    caller: Caller,
    JsonBody(wanted): JsonBody<NewToken>,
) -> Result<(StatusCode, axum::Json<CreatedToken>), ApiError> {
    caller.may(Access::Admin)?;
    let made = on_disk(hub, move |hub| {
        let NewToken { handle, access, expires_at } = wanted;
        hub.tokens.create(&handle, access, expires_at, hub.clock.now(), &*hub.random)
    });
    let (info, secret) = made.await?;
    Ok((StatusCode::CREATED, axum::Json(CreatedToken { token: secret.reveal().to_owned(), info })))
}

/// `GET /tokens`: in order of id.
pub(in crate::hub) async fn list(
    State(hub): State<Hub>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<axum::Json<Page<TokenInfo>>, ApiError> {
    caller.may(Access::Admin)?;
    let mut tokens = hub.tokens.list();
    tokens.sort_by(|a, b| a.id.cmp(&b.id));
    let is_after = |token: &TokenInfo, cursor: &str| token.id.as_str() > cursor;
    Ok(axum::Json(query.page(tokens, |token| token.id.clone(), is_after)))
}

/// `DELETE /tokens/{id}`
pub(in crate::hub) async fn revoke(
    State(hub): State<Hub>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.may(Access::Admin)?;
    on_disk(hub, move |hub| hub.tokens.revoke(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tokens are saved with an fsync, which must not hold up other requests.
async fn on_disk<T: Send + 'static>(
    hub: Hub,
    work: impl FnOnce(&Hub) -> Result<T, TokenError> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::task::spawn_blocking(move || work(&hub)).await {
        Ok(done) => done.map_err(Into::into),
        Err(error) => Err(ApiError::new(Kind::Broken, error.to_string())),
    }
}
