//! How requests are read, so that every resource refuses the same things in the same words.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::hub::error::{ApiError, Kind};
use crate::hub::limits::{API_BODY, BODY_SILENCE, check_json};

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

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let json = is_json(request.headers());
        let body = body(request, API_BODY).await?;
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

/// How much of a body that is too large is read and forgotten, and for how long: a connection that is closed upon somebody who
/// still sends takes the answer with it (RFC 9112, section 9.6).
const LINGER_BYTES: usize = 4 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(1);

/// The body, of at most so many bytes. One that is larger is not kept.
pub(in crate::hub) async fn body(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let headers = request.headers();
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        let detail = "send the body as it is, without Content-Encoding; compressed bodies are not taken";
        return Err(ApiError::new(Kind::MediaType, detail));
    }
    let too_large = || {
        let detail =
            format!("the body is larger than the {limit} bytes that are taken here; send it in parts");
        ApiError::new(Kind::TooLarge, detail)
    };
    let said =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let asks_first = headers.contains_key(header::EXPECT);
    let mut pieces = request.into_body().into_data_stream();
    if let Some(length) = said.filter(|length| *length > limit as u64) {
        // Whoever asked first has not begun, and whoever wants to send that much more is not waited for.
        if !asks_first && length <= (limit + LINGER_BYTES) as u64 {
            linger(&mut pieces).await;
        }
        return Err(too_large());
    }
    let said = said.map_or(0, |length| usize::try_from(length).unwrap_or(limit));
    let slow =
        |_| ApiError::new(Kind::TooSlow, "the body did not come; send it again, whole and without a pause");
    let mut body = BytesMut::new();
    while let Some(piece) = timeout(BODY_SILENCE, pieces.next()).await.map_err(slow)? {
        let piece =
            piece.map_err(|_| ApiError::malformed("the body ended before it was whole; send it again"))?;
        if body.len() + piece.len() > limit {
            linger(&mut pieces).await;
            return Err(too_large());
        }
        // Most bodies are one piece, and stay where they are.
        if body.is_empty() && piece.len() == said {
            return Ok(piece);
        }
        if body.is_empty() {
            // Memory for what was announced, but not much more than for what came.
            body.reserve(said.min(16 * piece.len()));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// Takes the rest of a request that is refused before its body is read, if that comes soon.
pub(in crate::hub) async fn forget_body(request: Request) {
    linger(&mut request.into_body().into_data_stream()).await;
}

/// Lets somebody whose body is refused finish it, if that is soon.
async fn linger(pieces: &mut BodyDataStream) {
    let mut rest = LINGER_BYTES;
    let reading = async {
        while let Some(Ok(piece)) = pieces.next().await {
            match rest.checked_sub(piece.len()) {
                Some(less) => rest = less,
                None => return,
            }
        }
    };
    // Whoever takes longer may lose the answer, and nobody else waits for it.
    drop(timeout(LINGER, reading).await);
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    check_json(body)?;
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
