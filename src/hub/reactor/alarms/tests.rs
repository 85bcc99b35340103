use super::*;
use crate::domain::alert::Firing;
use crate::slo::policy::Preset;
use crate::slo::promql::EventQuery;
use crate::slo::slo::Numerator;
use crate::slo::{DataSource, Indicator, Method, Objective, Window};

const NOW: Timestamp = Timestamp::from_millis(1_795_332_280_000);

fn slo() -> Slo {
    let query = |raw| EventQuery::parse(raw).unwrap().0;
    let window = "28d".parse::<Window>().unwrap();
    let mut policy = Preset::Workbook.policy(window.duration()).unwrap();
    policy.no_data = Some(NoData { after: Duration::from_secs(600), severity: Line::clean("page") });
    Slo {
        name: Line::clean("checkout-availability"),
        service: Line::clean("checkout"),
        objective: Objective::new(0.999).unwrap(),
        window: window.into(),
        method: Method::Occurrences,
        indicator: Indicator { numerator: Numerator::Bad(query("bad")), total: query("total") },
        source: DataSource::Default,
        policies: vec![policy],
        canary: None,
    }
}

/// The states of the four pairs: two that page, two that ticket.
fn gauge(states: [PairState; 4]) -> SloGauge {
    let slo = slo();
    let pair = |(pair, state): (&crate::slo::policy::Pair, PairState)| PairGauge {
        severity: pair.severity.clone(),
        long: pair.long.as_secs(),
        short: pair.short.map(|short| short.as_secs()),
        threshold: pair.threshold,
        burn_long: Some(21.34),
        burn_short: Some(40.0),
        state,
        held: Line::default(),
    };
    SloGauge {
        budget_left: Some(0.6),
        as_of: Some(NOW),
        coverage: Some(1.0),
        onset: Some(NOW.minus(Duration::from_secs(240))),
        pairs: slo.policies[0].pairs.iter().zip(states).map(pair).collect(),
        ..SloGauge::calm(&slo.name, &slo.service)
    }
}

fn said(room: &Room, gauge: &SloGauge) -> Vec<(String, bool)> {
    let reports = Alarms::new(&[slo()], NOW).alerts(room, std::slice::from_ref(gauge), NOW);
    let what = |report: &AlertReport| {
        let label = |name: &str| report.labels.get(name).unwrap().to_string();
        (format!("{} {}", label("alertname"), label("severity")), report.ended_at.is_none())
    };
    reports.iter().map(what).collect()
}

/// A room in which these alerts of the SLO fire.
fn firing(names: &[(&str, &str)]) -> Room {
    let mut room = Room::default();
    for (name, severity) in names {
        let fingerprint = fingerprint(&labels(&slo(), name, &Line::clean(severity)));
        room.alerts.firing.insert(fingerprint, Firing { started_at: NOW, incident: None });
    }
    room
}

use PairState::{Firing as Fires, Held, Quiet, Recovering, Rising, Unknown};

#[test]
fn a_pair_that_fires_is_an_alert_of_its_severity_and_is_said_once() {
    let page = gauge([Fires, Quiet, Rising, Quiet]);
    let reports = Alarms::new(&[slo()], NOW).alerts(&Room::default(), std::slice::from_ref(&page), NOW);
    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!(report.summary.as_str(), "checkout-availability burns 21.3× its error budget");
    assert_eq!(report.started_at, NOW.minus(Duration::from_secs(240)), "the onset, not the alert");
    let told = report.description.as_ref().unwrap();
    assert!(told.contains("21.3× over 1h and 40.0× over 5m, above 13.4×."), "{told:?}");
    assert_eq!(said(&firing(&[(BURN, "page")]), &page), []);
    let both = gauge([Fires, Quiet, Fires, Quiet]);
    assert_eq!(said(&firing(&[(BURN, "page")]), &both), [("ErrorBudgetBurn ticket".to_owned(), true)]);
}

#[test]
fn an_alert_ends_when_no_pair_of_its_severity_is_left_and_somebody_knows() {
    let room = firing(&[(BURN, "page")]);
    let over = [("ErrorBudgetBurn page".to_owned(), false)];
    assert_eq!(said(&room, &gauge([Quiet, Quiet, Quiet, Quiet])), over);
    assert_eq!(said(&room, &gauge([Recovering, Rising, Quiet, Quiet])), over);
    assert_eq!(said(&room, &gauge([Quiet, Fires, Quiet, Quiet])), []);
    assert_eq!(said(&room, &gauge([Unknown, Quiet, Quiet, Quiet])), []);
    assert_eq!(said(&room, &gauge([Held, Quiet, Quiet, Quiet])), []);
}

#[test]
fn figures_that_are_not_those_of_now_call_nobody_and_end_nothing() {
    let mut stale = gauge([Fires, Quiet, Quiet, Quiet]);
    stale.state = SloState::Stale;
    assert_eq!(said(&Room::default(), &stale), []);
    assert_eq!(said(&firing(&[(BURN, "page")]), &stale), []);
}

#[test]
fn samples_that_do_not_come_call_after_the_time_that_the_policy_gives() {
    let mut silent = gauge([Unknown; 4]);
    silent.state = SloState::Stale;
    for (minutes, calls) in [(9, false), (11, true)] {
        silent.as_of = Some(NOW.minus(Duration::from_secs(60 * minutes)));
        let expected = if calls { vec![("SloWithoutData page".to_owned(), true)] } else { Vec::new() };
        assert_eq!(said(&Room::default(), &silent), expected, "{minutes}");
    }
    let back = gauge([Quiet; 4]);
    assert_eq!(said(&firing(&[(NO_DATA, "page")]), &back), [("SloWithoutData page".to_owned(), false)]);
}

#[test]
fn a_budget_is_reported_when_it_reaches_a_level_and_only_then() {
    let mut room = Room::default();
    let mut gauge = gauge([Quiet; 4]);
    let spent = |room: &Room, gauge: &SloGauge| {
        budgets(room, std::slice::from_ref(gauge)).first().map(|report| report.spent)
    };
    assert_eq!(spent(&room, &gauge), Some(40));
    room.budgets.insert(gauge.name.clone(), 25);
    assert_eq!(spent(&room, &gauge), None);
    gauge.budget_left = Some(-0.2);
    assert_eq!(spent(&room, &gauge), Some(120));
    gauge.coverage = Some(0.05);
    assert_eq!(spent(&room, &gauge), None, "an hour of a month is no month");
}
