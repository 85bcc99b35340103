//! `POST /hooks/alertmanager`: the webhook of Alertmanager, version 4 of its form, and of those that send the same.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::labels::{RawAlert, time};
use super::{Delivered, Reading, Reported, each, whole};
use crate::domain::time::Timestamp;
use crate::hub::Hub;
use crate::hub::error::ApiError;

const PATH: &str = "/hooks/alertmanager";

#[derive(Deserialize)]
struct Webhook<A> {
    alerts: Vec<A>,
}

/// `POST /hooks/alertmanager`, with the token as bearer or as the password of basic authentication.
pub(in crate::hub) async fn webhook(
    State(hub): State<Hub>,
    request: Request,
) -> Result<StatusCode, ApiError> {
    take(Delivered::receive(hub, None, PATH, request).await?).await
}

/// `POST /hooks/alertmanager/{token}`
pub(in crate::hub) async fn webhook_with_token(
    State(hub): State<Hub>,
    Path(token): Path<String>,
    request: Request,
) -> Result<StatusCode, ApiError> {
    take(Delivered::receive(hub, Some(token), PATH, request).await?).await
}

async fn take(delivered: Delivered) -> Result<StatusCode, ApiError> {
    let now = delivered.hub.clock.now();
    match read_all(delivered.text()?, now) {
        Ok(reading) => delivered.take(reading).await,
        Err(error) => {
            let reason = format_args!("not a webhook of Alertmanager: {error}");
            delivered.set_aside(delivered.json()?.get(), reason);
            Ok(StatusCode::OK)
        }
    }
}

/// What a body comes to.
///
/// # Errors
///
/// When it is no webhook at all.
pub fn read_all(body: &str, now: Timestamp) -> serde_json::Result<Reading<'_>> {
    let read = |alert: RawAlert<'_>| read(alert, now);
    if let Ok(webhook) = serde_json::from_str::<Webhook<RawAlert<'_>>>(body)
        && let Some(all) = whole(webhook.alerts, read)
    {
        return Ok(all);
    }
    let webhook: Webhook<&RawValue> = serde_json::from_str(body)?;
    Ok(each(webhook.alerts, read))
}

/// Alertmanager keeps the deadlines itself and says when an alert is over.
fn read(alert: RawAlert<'_>, now: Timestamp) -> Result<Reported, String> {
    let ends_at = time(alert.ends_at.as_deref())?;
    let ended_at = match alert.status.as_deref() {
        Some("resolved") => Some(ends_at.unwrap_or(now)),
        Some("firing") => None,
        Some(_) | None => ends_at.filter(|end| *end <= now),
    };
    let started_at = time(alert.starts_at.as_deref())?.unwrap_or(ended_at.unwrap_or(now));
    Ok(Reported { report: alert.report(started_at, ended_at)?, deadline: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Webhooks that a real Alertmanager sent carry the fingerprints that it computed.
    #[test]
    fn fingerprints_are_those_that_alertmanager_computes() {
        #[derive(Deserialize)]
        struct Known {
            fingerprint: crate::domain::alert::Fingerprint,
        }
        let webhook: Webhook<&RawValue> =
            serde_json::from_str(include_str!("alertmanager.sample.json")).unwrap();
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        assert_eq!(webhook.alerts.len(), 2);
        for raw in webhook.alerts {
            let known: Known = serde_json::from_str(raw.get()).unwrap();
            assert_eq!(
                read(serde_json::from_str(raw.get()).unwrap(), now).unwrap().report.fingerprint,
                known.fingerprint
            );
        }
    }

    #[test]
    fn each_alert_of_a_webhook_has_its_own_state() {
        let webhook: Webhook<&RawValue> =
            serde_json::from_str(include_str!("alertmanager.sample.json")).unwrap();
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let over: Vec<bool> = webhook
            .alerts
            .iter()
            .map(|raw| read(serde_json::from_str(raw.get()).unwrap(), now).unwrap().report.ended_at.is_some())
            .collect();
        assert_eq!(over, [true, false]);
    }
}
