//! What of a report is news. An alert is the same one as long as its fingerprint and its beginning are; senders repeat
//! themselves every minute, out of order, and some do not know when it began.

use std::collections::HashMap;

use super::super::super::actor::Handle;
use super::super::super::alert::{Alert, AlertReport, Fingerprint};
use super::super::super::command::Refusal;
use super::super::super::ids::IncidentId;
use super::super::super::room::Alerts;
use super::super::super::text::Line;
use super::super::super::time::Timestamp;
use super::super::case::{Case, overloaded};
use super::super::facts::CLOCK_TOLERANCE;

/// Something that is to be written.
pub(super) enum News {
    Fired {
        alert: Alert,
        /// Where it was when it fired before and nobody said that it ended.
        before: Option<IncidentId>,
    },
    Resolved {
        fingerprint: Fingerprint,
        name: Line,
        ended_at: Timestamp,
        of: Of,
    },
}

/// Which firing a resolution ends.
pub(super) enum Of {
    /// One that the room knows, in this incident or waiting.
    Room(Option<IncidentId>),
    /// One of the same command: the place of its [`News::Fired`].
    News(usize),
}

/// A firing alert as this command sees it.
struct Current {
    started_at: Timestamp,
    of: Source,
}

#[derive(Clone, Copy)]
enum Source {
    Room(Option<IncidentId>),
    News(usize),
}

pub(super) fn sift(case: &Case<'_>, reports: &[AlertReport], source: &Handle) -> Result<Vec<News>, Refusal> {
    let mut sieve = Sieve { case, source, changed: HashMap::with_capacity(reports.len()), news: Vec::new() };
    let mut firing = case.room.alerts.firing.len();
    for report in reports {
        match sieve.take(report) {
            Change::Began => firing = firing.saturating_add(1),
            Change::Ended => firing = firing.saturating_sub(1),
            Change::None => {}
        }
        if firing > Alerts::FIRING {
            return Err(overloaded(format!(
                "{} alerts fire already and no more can be told apart; silence some at their source, then send again",
                Alerts::FIRING
            )));
        }
    }
    Ok(sieve.news)
}

enum Change {
    Began,
    Ended,
    None,
}

struct Sieve<'a> {
    case: &'a Case<'a>,
    source: &'a Handle,
    /// What this command changed; `None` for what ended.
    changed: HashMap<Fingerprint, Option<Current>>,
    news: Vec<News>,
}

impl Sieve<'_> {
    fn take(&mut self, report: &AlertReport) -> Change {
        let now = self.case.now;
        let began = beginning(report, now);
        // Alertmanager writes the year 1 for no end, and Prometheus a time to come for as long as it fires.
        let ended = report.ended_at.filter(|end| *end > Timestamp::from_millis(0) && *end <= now);
        let current = self.current(report.fingerprint);
        match (current, ended) {
            (None, None) => {
                self.fire(report, began.unwrap_or(now), None);
                Change::Began
            }
            (Some((started_at, of)), None) => {
                // A later beginning: it ended without a word and fires again. An earlier one is late.
                if let Some(began) = began.filter(|began| *began > started_at) {
                    self.resolve(report, began, of);
                    let before = match of {
                        Source::Room(incident) => incident,
                        Source::News(_) => None,
                    };
                    self.fire(report, began, before);
                }
                Change::None
            }
            (Some((started_at, of)), Some(ended)) if began.is_none_or(|began| began >= started_at) => {
                self.resolve(report, ended.max(started_at), of);
                self.changed.insert(report.fingerprint, None);
                Change::Ended
            }
            // The end of an older firing, or of one that nobody told us of.
            (_, Some(_)) => Change::None,
        }
    }

    fn current(&self, fingerprint: Fingerprint) -> Option<(Timestamp, Source)> {
        match self.changed.get(&fingerprint) {
            Some(changed) => changed.as_ref().map(|current| (current.started_at, current.of)),
            None => {
                let known = self.case.room.alerts.firing.get(&fingerprint)?;
                Some((known.started_at, Source::Room(known.incident)))
            }
        }
    }

    fn fire(&mut self, report: &AlertReport, started_at: Timestamp, before: Option<IncidentId>) {
        let mut alert = Alert::from_report(report, self.source.clone());
        alert.started_at = started_at;
        alert.ended_at = None;
        let of = Source::News(self.news.len());
        self.changed.insert(report.fingerprint, Some(Current { started_at, of }));
        self.news.push(News::Fired { alert, before });
    }

    fn resolve(&mut self, report: &AlertReport, ended_at: Timestamp, of: Source) {
        let name = report.labels.get("alertname").cloned().unwrap_or_default();
        let of = match of {
            Source::Room(incident) => Of::Room(incident),
            Source::News(place) => Of::News(place),
        };
        self.news.push(News::Resolved { fingerprint: report.fingerprint, name, ended_at, of });
    }
}

/// When it began, unless the sender cannot have known: no time at all, or one far in the future. Such an alert is the
/// one that fires already, if one does.
fn beginning(report: &AlertReport, now: Timestamp) -> Option<Timestamp> {
    let possible = Timestamp::from_millis(1)..=now.plus(CLOCK_TOLERANCE);
    possible.contains(&report.started_at).then_some(report.started_at)
}
