//! What monitoring systems send: one file for each of them. Parsed leniently, cleaned once, answered when it is on disk.

pub(super) mod alertmanager;
mod dead_letters;
mod labels;
pub(super) mod prometheus;

pub(super) use dead_letters::DeadLetters;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Hub;
use super::api::body as request_body;
use super::auth::{Caller, credential};
use super::error::{ApiError, Kind};
use super::feed::FRAME_BYTES;
use super::limits::{INGEST_BODY, check_json};
use super::reactor::expiry::Deadline;
use super::writer::SubmitError;
use crate::domain::actor::Access;
use crate::domain::alert::AlertReport;
use crate::domain::command::{Command, RefusalKind, Submission};
use labels::RawAlert;

/// How many alerts one command may hold, and how many bytes of text: an entry should fit into one frame of the feed.
const TOGETHER: usize = 100;
const TOGETHER_BYTES: usize = FRAME_BYTES / 2;

/// A delivery whose sender is known.
pub(super) struct Delivered {
    hub: Hub,
    caller: Caller,
    body: Bytes,
    /// Where it was delivered, without the token that may stand there.
    path: &'static str,
}

/// One alert of a delivery, and what its sender says about when it will have ended if nobody repeats it.
pub(super) struct Reported {
    report: AlertReport,
    deadline: Option<Deadline>,
}

impl Reported {
    /// Bytes of text in it, roughly.
    fn size(&self) -> usize {
        let labels: usize = self.report.labels.iter().map(|(name, value)| name.len() + value.len() + 6).sum();
        labels + self.report.summary.len() + self.report.link.as_ref().map_or(0, |link| link.len()) + 200
    }
}

impl Delivered {
    /// Checks who sends, then reads the body.
    async fn receive(
        hub: Hub,
        token: Option<String>,
        path: &'static str,
        request: Request,
    ) -> Result<Self, ApiError> {
        let token = token.or_else(|| credential(request.headers()));
        let caller = hub.caller(token.as_deref())?;
        caller.may(Access::Ingest)?;
        let body = request_body(request, INGEST_BODY).await?;
        check_json(&body)?;
        Ok(Delivered { hub, caller, body, path })
    }

    /// The whole body at once, if all of it is as it should be. Nearly every delivery is; what is not is read again,
    /// piece by piece, so that one odd alert does not take the others with it.
    fn parse<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_str(std::str::from_utf8(&self.body).ok()?).ok()
    }

    /// Those of the alerts that can be understood; the others are set aside.
    fn each(
        &self,
        alerts: &[&RawValue],
        read: impl Fn(RawAlert<'_>) -> Result<Reported, String>,
    ) -> Vec<Reported> {
        let mut reported = Vec::with_capacity(alerts.len());
        for raw in alerts {
            let alert = serde_json::from_str(raw.get()).map_err(|error| error.to_string());
            match alert.and_then(&read) {
                Ok(one) => reported.push(one),
                Err(reason) => self.set_aside(raw.get(), reason),
            }
        }
        reported
    }

    /// The body as a JSON document of any kind.
    fn json(&self) -> Result<&RawValue, ApiError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ApiError::malformed(format!("the body is not JSON: {error}")))
    }

    /// Keeps what was not understood where a person can read it.
    fn set_aside(&self, raw: &str, reason: impl std::fmt::Display) {
        self.hub.metrics.dead_letters.inc();
        let at = self.hub.clock.now();
        self.hub.dead_letters.keep(at, &self.caller.handle, self.path, &reason.to_string(), raw);
        tracing::warn!(source = %self.caller.handle, path = self.path, "a delivery was not understood; see /api/v1/deadletters");
    }

    /// Writes the alerts. When this returns `Ok` they are on disk.
    async fn report(self, reported: Vec<Reported>) -> Result<StatusCode, ApiError> {
        let count = reported.len() as u64;
        let (mut parts, mut part, mut bytes) = (Vec::new(), Vec::new(), 0);
        for one in reported {
            let size = one.size();
            if part.len() == TOGETHER || (bytes + size > TOGETHER_BYTES && !part.is_empty()) {
                parts.push(std::mem::take(&mut part));
                bytes = 0;
            }
            bytes += size;
            part.push(one);
        }
        parts.push(part);
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        let written = parts.map(|part| self.write(part));
        futures_util::future::try_join_all(written).await?;
        self.hub.metrics.alerts_taken.inc_by(count);
        Ok(StatusCode::OK)
    }

    async fn write(&self, part: Vec<Reported>) -> Result<(), ApiError> {
        let (mut alerts, mut deadlines) = (Vec::with_capacity(part.len()), Vec::new());
        for Reported { report, deadline } in part {
            deadlines.push((report.fingerprint, deadline));
            alerts.push(report);
        }
        let command = Command::ReportAlerts { alerts };
        let submission = Submission { id: None, actor: self.caller.actor(), seen: None, command };
        match self.hub.submitter.submit(submission).await {
            Ok(_) => {
                self.hub.expiry.note(&self.caller.handle, deadlines);
                Ok(())
            }
            // Senders give up on 4xx: whatever the reason, it is for people to look at, and not the sender's fault.
            Err(SubmitError::Refused(refusal)) if refusal.kind != RefusalKind::Overloaded => {
                self.set_aside("", &refusal.message);
                Ok(())
            }
            Err(error) => Err(ApiError::new(Kind::Overloaded, error.to_string())),
        }
    }
}
