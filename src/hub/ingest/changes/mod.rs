//! What deploy tools and flag services send: one file for each of them. A delivery is authenticated by its token, and by
//! the vendor's signature where a secret is set for it; what its words say becomes [`ChangeReport`]s. What a vendor tells
//! besides, pings and builds and comments, is answered and forgotten; what nobody can make sense of is set aside.

pub mod argo;
mod cdevents;
pub mod cloudevents;
pub mod flagger;
pub mod github;
pub mod launchdarkly;
pub mod pagerduty;
mod piece;
mod signature;
#[cfg(test)]
mod tests;
pub mod unleash;

pub use signature::Signatures;

use std::borrow::Cow;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{MethodRouter, post};

use super::Delivered;
use crate::domain::change::ChangeReport;
use crate::domain::command::{Command, RefusalKind, Submission};
use crate::hub::Hub;
use crate::hub::error::{ApiError, Kind};
use crate::hub::limits::{CHANGE_BODY, check_json};
use crate::hub::writer::SubmitError;

/// How many changes one command tells.
const TOGETHER: usize = 20;

/// What a delivery came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Changes(Vec<ChangeReport>),
    /// Understood, and no change: why.
    Nothing(&'static str),
}

impl Told {
    fn change(report: ChangeReport) -> Self {
        Told::Changes(vec![report])
    }
}

/// Who sends, by the way it comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    GitHub,
    LaunchDarkly,
    CloudEvents,
    Unleash,
    Flagger,
    Argo,
}

impl Sender {
    pub const ALL: [Sender; 6] = [
        Sender::GitHub,
        Sender::LaunchDarkly,
        Sender::CloudEvents,
        Sender::Unleash,
        Sender::Flagger,
        Sender::Argo,
    ];

    pub const fn path(self) -> &'static str {
        match self {
            Sender::GitHub => "/hooks/github",
            Sender::LaunchDarkly => "/hooks/launchdarkly",
            Sender::CloudEvents => "/hooks/cloudevents",
            Sender::Unleash => "/hooks/unleash",
            Sender::Flagger => "/hooks/flagger",
            Sender::Argo => "/hooks/argo",
        }
    }

    /// For the OpenAPI document.
    pub const fn summary(self) -> &'static str {
        match self {
            Sender::GitHub => "GitHub's webhooks: deployments and releases",
            Sender::LaunchDarkly => "LaunchDarkly's webhooks: flags, segments, environments",
            Sender::CloudEvents => {
                "CloudEvents 1.0, structured, in batches or binary: CDEvents, and events whose data is a change"
            }
            Sender::Unleash => "Unleash's webhooks: features and segments",
            Sender::Flagger => "Flagger's event webhook: the stages of a canary",
            Sender::Argo => "Argo's notifications, by the template in docs/changes.md",
        }
    }

    /// What a body of this sender comes to.
    ///
    /// # Errors
    ///
    /// A sentence for whoever reads the dead letters.
    pub fn read(self, headers: &HeaderMap, body: &str) -> Result<Told, String> {
        match self {
            Sender::GitHub => github::read(headers, body),
            Sender::LaunchDarkly => launchdarkly::read(body),
            Sender::CloudEvents => cloudevents::read(headers, body),
            Sender::Unleash => unleash::read(body),
            Sender::Flagger => flagger::read(body),
            Sender::Argo => argo::read(body),
        }
    }

    /// `POST` to its path, with the token as a credential or behind the path.
    pub(in crate::hub) fn hook(self) -> MethodRouter<Hub> {
        post(async move |State(hub): State<Hub>, token: Option<Path<String>>, request: Request| {
            let headers = request.headers().clone();
            let token = token.map(|Path(token)| token);
            let delivered = Delivered::receive_up_to(CHANGE_BODY, hub, token, self.path(), request).await?;
            delivered.hub.signatures.check(self, &headers, &delivered.body)?;
            take(self, &delivered, &headers).await
        })
    }
}

async fn take(sender: Sender, delivered: &Delivered, headers: &HeaderMap) -> Result<StatusCode, ApiError> {
    delivered.was_read();
    let text = delivered.text()?;
    let body = json_of(sender, headers, text);
    check_json(body.as_bytes())?;
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&body) {
        return Err(ApiError::malformed(format!("the body is not JSON: {error}")));
    }
    match sender.read(headers, &body) {
        Ok(told) => delivered.record(told, &body).await?,
        Err(reason) => delivered.set_aside(&body, reason),
    }
    Ok(StatusCode::OK)
}

/// GitHub can also be set to send its JSON as a field of a form. The signature is over the form.
fn json_of<'a>(sender: Sender, headers: &HeaderMap, text: &'a str) -> Cow<'a, str> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if sender != Sender::GitHub || !kind.starts_with("application/x-www-form-urlencoded") {
        return Cow::Borrowed(text);
    }
    let field = url::form_urlencoded::parse(text.as_bytes()).find(|(name, _)| name == "payload");
    field.map_or(Cow::Borrowed(text), |(_, payload)| Cow::Owned(payload.into_owned()))
}

impl Delivered {
    /// Writes the changes. When this returns `Ok` each is on disk or among the dead letters.
    async fn record(&self, told: Told, raw: &str) -> Result<(), ApiError> {
        let changes = match told {
            Told::Changes(changes) => changes,
            Told::Nothing(why) => {
                tracing::debug!(source = %self.caller.handle, path = self.path, why, "no change");
                return Ok(());
            }
        };
        for part in changes.chunks(TOGETHER) {
            let command = Command::RecordChanges { changes: part.to_vec() };
            let submission = Submission { id: None, actor: self.caller.actor(), seen: None, command };
            match self.submitter.submit(submission).await {
                Ok(_) => _ = self.hub.metrics.changes_taken.inc_by(part.len() as u64),
                // Senders give up on 4xx: whatever the reason, it is for people to look at.
                Err(SubmitError::Refused(refusal)) if refusal.kind != RefusalKind::Overloaded => {
                    self.set_aside(raw, refusal.message);
                    return Ok(());
                }
                Err(error) => return Err(ApiError::new(Kind::Overloaded, error.to_string())),
            }
        }
        Ok(())
    }
}
