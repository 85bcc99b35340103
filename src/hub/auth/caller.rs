//! The one who calls: taken from the credentials of a request, never from its body.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio_util::sync::CancellationToken;

use crate::domain::actor::{Access, Actor, Handle};
use crate::domain::time::Timestamp;
use crate::hub::Hub;
use crate::hub::error::{ApiError, Kind};

/// Whoever holds the token that came with the request.
#[derive(Debug, Clone)]
pub(in crate::hub) struct Caller {
    /// The id of the token, not the token.
    pub token: String,
    pub handle: Handle,
    pub access: Access,
    pub expires_at: Option<Timestamp>,
    /// Cancelled when the token is revoked.
    pub revoked: CancellationToken,
}

impl Caller {
    pub fn actor(&self) -> Actor {
        match self.access {
            Access::Ingest => Actor::Integration(self.handle.clone()),
            Access::Observer | Access::Responder | Access::Commander | Access::Admin => {
                Actor::Person(self.handle.clone())
            }
        }
    }

    pub fn may(&self, needed: Access) -> Result<(), ApiError> {
        if self.access.allows(needed) {
            return Ok(());
        }
        let (has, detail) = (self.access, "ask an admin for one: `warroom token create`");
        let article =
            if matches!(needed, Access::Observer | Access::Admin | Access::Ingest) { "an" } else { "a" };
        let detail = format!("this needs {article} {needed} token, and yours is of the role {has}; {detail}");
        Err(ApiError::new(Kind::Forbidden, detail))
    }
}

/// The token in `Authorization`: `Bearer TOKEN`, or the password of `Basic` for senders that know nothing else.
pub(in crate::hub) fn credential(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    // Two of them is somebody trying which one counts.
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        return pair.split_once(':').map(|(_, password)| password.to_owned());
    }
    None
}

impl Hub {
    /// Who holds this token, within what they may ask in a while.
    pub(in crate::hub) fn caller(&self, token: Option<&str>) -> Result<Caller, ApiError> {
        let caller = token.and_then(|token| self.tokens.caller(token, self.clock.now()));
        caller.ok_or_else(|| {
            let detail = "the hub does not know this token, or it has expired or was revoked; an admin makes one with \
                          `warroom token create NAME`, and the first lies in the file `token` beside the journal";
            ApiError::new(Kind::Unauthorized, detail)
        })
    }
}

impl FromRequestParts<Hub> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, hub: &Hub) -> Result<Self, ApiError> {
        let caller = hub.caller(credential(&parts.headers).as_deref())?;
        hub.rates.take(&caller.token)?;
        Ok(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_token_comes_as_bearer_or_as_the_password_of_basic() {
        assert_eq!(credential(&with(&["Bearer wr_a"])).as_deref(), Some("wr_a"));
        assert_eq!(credential(&with(&["bearer  wr_a"])).as_deref(), Some("wr_a"));
        let basic = format!("Basic {}", STANDARD.encode("prometheus:wr_a"));
        assert_eq!(credential(&with(&[&basic])).as_deref(), Some("wr_a"));
    }

    #[test]
    fn nothing_two_headers_or_another_scheme_is_no_token() {
        for values in [&[][..], &["Bearer a", "Bearer b"], &["Digest a"], &["wr_a"], &["Basic !"]] {
            assert_eq!(credential(&with(values)), None, "{values:?}");
        }
    }
}
