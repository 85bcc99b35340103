//! What monitoring systems send, and in `changes/` what deploy tools and flag services send: one file for each of them. Parsed leniently, cleaned once, answered when it is on disk.

pub mod alertmanager;
pub mod changes;
mod dead_letters;
mod labels;
pub mod prometheus;
mod shares;

pub(super) use dead_letters::DeadLetters;
pub(super) use shares::Shares;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use serde_json::value::RawValue;

use super::Hub;
use super::api::{body as request_body, forget_body};
use super::auth::{Caller, credential};
use super::error::{ApiError, Kind};
use super::feed::FRAME_BYTES;
use super::limits::{INGEST_BODY, check_json};
use super::reactor::expiry::Deadline;
use super::writer::{SubmitError, Submitter};
use crate::domain::actor::{Access, Handle};
use crate::domain::alert::AlertReport;
use crate::domain::command::{Command, RefusalKind, Submission};
use crate::domain::text::Line;
use labels::RawAlert;
use shares::Turn;

/// How many alerts one command may hold, and how many bytes of text: an entry should fit into one frame of the feed.
const TOGETHER: usize = 100;
const TOGETHER_BYTES: usize = FRAME_BYTES / 2;

/// What a body comes to: each alert in it, or what was not understood.
pub type Reading<'a> = Vec<Result<Reported, Misunderstood<'a>>>;

/// A part of a body that is no alert of ours.
#[derive(Debug)]
pub struct Misunderstood<'a> {
    pub raw: &'a RawValue,
    /// A sentence for the person who reads the dead letters.
    pub reason: String,
}

/// All alerts of a body, if each is as it should be. Nearly every body is; one that is not is read again by [`each`], so
/// that one odd alert does not take the others with it.
fn whole<'a>(
    alerts: Vec<RawAlert<'_>>,
    read: impl Fn(RawAlert<'_>) -> Result<Reported, String>,
) -> Option<Reading<'a>> {
    alerts.into_iter().map(|alert| read(alert).ok().map(Ok)).collect()
}

fn each<'a>(
    alerts: Vec<&'a RawValue>,
    read: impl Fn(RawAlert<'_>) -> Result<Reported, String>,
) -> Reading<'a> {
    let one = |raw: &'a RawValue| {
        let alert = serde_json::from_str(raw.get()).map_err(|error| error.to_string());
        alert.and_then(&read).map_err(|reason| Misunderstood { raw, reason })
    };
    alerts.into_iter().map(one).collect()
}

/// A delivery whose sender is known.
pub(super) struct Delivered {
    hub: Hub,
    caller: Caller,
    /// To the writer, within the sender's share.
    submitter: Submitter,
    body: Bytes,
    /// Where it was delivered, without the token that may stand there.
    path: &'static str,
    unread: Unread,
    _turn: Turn,
}

/// Something that a known sender delivers. If it is dropped before it was read, whatever the reason, nobody knows what the
/// sender repeated there.
struct Unread {
    hub: Hub,
    source: Handle,
    was_read: AtomicBool,
}

impl Drop for Unread {
    fn drop(&mut self) {
        if !*self.was_read.get_mut() {
            self.hub.expiry.went_unread(&self.source);
        }
    }
}

/// One alert of a delivery, and what its sender says about when it will have ended if nobody repeats it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    pub report: AlertReport,
    pub deadline: Option<Deadline>,
}

/// What came of a part of a delivery.
enum Written {
    All(u64),
    /// For good, and why: it is for a person to look at.
    Refused(Line),
}

impl Reported {
    /// Bytes of text in it, roughly.
    fn size(&self) -> usize {
        let labels: usize = self.report.labels.iter().map(|(name, value)| name.len() + value.len() + 6).sum();
        let AlertReport { summary, link, description, runbook, .. } = &self.report;
        let words =
            [link.as_ref(), runbook.as_ref()].into_iter().flatten().map(|line| line.len()).sum::<usize>();
        labels + summary.len() + words + description.as_ref().map_or(0, |text| text.len()) + 200
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
        Self::receive_up_to(INGEST_BODY, hub, token, path, request).await
    }

    /// The same with another bound on the body.
    async fn receive_up_to(
        limit: usize,
        hub: Hub,
        token: Option<String>,
        path: &'static str,
        request: Request,
    ) -> Result<Self, ApiError> {
        let token = token.or_else(|| credential(request.headers()));
        let caller = hub.caller(token.as_deref())?;
        caller.may(Access::Ingest)?;
        let unread =
            Unread { hub: hub.clone(), source: caller.handle.clone(), was_read: AtomicBool::new(false) };
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        // Before its body is read: what is refused takes no memory.
        let turn = match hub.shares.turn(&caller.token, length) {
            Ok(turn) => turn,
            Err(error) => {
                forget_body(request).await;
                return Err(error);
            }
        };
        let body = request_body(request, limit).await?;
        check_json(&body)?;
        let submitter = hub.submitter.within(Arc::clone(&turn.places));
        Ok(Delivered { hub, caller, submitter, body, path, unread, _turn: turn })
    }

    /// Where the token stands in the body, which has been read and looked at.
    fn with_body(hub: Hub, token: Option<&str>, path: &'static str, body: Bytes) -> Result<Self, ApiError> {
        let caller = hub.caller(token)?;
        caller.may(Access::Ingest)?;
        let unread =
            Unread { hub: hub.clone(), source: caller.handle.clone(), was_read: AtomicBool::new(false) };
        let turn = hub.shares.turn(&caller.token, Some(body.len()))?;
        let submitter = hub.submitter.within(Arc::clone(&turn.places));
        Ok(Delivered { hub, caller, submitter, body, path, unread, _turn: turn })
    }

    /// What its sender repeats is known from here on, or it repeats nothing.
    fn was_read(&self) {
        self.unread.was_read.store(true, Ordering::Relaxed);
    }

    fn text(&self) -> Result<&str, ApiError> {
        std::str::from_utf8(&self.body)
            .map_err(|error| ApiError::malformed(format!("the body is not UTF-8, as JSON must be: {error}")))
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

    /// Writes the alerts, and sets aside what is none. When this returns `Ok` each alert is on disk or among the dead letters.
    async fn take(&self, reading: Reading<'_>) -> Result<StatusCode, ApiError> {
        self.was_read();
        let mut reported = Vec::with_capacity(reading.len());
        for one in reading {
            match one {
                Ok(one) => reported.push(one),
                Err(Misunderstood { raw, reason }) => self.set_aside(raw.get(), reason),
            }
        }
        self.report(reported).await
    }

    async fn report(&self, reported: Vec<Reported>) -> Result<StatusCode, ApiError> {
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
        // To the end of each: what one could not write, another may have.
        let written = futures_util::future::join_all(written).await;
        let written = written.into_iter().collect::<Result<Vec<Written>, _>>()?;
        let mut refused = None;
        for part in written {
            match part {
                Written::All(alerts) => _ = self.hub.metrics.alerts_taken.inc_by(alerts),
                Written::Refused(reason) => _ = refused.get_or_insert(reason),
            }
        }
        // Once, however many parts were refused: it is one letter.
        if let Some(reason) = refused {
            self.set_aside(&String::from_utf8_lossy(&self.body), &reason);
        }
        Ok(StatusCode::OK)
    }

    async fn write(&self, part: Vec<Reported>) -> Result<Written, ApiError> {
        let count = part.len() as u64;
        let (mut alerts, mut deadlines) = (Vec::with_capacity(part.len()), Vec::new());
        for Reported { report, deadline } in part {
            deadlines.push((report.fingerprint, deadline));
            alerts.push(report);
        }
        // First of all: who repeats itself is not silent, even if the answer takes too long or never comes.
        self.hub.expiry.heard(&self.caller.handle, &deadlines);
        let command = Command::ReportAlerts { alerts };
        let submission = Submission { id: None, actor: self.caller.actor(), seen: None, command };
        match self.submitter.submit(submission).await {
            Ok(_) => {
                self.hub.expiry.note(&self.caller.handle, deadlines);
                Ok(Written::All(count))
            }
            // Senders give up on 4xx: whatever the reason, it is for people to look at, and not the sender's fault.
            Err(SubmitError::Refused(refusal)) if refusal.kind != RefusalKind::Overloaded => {
                Ok(Written::Refused(Line::clean(&refusal.message)))
            }
            Err(error) => Err(ApiError::new(Kind::Overloaded, error.to_string())),
        }
    }
}
