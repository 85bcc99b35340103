//! The hub's HTTP API as typed calls, for the command line and for what a terminal asks beside the feed.

mod answer;
mod error;

use std::fmt;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, IF_MATCH};
use reqwest::{Method, RequestBuilder, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::{ApiError, Fate};

use super::address::HubUrl;
use super::tls;
use crate::domain::alert::Alert;
use crate::domain::change::Change;
use crate::domain::command::{Command, Outcome};
use crate::domain::comms::Comms;
use crate::domain::gauge::SloGauge;
use crate::domain::ids::{CommandId, Cursor, IncidentId, Revision, Seq};
use crate::domain::incident::Incident;
use crate::domain::policy::Policy;
use crate::domain::severity::Severity;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::wire::body::{
    CreatedToken, DeadLetter, Entries, NewToken, OpenDelivery, Page, Responder, Timeline, TokenInfo,
};
use crate::wire::route::{self, BASE};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a whole request may take, its answer included. Shorter than the 30 s that the hub allows itself: no answer means
/// *unknown*, and what is asked again under the same id may go by a better connection.
const REQUEST: Duration = Duration::from_secs(20);

/// One hub, and the token to it. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    hub: HubUrl,
    http: reqwest::Client,
}

/// Which incidents to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentQuery {
    /// Also those that have ended.
    pub all: bool,
    pub severity: Option<Severity>,
    pub service: Option<Line>,
}

/// Which changes to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChangeQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Line>,
    /// Only what came into its phase then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// A part of a list: which one, and how much. Without a limit the hub's own holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which entries of a timeline: after and before these (both excluded), the newest `limit` of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Span {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl Client {
    /// # Errors
    ///
    /// When the token holds what no header can carry, or the system's certificates cannot be used.
    pub fn new(hub: HubUrl, token: &SecretString) -> Result<Self, ApiError> {
        tls::name_provider();
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer(token)?)]);
        let http = reqwest::Client::builder()
            .user_agent(concat!("warroom/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(CONNECT)
            .timeout(REQUEST)
            // Neither a redirect nor a proxy from the environment shall get the token; the feed takes none either.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| ApiError::Unreachable(error::sentence(&hub, &error)))?;
        Ok(Client { hub, http })
    }

    pub fn hub(&self) -> &HubUrl {
        &self.hub
    }

    /// Sends a command. The same `id` gives the first outcome, however often it is sent. With `seen`, the hub refuses
    /// it as stale when what it sets has changed since that revision of the incident.
    ///
    /// # Errors
    ///
    /// [`ApiError::fate`] tells what is known of the command then.
    pub async fn command(
        &self,
        command: &Command,
        id: &CommandId,
        seen: Option<Revision>,
    ) -> Result<Outcome, ApiError> {
        let request = route::request(command).map_err(|error| ApiError::wrong_use(error.to_string()))?;
        let mut http = self.http.post(self.hub.at(&request.path));
        http = http.header("idempotency-key", id.as_str()).json(&request.body);
        if let Some(revision) = seen {
            http = http.header(IF_MATCH, format!("\"{revision}\""));
        }
        self.ask(http).await
    }

    /// Newest first.
    pub async fn incidents(&self, which: &IncidentQuery, part: &Part) -> Result<Page<Incident>, ApiError> {
        let severity = which.severity.map(|severity| severity.to_string());
        let query = [
            ("status", Some(if which.all { "all" } else { "open" })),
            ("severity", severity.as_deref()),
            ("service", which.service.as_deref()),
        ];
        let given: Vec<(&str, &str)> =
            query.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        self.ask(self.list("/incidents", part).query(&given)).await
    }

    pub async fn incident(&self, id: IncidentId) -> Result<Incident, ApiError> {
        self.ask(self.get(&format!("/incidents/{id}"))).await
    }

    /// Oldest first.
    pub async fn timeline(&self, id: IncidentId, span: Span) -> Result<Timeline, ApiError> {
        self.ask(self.get(&format!("/incidents/{id}/timeline")).query(&span)).await
    }

    /// The journal after a place in it, oldest first.
    pub async fn entries(&self, after: Cursor, limit: u32) -> Result<Entries, ApiError> {
        let query = [("after", after.to_string()), ("limit", limit.to_string())];
        self.ask(self.get("/entries").query(&query)).await
    }

    /// The organisation's rules.
    pub async fn policy(&self) -> Result<Policy, ApiError> {
        self.ask(self.get("/policy")).await
    }

    /// The updates of an incident, oldest first.
    pub async fn comms(&self, id: IncidentId, part: &Part) -> Result<Page<Comms>, ApiError> {
        self.ask(self.list(&format!("/incidents/{id}/comms"), part)).await
    }

    pub async fn slos(&self, part: &Part) -> Result<Page<SloGauge>, ApiError> {
        self.ask(self.list("/slos", part)).await
    }

    /// The alerts that wait, without an incident.
    pub async fn alerts(&self, part: &Part) -> Result<Page<Alert>, ApiError> {
        self.ask(self.list("/alerts", part)).await
    }

    /// What was done to the systems of late, newest first.
    pub async fn changes(&self, which: &ChangeQuery, part: &Part) -> Result<Page<Change>, ApiError> {
        self.ask(self.list("/changes", part).query(which)).await
    }

    /// Who is connected, and who works on what.
    pub async fn responders(&self, part: &Part) -> Result<Page<Responder>, ApiError> {
        self.ask(self.list("/responders", part)).await
    }

    /// Updates on their way, and those that somebody has to look after.
    pub async fn deliveries(&self, part: &Part) -> Result<Page<OpenDelivery>, ApiError> {
        self.ask(self.list("/deliveries", part)).await
    }

    /// What was delivered to the hub and it did not understand, newest first; there are never many.
    pub async fn dead_letters(&self) -> Result<Page<DeadLetter>, ApiError> {
        self.ask(self.get("/deadletters")).await
    }

    /// Makes a token, which is shown this once.
    pub async fn create_token(&self, wanted: &NewToken) -> Result<CreatedToken, ApiError> {
        self.ask(self.http.post(self.hub.at(&format!("{BASE}/tokens"))).json(wanted)).await
    }

    pub async fn tokens(&self, part: &Part) -> Result<Page<TokenInfo>, ApiError> {
        self.ask(self.list("/tokens", part)).await
    }

    pub async fn revoke_token(&self, id: &str) -> Result<(), ApiError> {
        let plain =
            !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !plain {
            return Err(ApiError::wrong_use(format!("“{}” is not a token's id", Line::clean(id))));
        }
        let url = self.hub.at(&format!("{BASE}/tokens/{id}"));
        self.send(self.http.request(Method::DELETE, url)).await.map(drop)
    }

    /// Whether the hub is there and can take commands; asks for no token.
    ///
    /// # Errors
    ///
    /// With the hub's own sentence when it is there and cannot.
    pub async fn ready(&self) -> Result<(), ApiError> {
        self.send(self.http.get(self.hub.at("/readyz"))).await.map(drop)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.hub.at(&format!("{BASE}{path}")))
    }

    fn list(&self, path: &str, part: &Part) -> RequestBuilder {
        self.get(path).query(part)
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiError> {
        let body = self.send(request).await?;
        serde_json::from_slice(&body).map_err(|error| {
            ApiError::NotUnderstood(Line::clean(&format!(
                "{} answered with something that this version does not understand ({error}); is it a warroom hub, and \
                 of this version or newer?",
                self.hub
            )))
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, ApiError> {
        let response = request.send().await.map_err(|error| error::unanswered(&self.hub, &error))?;
        answer::read(&self.hub, response).await
    }
}

/// The header that carries a token; never shown by `Debug`.
pub(super) fn bearer(token: &SecretString) -> Result<HeaderValue, ApiError> {
    let value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret().trim()));
    let mut value = value.map_err(|_| {
        ApiError::wrong_use("the token holds characters that no token has; copy it again, it is one word")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("hub", &self.hub).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
