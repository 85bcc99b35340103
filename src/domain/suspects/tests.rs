//! What is near, in which order, and in which words.

use proptest::prelude::*;

use super::*;
use crate::domain::actor::Actor;
use crate::domain::change::{ChangeKind, ChangeReport, Mark, Percent, Phase, StageReport};
use crate::domain::command::Command;
use crate::domain::stage::{FIRST, Stage, critical};
use crate::domain::text::Line;

/// A room with an incident of the service checkout whose impact began ten minutes before it was declared, at the onset
/// that times are told from.
fn stage() -> (Stage, Timestamp) {
    let mut stage = Stage::new();
    let onset = stage.now.minus(Duration::from_secs(600));
    stage.report(vec![critical("checkout", "HighErrorRate", onset)]);
    (stage, onset)
}

/// A change of this service, begun so many seconds after the onset (before it, if negative).
fn done(stage: &mut Stage, onset: Timestamp, name: &str, service: &str, seconds: i64) -> ChangeReport {
    let at = Timestamp::from_millis(onset.as_millis() + seconds * 1000);
    let service = (!service.is_empty()).then(|| Line::clean(service));
    let report = ChangeReport {
        id: Some(Line::clean(name)),
        at: Some(at),
        service,
        ..ChangeReport::new(ChangeKind::Deploy)
    };
    record(stage, report.clone());
    report
}

fn record(stage: &mut Stage, report: ChangeReport) {
    let actor = Actor::Integration("ci".parse().unwrap());
    stage.submit(actor, None, Command::RecordChanges { changes: vec![report] }).unwrap();
}

/// `NAME: evidence`, the likeliest first.
fn told(stage: &Stage) -> Vec<String> {
    let suspects = suspects(&stage.room.changes, stage.incident(1));
    suspects.iter().map(|one| format!("{}: {}", &one.change.id.as_str()[3..], one.evidence)).collect()
}

#[test]
fn the_nearest_before_the_onset_comes_first_and_the_service_counts_for_more() {
    let (mut stage, onset) = stage();
    done(&mut stage, onset, "search", "search", -10);
    done(&mut stage, onset, "unnamed", "", -20);
    done(&mut stage, onset, "late", "Checkout", 60);
    done(&mut stage, onset, "near", "checkout", -240);
    done(&mut stage, onset, "far", "checkout", -1500);
    assert_eq!(
        told(&stage),
        [
            "near: same service, done 4m before the onset",
            "far: same service, done 25m before the onset",
            "late: same service, done 1m after the onset",
            "unnamed: service not known, done 20s before the onset",
            "search: another service, search, done 10s before the onset",
        ]
    );
}

#[test]
fn what_was_long_before_or_after_the_declaration_is_not_near() {
    let (mut stage, onset) = stage();
    for (name, seconds, is_near) in
        [("a", -1801, false), ("b", -1800, true), ("c", 0, true), ("d", 600, true), ("e", 601, false)]
    {
        // Within the tolerance of clocks, so that it is taken as it is.
        done(&mut stage, onset, name, "checkout", seconds);
        let near = told(&stage).iter().any(|told| told.starts_with(name));
        assert_eq!(near, is_near, "{name}");
    }
    assert!(told(&stage).contains(&"c: same service, done at the onset".to_owned()));
}

#[test]
fn the_phase_nearest_before_the_onset_speaks_and_a_rollout_under_way_is_near_however_long_ago_it_began() {
    let (mut stage, onset) = stage();
    let began =
        ChangeReport { phase: Phase::Started, ..done(&mut Stage::new(), onset, "deploy", "checkout", -480) };
    record(&mut stage, began.clone());
    assert_eq!(told(&stage), ["deploy: same service, started 8m before the onset"]);
    let over = ChangeReport { phase: Phase::Failed, at: Some(onset.minus(Duration::from_secs(60))), ..began };
    record(&mut stage, over);
    assert_eq!(told(&stage), ["deploy: same service, failed 1m before the onset"]);
    let canary = ChangeReport {
        kind: ChangeKind::Canary,
        phase: Phase::Started,
        rollout: Some(StageReport { percent: Percent::try_from(25).ok(), ..StageReport::default() }),
        ..done(&mut Stage::new(), onset, "canary", "checkout", -7_500)
    };
    record(&mut stage, canary.clone());
    assert_eq!(told(&stage)[1], "canary: same service, under way at the onset, for 2h05m, now at 25 %");
    let forgotten = ChangeReport { at: Some(onset.minus(Duration::from_secs(90_000))), ..canary };
    let mut stage = self::stage().0;
    record(&mut stage, forgotten);
    assert!(told(&stage).is_empty(), "whose end nobody told");
}

#[test]
fn the_environment_is_that_of_the_alerts() {
    let mut stage = Stage::new();
    let onset = stage.now;
    let labels = [("alertname", "X"), ("service", "checkout"), ("severity", "critical"), ("env", "prod")];
    stage.report(vec![crate::domain::stage::alert(&labels, onset)]);
    for (name, environment, seconds) in [("s", "staging", -10), ("p", "Production", -600), ("u", "", -300)] {
        let report = done(&mut Stage::new(), onset, name, "checkout", seconds);
        let environment = (!environment.is_empty()).then(|| Line::clean(environment));
        record(&mut stage, ChangeReport { environment, ..report });
    }
    assert_eq!(
        told(&stage),
        [
            "p: same service and environment, done 10m before the onset",
            "u: same service, done 5m before the onset",
            "s: same service in staging, done 10s before the onset",
        ]
    );
}

#[test]
fn what_people_said_counts_before_everything_else() {
    let (mut stage, onset) = stage();
    for (name, seconds) in [("a", -10), ("b", -20), ("c", -30), ("d", -40), ("e", -50)] {
        done(&mut stage, onset, name, "checkout", seconds);
    }
    for (name, mark) in
        [("a", Mark::Cleared), ("b", Mark::RolledBack), ("d", Mark::Held), ("e", Mark::Suspect)]
    {
        let change = format!("ci:{name}").parse().unwrap();
        stage
            .ask("ana", Command::MarkChange { incident: FIRST, change, mark: Some(mark), reason: None })
            .unwrap();
    }
    let order: String = told(&stage).iter().filter_map(|told| told.chars().next()).collect();
    assert_eq!(order, "ecdba");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_evidence_says_that_a_change_did_it(
        seconds in prop::collection::vec((-4000_i64..900, proptest::sample::select(Phase::ALL), any::<bool>()), 1..12),
    ) {
        let (mut stage, onset) = stage();
        for (number, (seconds, phase, same)) in seconds.into_iter().enumerate() {
            let service = if same { "checkout" } else { "search" };
            let report = done(&mut Stage::new(), onset, &number.to_string(), service, seconds.min(0));
            record(&mut stage, ChangeReport { phase, ..report });
        }
        for suspect in suspects(&stage.room.changes, stage.incident(1)) {
            for word in ["cause", "because", "blame", "broke", "due to", "culprit"] {
                prop_assert!(!suspect.evidence.contains(word), "{}", suspect.evidence);
            }
        }
    }
}
