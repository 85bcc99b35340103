//! What holds for every delivery of alerts.

use warroom::domain::actor::Actor;
use warroom::domain::command::{Command, Submission};
use warroom::domain::decide::decide;
use warroom::domain::policy::Policy;
use warroom::domain::room::Room;
use warroom::hub::ingest::Reading;

use crate::{assert_all_harmless, assert_round_trip, now};

/// What is taken is clean and can be decided on; what is not is told why.
pub fn assert_taken_well(reading: Reading<'_>) {
    let mut alerts = Vec::new();
    for one in reading {
        match one {
            Ok(reported) => {
                let report = reported.report;
                assert!(!report.labels.is_empty());
                assert!(report.ended_at.is_none() || reported.deadline.is_none());
                assert_all_harmless(&assert_round_trip(&report));
                alerts.push(report);
            }
            Err(misunderstood) => assert!(!misunderstood.reason.is_empty()),
        }
    }
    let actor = Actor::Integration("prom".parse().expect("a handle"));
    let submission = Submission { id: None, actor, seen: None, command: Command::ReportAlerts { alerts } };
    let decided = decide(&Room::default(), &Policy::default(), now(), &submission);
    if let Ok(decision) = decided {
        decision.events.iter().for_each(|proposal| {
            assert_round_trip(&proposal.event);
        });
    }
}
