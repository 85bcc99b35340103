//! What happened before the person came: a small incident of an hour ago, told to the real hub while its clock is set
//! back, so that the room has a past.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::colleague::Colleague;
use crate::domain::command::Command;
use crate::domain::ids::IncidentId;
use crate::domain::note::Evidence;
use crate::domain::severity::Severity;
use crate::domain::status::{Milestone, Status};
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;
use crate::hub::clock::Clock;
use crate::link::api::ApiError;

/// The machine's clock, some time behind until the past has been told.
#[derive(Debug, Default)]
pub struct PastClock {
    behind_millis: AtomicI64,
}

impl PastClock {
    /// From now on it is so many minutes ago. Only ever less than before.
    fn ago(&self, minutes: f64) -> Timestamp {
        let behind = Duration::try_from_secs_f64(minutes * 60.0).unwrap_or(Duration::ZERO);
        self.behind_millis.store(i64::try_from(behind.as_millis()).unwrap_or(0), Ordering::SeqCst);
        self.now()
    }
}

impl Clock for PastClock {
    fn now(&self) -> Timestamp {
        let behind = self.behind_millis.load(Ordering::SeqCst);
        Timestamp::from_millis(chrono::Utc::now().timestamp_millis().saturating_sub(behind))
    }
}

/// Tells the past, and comes back to the present.
///
/// # Errors
///
/// When the hub refuses any of it.
pub async fn tell(clock: &PastClock, bo: &Colleague, dita: &Colleague) -> Result<(), ApiError> {
    let began = clock.ago(66.0);
    clock.ago(64.0);
    let declare = Command::Declare {
        title: Line::clean("search is slow for customers in zone b"),
        severity: Some(Severity::Sev3),
        kind: None,
        services: BTreeSet::from([Line::clean("search")]),
        summary: Text::clean("One of three search nodes was rebuilding its index under load."),
        drill: false,
        alerts: BTreeSet::new(),
    };
    if let Some(incident) = bo.send(&declare).await?.id {
        for (minutes, who, command) in steps(incident, began, bo, dita) {
            clock.ago(minutes);
            who.send(&command).await?;
        }
    }
    clock.ago(0.0);
    Ok(())
}

fn steps<'a>(
    incident: IncidentId,
    began: Timestamp,
    bo: &'a Colleague,
    dita: &'a Colleague,
) -> Vec<(f64, &'a Colleague, Command)> {
    let note = |text: &str, evidence| Command::AddNote { incident, text: Text::clean(text), evidence };
    let status =
        |status, reason: &str| Command::ChangeStatus { incident, status, reason: Some(Text::clean(reason)) };
    let heap = Evidence {
        command: Some(Line::clean("curl -s search-2:9200/_cat/recovery?active_only=true")),
        host: Some(Line::clean("bastion-2")),
        exit_code: Some(0),
        output: Text::clean("products 4 1.8m peer index search-1 search-2 71.4%\n"),
    };
    let commander = "commander".parse().ok();
    let lead =
        commander.map(|role| Command::AssignRole { incident, role, responder: Some(bo.handle().clone()) });
    let steps = [
        (63.6, bo, Some(Command::Acknowledge { incident })),
        (63.5, bo, lead),
        (
            60.2,
            bo,
            Some(note("search-2 copies a shard to itself, and answers searches meanwhile.", Some(heap))),
        ),
        (57.0, dita, Some(note("Support has two tickets, both from zone b. No orders lost.", None))),
        (54.3, bo, Some(status(Status::Identified, "search-2 rebuilds an index under load"))),
        (47.8, bo, Some(status(Status::Monitoring, "search-2 is out of the balancer until it is done"))),
        (
            46.0,
            dita,
            Some(Command::SetMilestone { incident, milestone: Milestone::ImpactStarted, time: Some(began) }),
        ),
        (36.5, bo, Some(status(Status::Resolved, "search-2 is back, p99 has been normal for ten minutes"))),
    ];
    steps.into_iter().filter_map(|(minutes, who, command)| Some((minutes, who, command?))).collect()
}
