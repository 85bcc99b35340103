//! `POST /v2/change/enqueue`: PagerDuty's change events, as its clients send them. The token is the routing key in the body;
//! who can set a header may give it there.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Told;
use super::piece::Piece;
use crate::domain::change::{ChangeKind, ChangeReport};
use crate::hub::Hub;
use crate::hub::api::body as request_body;
use crate::hub::auth::credential;
use crate::hub::error::ApiError;
use crate::hub::ingest::Delivered;
use crate::hub::limits::{CHANGE_BODY, UNKNOWN_BODY, check_json};

pub const PATH: &str = "/v2/change/enqueue";

/// `POST /v2/change/enqueue`
pub(in crate::hub) async fn enqueue(State(hub): State<Hub>, request: Request) -> Result<Response, ApiError> {
    let delivered = match credential(request.headers()) {
        Some(token) => Delivered::receive_up_to(CHANGE_BODY, hub, Some(token), PATH, request).await?,
        None => {
            // Nobody is known yet, so there is less to read.
            let body = request_body(request, UNKNOWN_BODY).await?;
            check_json(&body)?;
            let value: Value = serde_json::from_slice(&body)
                .map_err(|error| ApiError::malformed(format!("the body is not JSON: {error}")))?;
            Delivered::with_body(hub, Piece::of(&value).get("routing_key").word(), PATH, body)?
        }
    };
    delivered.was_read();
    let text = delivered.text()?;
    // Also where a header had the token.
    let json = delivered.json()?.get();
    match read(text) {
        Ok(told) => delivered.record(told, &without_key(json)).await?,
        Err(reason) => delivered.set_aside(&without_key(json), reason),
    }
    // The answer that its clients look for.
    let answer = json!({"status": "success", "message": "Change event processed"});
    Ok((StatusCode::ACCEPTED, axum::Json(answer)).into_response())
}

/// A token does not lie among the dead letters, where every responder reads.
fn without_key(json: &str) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(json) else { return json.to_owned() };
    fields.remove("routing_key");
    Value::Object(fields).to_string()
}

/// What a change event comes to. It says in words alone what it is; what its details name, counts.
///
/// # Errors
///
/// When it has no summary.
pub fn read(body: &str) -> Result<Told, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let payload = Piece::of(&value).get("payload");
    let title = payload.get("summary").line().ok_or("a change event needs `payload.summary`")?;
    let details = payload.get("custom_details");
    let kind =
        details.get("kind").word().and_then(|kind| kind.parse().ok()).unwrap_or_else(|| guessed(&title));
    let phase = details.get("phase").word().and_then(|phase| phase.parse().ok());
    let report = ChangeReport::new(kind);
    Ok(Told::change(ChangeReport {
        id: details.get("id").line(),
        phase: phase.unwrap_or(report.phase),
        at: payload.get("timestamp").time(),
        service: details.get("service").or(details.get("app")).line(),
        environment: details.get("environment").or(details.get("env")).line(),
        version: details.get("version").or(details.get("sha")).line(),
        by: details.get("by").or(details.get("user")).or(payload.get("source")).line(),
        link: Piece::of(&value).get("links").each().find_map(|link| link.get("href").link()),
        title,
        ..report
    }))
}

fn guessed(title: &str) -> ChangeKind {
    const WORDS: [(&str, ChangeKind); 6] = [
        ("rollback", ChangeKind::Rollback),
        ("rolled back", ChangeKind::Rollback),
        ("revert", ChangeKind::Rollback),
        ("feature flag", ChangeKind::Flag),
        ("config", ChangeKind::Config),
        ("canary", ChangeKind::Canary),
    ];
    let title = title.to_lowercase();
    WORDS.into_iter().find(|(word, _)| title.contains(word)).map_or(ChangeKind::Deploy, |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample of its documentation, with its own form of a time.
    #[test]
    fn the_sample_of_its_documentation_is_understood() {
        let body = r#"{"routing_key":"wr_x","payload":{"summary":"Build Success: Increase snapshot create timeout to 30 seconds",
            "source":"acme-build-pipeline-tool-default-i-9999","timestamp":"2020-07-17T08:42:58.315+0000",
            "custom_details":{"build_state":"passed","build_number":"2","service":"checkout"}},
            "links":[{"href":"https://acme.pagerduty.dev/build/2","text":"View more details in Acme!"}]}"#;
        let Ok(Told::Changes(changes)) = read(body) else { panic!() };
        assert_eq!(changes[0].at.unwrap().to_string(), "2020-07-17T08:42:58.315Z");
        assert_eq!((changes[0].kind, changes[0].service.as_deref()), (ChangeKind::Deploy, Some("checkout")));
        assert_eq!(changes[0].link.as_deref(), Some("https://acme.pagerduty.dev/build/2"));
        assert!(!without_key(body).contains("wr_x"));
    }

    #[test]
    fn words_tell_what_kind_it_is_and_without_any_it_is_set_aside() {
        let kind = |summary: &str| {
            let body = json!({"payload": {"summary": summary}}).to_string();
            let Ok(Told::Changes(changes)) = read(&body) else { panic!("{body}") };
            changes[0].kind
        };
        assert_eq!(kind("Rolled back checkout to v1"), ChangeKind::Rollback);
        assert_eq!(kind("Config of search changed"), ChangeKind::Config);
        assert!(read(r#"{"payload":{"summary":" "}}"#).is_err());
    }
}
