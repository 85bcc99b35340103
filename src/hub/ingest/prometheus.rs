//! `POST /api/v2/alerts`, Alertmanager's own API, so that a stock Prometheus sends here as it would send there.

use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use super::labels::{RawAlert, time};
use super::{Delivered, Reading, Reported, each, whole};
use crate::domain::alert::Ends;
use crate::domain::time::Timestamp;
use crate::hub::Hub;
use crate::hub::error::ApiError;
use crate::hub::reactor::expiry::Deadline;

/// When an alert is over that came without an end and is not repeated: Alertmanager's `resolve_timeout`.
pub(in crate::hub) const RESOLVE_TIMEOUT: Duration = Duration::from_secs(300);

const PATH: &str = "/api/v2/alerts";

/// `POST /api/v2/alerts`
pub(in crate::hub) async fn alerts(State(hub): State<Hub>, request: Request) -> Result<StatusCode, ApiError> {
    take(Delivered::receive(hub, None, PATH, request).await?).await
}

/// `POST /{token}/api/v2/alerts`, by `path_prefix`, for senders that can set nothing else.
pub(in crate::hub) async fn alerts_with_token(
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
            delivered.set_aside(delivered.json()?.get(), format_args!("not a list of alerts: {error}"));
            Ok(StatusCode::OK)
        }
    }
}

/// What a body comes to.
///
/// # Errors
///
/// When it is no list at all.
pub fn read_all(body: &str, now: Timestamp) -> serde_json::Result<Reading<'_>> {
    let read = |alert: RawAlert<'_>| read(alert, now);
    if let Ok(alerts) = serde_json::from_str::<Vec<RawAlert<'_>>>(body)
        && let Some(all) = whole(alerts, read)
    {
        return Ok(all);
    }
    Ok(each(serde_json::from_str(body)?, read))
}

/// An end to come says until when the alert holds if nobody repeats it; an end that has passed is the end.
fn read(alert: RawAlert<'_>, now: Timestamp) -> Result<Reported, String> {
    let ends_at = time(alert.ends_at.as_deref())?;
    let ended_at = ends_at.filter(|end| *end <= now);
    let started_at = time(alert.starts_at.as_deref())?.unwrap_or(ended_at.unwrap_or(now));
    let mut report = alert.report(started_at, ended_at)?;
    report.ends = Ends::BySilence;
    let deadline = match ended_at {
        Some(_) => None,
        None => Some(Deadline::of(&report, ends_at.unwrap_or_else(|| now.plus(RESOLVE_TIMEOUT)))),
    };
    Ok(Reported { report, deadline })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(json: &str) -> Result<Reported, String> {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        read(serde_json::from_str(json).map_err(|error| error.to_string())?, now)
    }

    #[test]
    fn an_end_to_come_is_a_deadline_and_one_that_has_passed_is_the_end() {
        let firing = r#"{"labels":{"alertname":"A"},"startsAt":"2026-11-23T11:59:00Z","endsAt":"2026-11-23T12:04:00Z"}"#;
        let one = reported(firing).unwrap();
        assert_eq!(one.report.ended_at, None);
        assert_eq!(one.deadline.unwrap().at.to_string(), "2026-11-23T12:04:00.000Z");
        let over = reported(&firing.replace("12:04", "11:59")).unwrap();
        assert!(over.report.ended_at.is_some() && over.deadline.is_none());
    }

    #[test]
    fn what_its_author_wrote_for_the_night_is_kept() {
        let json = r#"{"labels":{"alertname":"A"},"annotations":{"summary":"s","description":"d\nd","runbook_url":"https://r"}}"#;
        let report = reported(json).unwrap().report;
        assert_eq!((&*report.summary, &**report.description.as_ref().unwrap()), ("s", "d\nd"));
        assert_eq!(&**report.runbook.as_ref().unwrap(), "https://r");
        assert_eq!(report.ends, Ends::BySilence);
    }

    #[test]
    fn without_times_it_began_now_and_holds_for_five_minutes() {
        let one = reported(r#"{"labels":{"alertname":"A","empty":""},"new_field":{"a":1}}"#).unwrap();
        assert_eq!(one.report.started_at.to_string(), "2026-11-23T12:00:00.000Z");
        assert_eq!(one.deadline.unwrap().at.to_string(), "2026-11-23T12:05:00.000Z");
        assert_eq!(one.report.labels.len(), 1);
    }

    #[test]
    fn what_is_no_alert_says_why() {
        for json in [
            "1",
            "{}",
            r#"{"labels":{}}"#,
            r#"{"labels":{"":"x"}}"#,
            r#"{"labels":{"a":1}}"#,
            r#"{"labels":null}"#,
            r#"{"labels":{"a":"b"},"startsAt":"soon"}"#,
        ] {
            assert!(!reported(json).err().unwrap().is_empty(), "{json}");
        }
    }
}
