use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::domain::alert::AlertReport;
use crate::domain::command::{Command, RefusalKind};
use crate::domain::event::Event;
use crate::domain::ids::IncidentId;
use crate::domain::severity::Severity;
use crate::domain::stage::{FIRST, Stage, alert, critical, declare, kinds, over};
use crate::domain::status::Status;
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;

fn warning(service: &str, name: &str, at: Timestamp) -> AlertReport {
    alert(&[("alertname", name), ("service", service), ("severity", "warning")], at)
}

fn resolve(stage: &mut Stage, incident: u32) {
    let incident = IncidentId(incident);
    stage.ask("ana", Command::ChangeStatus { incident, status: Status::Resolved, reason: None }).unwrap();
}

#[test]
fn a_critical_alert_declares_and_more_of_its_group_attach() {
    let mut stage = Stage::new();
    let began = stage.now.minus(Duration::from_secs(90));
    let mut first = critical("checkout", "HighErrorRate", began);
    first.summary = Line::clean("5 % of requests fail");
    let decision = stage.report(vec![warning("checkout", "Saturation", stage.now), first]);
    assert_eq!(kinds(&decision), ["incident.declared", "alerts.reported"]);
    let incident = stage.incident(1);
    assert_eq!(&*incident.title, "5 % of requests fail (checkout)");
    assert_eq!(incident.severity, Severity::Sev1);
    assert_eq!(incident.milestones.impact_started, Some(began));
    assert!(incident.services.contains("checkout"));
    assert_eq!((incident.alerts.fired, incident.alerts.firing), (2, 2));

    let decision = stage.report(vec![warning("checkout", "SlowQueries", stage.now)]);
    assert_eq!(kinds(&decision), ["alerts.reported"]);
    assert_eq!(stage.incident(1).alerts.firing, 3);
    assert!(stage.room.alerts.waiting.is_empty());
}

#[test]
fn a_repetition_is_no_news_and_neither_is_what_comes_late() {
    let mut stage = Stage::new();
    let start = stage.now;
    stage.report(vec![critical("checkout", "HighErrorRate", start)]);
    stage.wait(600);
    let later = stage.now;
    let earlier = start.minus(Duration::from_secs(60));
    let to_come = later.plus(Duration::from_secs(300));
    let again = |at| critical("checkout", "HighErrorRate", at);
    let year_one = "0001-01-01T00:00:00Z".parse().unwrap();
    for (what, report) in [
        ("the same", again(start)),
        ("an older beginning", again(earlier)),
        ("the end of an older one", over(again(earlier), later)),
        ("an end to come", over(again(start), to_come)),
        ("no end, as Alertmanager writes it", over(again(start), year_one)),
        ("no beginning", again(year_one)),
        ("a beginning far in the future", again(Timestamp::MAX)),
        ("the end of an unknown one", over(critical("search", "Down", start), later)),
    ] {
        assert!(stage.report(vec![report]).events.is_empty(), "{what}");
    }
    let decision = stage.report(vec![over(again(start), later), over(again(start), later)]);
    assert_eq!(kinds(&decision), ["alerts.reported"]);
    assert_eq!((stage.incident(1).alerts.fired, stage.incident(1).alerts.firing), (1, 0));
    assert!(stage.room.alerts.firing.is_empty());
    assert_eq!(stage.incident(1).status, Status::Triggered, "people resolve incidents, alerts do not");
}

#[test]
fn an_alert_that_cannot_have_begun_then_began_now() {
    let mut stage = Stage::new();
    stage.report(vec![critical("checkout", "HighErrorRate", Timestamp::MAX)]);
    assert_eq!(stage.incident(1).milestones.impact_started, Some(stage.now));
    let ended = over(critical("checkout", "HighErrorRate", Timestamp::MIN), stage.now);
    stage.report(vec![ended]);
    assert_eq!(stage.incident(1).alerts.firing, 0);
}

#[test]
fn an_alert_that_ended_without_a_word_and_fires_again_is_counted_once_as_firing() {
    let mut stage = Stage::new();
    let start = stage.now;
    stage.report(vec![critical("checkout", "HighErrorRate", start)]);
    stage.wait(600);
    stage.report(vec![critical("checkout", "HighErrorRate", stage.now)]);
    assert_eq!((stage.incident(1).alerts.fired, stage.incident(1).alerts.firing), (2, 1));
}

#[test]
fn what_fires_and_ends_within_one_command_is_both() {
    let mut stage = Stage::new();
    let start = stage.now;
    let report = || critical("checkout", "HighErrorRate", start);
    stage.report(vec![report(), report(), over(report(), start), report()]);
    assert_eq!((stage.incident(1).alerts.fired, stage.incident(1).alerts.firing), (2, 1));
    assert_eq!(stage.room.alerts.firing.len(), 1);
}

#[test]
fn an_alert_that_fires_again_soon_after_reopens_and_later_declares() {
    let mut stage = Stage::new();
    let start = stage.now;
    stage.report(vec![critical("checkout", "HighErrorRate", start)]);
    stage.report(vec![over(critical("checkout", "HighErrorRate", start), start)]);
    resolve(&mut stage, 1);
    stage.wait(240);
    let decision = stage.report(vec![critical("checkout", "HighErrorRate", stage.now)]);
    assert_eq!(kinds(&decision), ["incident.reopened", "alerts.reported"]);
    let reason = Text::clean("HighErrorRate fired again 4 min after INC-1 was resolved");
    assert_eq!(decision.events[0].event, Event::Reopened { reason });
    assert_eq!(stage.incident(1).status, Status::Investigating);

    stage.report(vec![over(critical("checkout", "HighErrorRate", stage.now), stage.now)]);
    resolve(&mut stage, 1);
    stage.wait(1801);
    stage.report(vec![critical("checkout", "HighErrorRate", stage.now)]);
    assert_eq!(stage.room.last_incident, 2);
    assert_eq!(stage.incident(1).status, Status::Resolved);
}

#[test]
fn a_warning_that_was_no_part_of_it_does_not_reopen_what_was_resolved() {
    let mut stage = Stage::new();
    stage.report(vec![critical("checkout", "HighErrorRate", stage.now)]);
    resolve(&mut stage, 1);
    stage.wait(60);
    stage.report(vec![warning("checkout", "Saturation", stage.now)]);
    assert_eq!(stage.incident(1).status, Status::Resolved);
    assert_eq!(stage.room.alerts.waiting.len(), 1);
    let decision = stage.report(vec![critical("checkout", "Latency", stage.now)]);
    let reason = Text::clean("Latency fired 1 min after INC-1 was resolved");
    assert_eq!(decision.events[0].event, Event::Reopened { reason });
}

#[test]
fn alerts_of_an_incident_that_was_closed_declare_a_new_one() {
    let mut stage = Stage::new();
    stage.report(vec![critical("checkout", "HighErrorRate", stage.now)]);
    resolve(&mut stage, 1);
    let close = Command::ChangeStatus { incident: FIRST, status: Status::Closed, reason: None };
    stage.ask("ana", close).unwrap();
    stage.wait(60);
    // It never ended: its end counts for the closed one, its new beginning for the new one.
    stage.report(vec![critical("checkout", "HighErrorRate", stage.now)]);
    assert_eq!((stage.incident(1).alerts.firing, stage.incident(2).alerts.firing), (0, 1));
    stage.wait(60);
    let again = stage.now.minus(Duration::from_secs(60));
    stage.report(vec![over(critical("checkout", "HighErrorRate", again), stage.now)]);
    assert_eq!(stage.incident(2).alerts.firing, 0);
}

#[test]
fn what_declares_nothing_waits_until_its_group_does() {
    let mut stage = Stage::new();
    let decision = stage.report(vec![warning("checkout", "Saturation", stage.now)]);
    assert_eq!(decision.events[0].incident, None);
    assert_eq!(stage.room.alerts.waiting.len(), 1);
    stage.report(vec![warning("search", "Saturation", stage.now)]);
    let decision = stage.report(vec![critical("checkout", "HighErrorRate", stage.now)]);
    assert_eq!(kinds(&decision), ["incident.declared", "alerts.attached", "alerts.reported"]);
    assert_eq!((stage.incident(1).alerts.fired, stage.room.alerts.waiting.len()), (2, 1));
    let ended = over(warning("checkout", "Saturation", stage.now), stage.now);
    assert_eq!(stage.report(vec![ended]).events[0].incident, Some(FIRST));
}

#[test]
fn a_person_makes_an_incident_of_waiting_alerts_and_attaches_more() {
    let mut stage = Stage::new();
    let (first, second) = (warning("checkout", "A", stage.now), warning("checkout", "B", stage.now));
    let prints = |report: &AlertReport| BTreeSet::from([report.fingerprint]);
    stage.report(vec![first.clone(), second.clone()]);
    let Command::Declare { title, severity, kind, services, summary, drill, .. } = declare("Checkout slow")
    else {
        unreachable!()
    };
    let alerts = prints(&first);
    let command = Command::Declare { title, severity, kind, services, summary, drill, alerts };
    assert_eq!(kinds(&stage.ask("ana", command.clone()).unwrap()), ["incident.declared", "alerts.attached"]);
    let incident = stage.incident(1);
    assert_eq!(incident.group.as_deref(), Some("service=checkout"));
    assert!(incident.services.contains("checkout"));
    let message = stage.refused("bo", RefusalKind::NotNow, command);
    assert!(message.ends_with("already belongs to INC-1"), "{message}");

    let attach = |fingerprints| Command::AttachAlerts { incident: FIRST, fingerprints };
    stage.ask("bo", attach(prints(&second))).unwrap();
    assert!(stage.ask("cy", attach(prints(&second))).unwrap().events.is_empty());
    assert_eq!(stage.incident(1).alerts.firing, 2);
    let unknown = warning("checkout", "C", stage.now);
    stage.refused("bo", RefusalKind::NotFound, attach(prints(&unknown)));
    stage.refused("bo", RefusalKind::Invalid, attach(BTreeSet::new()));
}

#[test]
fn an_alert_that_was_attached_by_hand_comes_back_to_where_it_was() {
    let mut stage = Stage::with_incident();
    let report = warning("search", "Slow", stage.now);
    stage.report(vec![report.clone()]);
    let fingerprints = BTreeSet::from([report.fingerprint]);
    stage.ask("ana", Command::AttachAlerts { incident: FIRST, fingerprints }).unwrap();
    stage.wait(60);
    stage.report(vec![over(report, stage.now)]);
    stage.report(vec![warning("search", "Slow", stage.now)]);
    assert_eq!((stage.incident(1).alerts.fired, stage.incident(1).alerts.firing), (2, 1));
}

#[test]
fn in_a_storm_a_few_incidents_are_declared_and_one_takes_the_rest() {
    let mut stage = Stage::new();
    let burst = |from: usize, at| {
        (from..from + 100).map(|number| critical(&format!("service-{number}"), "Down", at)).collect()
    };
    let decision = stage.report(burst(0, stage.now));
    assert_eq!(stage.room.incidents.len(), 6);
    assert_eq!(decision.events.len(), 12, "a declaration and one report each");
    let storm = stage.incident(6);
    assert_eq!(&*storm.title, "Alert storm: alerts of many services");
    assert_eq!((storm.alerts.firing, storm.severity), (95, Severity::Sev1));
    stage.wait(3600);
    stage.report(burst(100, stage.now));
    assert_eq!(stage.incident(6).alerts.firing, 195, "it goes on until that incident is over");
    resolve(&mut stage, 6);
    stage.wait(3600);
    stage.report(vec![critical("another", "Down", stage.now)]);
    assert_eq!(stage.room.incidents.len(), 7);
}

#[test]
fn a_storm_is_as_bad_as_the_worst_alert_in_it() {
    let mut stage = Stage::new();
    let page =
        |service: &str, at| alert(&[("alertname", "Slow"), ("service", service), ("severity", "page")], at);
    let pages = (0..10).map(|number| page(&format!("service-{number}"), stage.now)).collect();
    stage.report(pages);
    let storm = stage.room.last_incident;
    assert_eq!(stage.incident(storm).severity, Severity::Sev2);
    stage.wait(60);
    let both = vec![critical("auth", "Down", stage.now), page("mail", stage.now)];
    stage.report(both);
    assert_eq!(stage.incident(storm).severity, Severity::Sev1);
    stage.wait(60);
    let decision = stage.report(vec![critical("dns", "Down", stage.now)]);
    assert_eq!(decision.events.len(), 1, "it is as bad already");
}

#[test]
fn ten_thousand_alerts_in_one_command_are_near_linear() {
    let reports = |number: usize| -> Vec<_> {
        let at = Stage::new().now;
        (0..number).map(|n| critical(&format!("service-{}", n % 3000), &format!("Alert{n}"), at)).collect()
    };
    let time = |number| {
        let mut stage = Stage::new();
        let reports = reports(number);
        let begin = Instant::now();
        stage.report(reports);
        assert_eq!(stage.room.alerts.firing.len(), number);
        begin.elapsed()
    };
    let (small, large) = (time(1_000), time(10_000));
    // Ten times as many take ten times as long, give or take; a quadratic rule would take a hundred times.
    assert!(large < small * 40 + Duration::from_millis(500), "{small:?} for 1,000, {large:?} for 10,000");
}
