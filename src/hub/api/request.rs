//! How requests are read, so that every resource refuses the same things in the same words.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::hub::error::{ApiError, Kind};
use crate::hub::limits::check_depth;

/// The query of a request.
#[derive(Debug)]
pub(in crate::hub) struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Params(query)),
            Err(rejection) => Err(ApiError::malformed(rejection.body_text())),
        }
    }
}

/// A JSON body. None at all is the same as `{}`.
#[derive(Debug)]
pub(in crate::hub) struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let json = is_json(request.headers());
        let body = body(request, state).await?;
        if body.is_empty() {
            return parse(b"{}").map(JsonBody);
        }
        if !json {
            let detail = "send JSON, with the header `Content-Type: application/json`";
            return Err(ApiError::new(Kind::MediaType, detail));
        }
        parse(&body).map(JsonBody)
    }
}

/// The body, up to the limit of the route.
pub(in crate::hub) async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))
}

fn unread(rejection: &BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail =
            "the body is larger than this resource takes; the OpenAPI document says how much that is";
        ApiError::new(Kind::TooLarge, detail)
    } else {
        ApiError::malformed(format!("the body could not be read: {}", rejection.body_text()))
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    check_depth(body)?;
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            ApiError::new(Kind::Invalid, format!("the body does not say what is needed here: {error}"))
        }
        _ => ApiError::malformed(format!("the body is not JSON: {error}")),
    })
}

/// No content type at all is taken for JSON: the body will show.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return true };
    let kind = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json")
}
