//! Every path that the hub serves. What is routed here is also listed, so that a test can hold it against the OpenAPI
//! document.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use futures_util::FutureExt;
use serde_json::{Map, Value};

use super::api::{
    JsonBody, alerts, changes, commands, dead_letters, deliveries, entries, health, incidents, openapi,
    policy, responders, slos, tokens,
};
use super::auth::Caller;
use super::error::{ApiError, Kind};
use super::ingest::changes::{Sender, pagerduty};
use super::ingest::{alertmanager, prometheus};
use super::limits::{REQUEST_TIME, check_head};
use super::{Hub, session};
use crate::wire::route::{BASE, ROUTES, Route};

/// Routes with the list of what they are.
pub(super) struct Served {
    router: Router<Hub>,
    pub paths: Vec<(Method, String)>,
}

impl Served {
    fn route(mut self, method: Method, path: impl Into<String>, handler: MethodRouter<Hub>) -> Self {
        let path = path.into();
        self.router = self.router.route(&path, handler);
        self.paths.push((method, path));
        self
    }

    fn get(self, path: &str, handler: MethodRouter<Hub>) -> Self {
        self.route(Method::GET, path, handler)
    }

    fn post(self, path: &str, handler: MethodRouter<Hub>) -> Self {
        self.route(Method::POST, path, handler)
    }

    fn command(self, route: &'static Route) -> Self {
        let handler = move |hub: State<Hub>,
                            caller: Caller,
                            path: Result<Path<HashMap<String, String>>, PathRejection>,
                            headers: HeaderMap,
                            body: JsonBody<Map<String, Value>>| {
            commands::take(route, hub, caller, path, headers, body)
        };
        self.route(Method::POST, format!("{BASE}{}", route.path), post(handler))
    }
}

/// All routes.
pub(super) fn served() -> Served {
    let api = |path: &str| format!("{BASE}{path}");
    let served = Served { router: Router::new(), paths: Vec::new() };
    let served = Sender::ALL.into_iter().fold(served, |served, sender| {
        let with_token = format!("{}/{{token}}", sender.path());
        served.post(sender.path(), sender.hook()).post(&with_token, sender.hook())
    });
    ROUTES
        .iter()
        .fold(served, Served::command)
        .get(&api("/incidents"), get(incidents::list))
        .get(&api("/incidents/{incident}"), get(incidents::one))
        .get(&api("/incidents/{incident}/timeline"), get(incidents::timeline))
        .get(&api("/incidents/{incident}/comms"), get(incidents::comms))
        .get(&api("/entries"), get(entries::list))
        .get(&api("/policy"), get(policy::one))
        .get(&api("/alerts"), get(alerts::list))
        .get(&api("/changes"), get(changes::list))
        .get(&api("/responders"), get(responders::list))
        .get(&api("/slos"), get(slos::list))
        .get(&api("/slos/{name}"), get(slos::one))
        .get(&api("/deliveries"), get(deliveries::list))
        .get(&api("/deadletters"), get(dead_letters::list))
        .get(&api("/tokens"), get(tokens::list))
        .post(&api("/tokens"), post(tokens::create))
        .route(Method::DELETE, api("/tokens/{id}"), delete(tokens::revoke))
        .get(&api("/openapi.json"), get(openapi::serve))
        .get(&api("/feed"), get(session::feed))
        .get("/healthz", get(health::alive))
        .get("/readyz", get(health::ready))
        .post("/api/v2/alerts", post(prometheus::alerts))
        .post("/{token}/api/v2/alerts", post(prometheus::alerts_with_token))
        .post(pagerduty::PATH, post(pagerduty::enqueue))
        .post("/hooks/alertmanager", post(alertmanager::webhook))
        .post("/hooks/alertmanager/{token}", post(alertmanager::webhook_with_token))
}

/// The hub's service.
pub(super) fn router(hub: Hub) -> Router {
    served()
        .router
        .fallback(|| async {
            ApiError::not_found("there is nothing here; GET /api/v1/openapi.json says what is where")
        })
        .method_not_allowed_fallback(|| async {
            ApiError::new(
                Kind::NoMethod,
                "this path takes another method; GET /api/v1/openapi.json says which",
            )
        })
        .layer(middleware::from_fn_with_state(hub.clone(), around))
        .with_state(hub)
}

/// Around every request: an end to its time, a fault that stays its own, a line in the log, and headers for browsers.
async fn around(State(hub): State<Hub>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    // The pattern, never the path: tokens may stand in it.
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let path = path.unwrap_or_else(|| "(none)".to_owned());
    let began = tokio::time::Instant::now();
    let refused = check_head(hub.names, request.headers()).err();
    if let Some(error) = refused {
        let mut response = error.into_response();
        hub.metrics.request(response.status());
        // What follows on this connection may be a piece of this request.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    let answering = async {
        if is_of_another_page(request.headers()) {
            let detail = "web pages may not use this hub; ask it from a program, without the header `Origin`";
            return ApiError::new(Kind::Forbidden, detail).into_response();
        }
        next.run(request).await
    };
    let answered = AssertUnwindSafe(tokio::time::timeout(REQUEST_TIME, answering)).catch_unwind();
    let mut response = match answered.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            let detail = "it took too long; what was asked may still happen: send it again with the same Idempotency-Key";
            ApiError::new(Kind::Timeout, detail).into_response()
        }
        Err(_) => {
            tracing::error!(%method, path, "a handler panicked");
            ApiError::new(Kind::Broken, "the hub has a fault, and its log says where; please report it")
                .into_response()
        }
    };
    let status = response.status();
    hub.metrics.request(status);
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(%method, path, status = status.as_u16(), millis, "answered");
    let headers = response.headers_mut();
    for (name, value) in [("x-content-type-options", "nosniff"), ("cache-control", "no-store")] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Whether a web page that is not the hub's own makes a browser ask. There are no cookies that it could use, but a token
/// in an address (`https://user:wr_…@hub/`) stays in the browser and goes along with what other pages ask.
fn is_of_another_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let page = origin.to_str().ok().and_then(|origin| Some(origin.split_once("://")?.1));
    let here = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    page.is_none() || page != here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_page_of_another_site_is_turned_away() {
        let headers = |origin: &str| {
            let pairs = [(header::HOST, "hub.example:7373"), (header::ORIGIN, origin)];
            HeaderMap::from_iter(pairs.map(|(name, value)| (name, HeaderValue::from_str(value).unwrap())))
        };
        assert!(!is_of_another_page(&HeaderMap::new()));
        assert!(!is_of_another_page(&headers("http://hub.example:7373")));
        for page in
            ["https://evil.example", "null", "http://hub.example", "http://hub.example:7373.evil.example"]
        {
            assert!(is_of_another_page(&headers(page)), "{page}");
        }
    }
}
