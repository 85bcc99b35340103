//! Turns what the pairs of windows say into alerts, like those of any other source, and what is left of budgets into entries.
//!
//! It keeps no state: which alerts fire is in the room, and so a hub that was killed goes on where it was.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Context;
use crate::domain::actor::{Actor, Handle};
use crate::domain::alert::{AlertReport, Ends, Fingerprint};
use crate::domain::budget::{BudgetReport, level};
use crate::domain::command::Command;
use crate::domain::gauge::{PairGauge, PairState, SloGauge, SloState};
use crate::domain::labels::Labels;
use crate::domain::room::Room;
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;
use crate::slo::Slo;
use crate::slo::policy::NoData;
use crate::slo::promql;

const BURN: &str = "ErrorBudgetBurn";
const NO_DATA: &str = "SloWithoutData";
/// Between two looks at the gauges.
const LOOK: Duration = Duration::from_millis(250);
/// One command holds so many reports at most.
const TOGETHER: usize = 100;
/// Of the period, what has to be known before its budget makes an entry: the first hours of an SLO say nothing.
const COVERED: f64 = 0.1;

/// One alert that an SLO can have.
struct Call {
    /// Its place among the SLOs and their gauges.
    slo: usize,
    labels: Labels,
    fingerprint: Fingerprint,
    why: Why,
}

enum Why {
    /// Pairs of this severity.
    Burn(Line),
    NoData(NoData),
}

pub(super) struct Alarms {
    slos: Vec<Slo>,
    calls: Vec<Call>,
    began: Timestamp,
}

impl Alarms {
    pub(super) fn new(slos: &[Slo], began: Timestamp) -> Self {
        let calls = slos.iter().enumerate().flat_map(|(place, slo)| calls(place, slo)).collect();
        Alarms { slos: slos.to_vec(), calls, began }
    }

    pub(super) async fn run(self, context: Context) {
        let mut gauges = context.gauges.watch();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let looking = async {
            // SLOs are read at the start; whose documents have gone since the last one can fire no more.
            let abandoned = self.abandoned(&context.room.read(), context.clock.now());
            self.report(&context, &abandoned).await;
            loop {
                looks.tick().await;
                let slos = gauges.borrow_and_update().slos.clone();
                self.look(&context, &slos).await;
            }
        };
        context.shutdown.run_until_cancelled(looking).await;
    }

    async fn look(&self, context: &Context, gauges: &[SloGauge]) {
        let now = context.clock.now();
        // Before the first poll there are no gauges yet.
        if gauges.len() != self.slos.len() {
            return;
        }
        let (alerts, budgets) = {
            let room = context.room.read();
            (self.alerts(&room, gauges, now), budgets(&room, gauges))
        };
        self.report(context, &alerts).await;
        for part in budgets.chunks(TOGETHER) {
            context.submit(Actor::Hub, Command::ReportBudget { budgets: part.to_vec() }).await;
        }
    }

    async fn report(&self, context: &Context, alerts: &[AlertReport]) {
        for part in alerts.chunks(TOGETHER) {
            let actor = Actor::Integration(Handle::of_slos());
            context.submit(actor, Command::ReportAlerts { alerts: part.to_vec() }).await;
        }
    }

    /// What is to be said so that the room's alerts are those of the gauges.
    fn alerts(&self, room: &Room, gauges: &[SloGauge], now: Timestamp) -> Vec<AlertReport> {
        let mut reports = Vec::new();
        for call in &self.calls {
            let (Some(gauge), Some(slo)) = (gauges.get(call.slo), self.slos.get(call.slo)) else { continue };
            let firing = room.alerts.firing.get(&call.fingerprint);
            match (call.stands(gauge, self.began, now), firing) {
                (Stands::Fires, None) => reports.push(call.fired(slo, gauge, now)),
                (Stands::Ended, Some(firing)) => {
                    let ended = gauge.as_of.unwrap_or(now).min(now).max(firing.started_at);
                    reports.push(AlertReport { ended_at: Some(ended), ..call.report(firing.started_at) });
                }
                (Stands::Fires | Stands::Unknown, Some(_)) | (Stands::Ended | Stands::Unknown, None) => {}
            }
        }
        reports
    }

    /// Alerts of SLOs that no document names any more.
    fn abandoned(&self, room: &Room, now: Timestamp) -> Vec<AlertReport> {
        let source = Handle::of_slos();
        let shown = room.open_incidents().flat_map(|incident| incident.alerts.shown.values());
        let ours = shown
            .chain(room.alerts.waiting.values())
            .filter(|alert| alert.is_firing() && alert.source == source);
        let known: BTreeSet<Fingerprint> = self.calls.iter().map(|call| call.fingerprint).collect();
        let abandoned = ours.filter(|alert| !known.contains(&alert.fingerprint));
        let ended = abandoned.map(|alert| {
            let report = AlertReport {
                fingerprint: alert.fingerprint,
                labels: alert.labels.clone(),
                summary: alert.summary.clone(),
                started_at: alert.started_at,
                ended_at: Some(now.max(alert.started_at)),
                link: None,
                description: None,
                runbook: None,
                ends: Ends::ByWord,
            };
            (alert.fingerprint, report)
        });
        ended.collect::<BTreeMap<_, _>>().into_values().collect()
    }
}

fn calls(place: usize, slo: &Slo) -> Vec<Call> {
    let severities: BTreeSet<&Line> =
        slo.policies.iter().flat_map(|policy| policy.pairs.iter().map(|pair| &pair.severity)).collect();
    let burns = severities.into_iter().map(|severity| (BURN, severity.clone(), Why::Burn(severity.clone())));
    let absent = slo.policies.iter().find_map(|policy| policy.no_data.clone());
    let absent = absent.map(|no_data| (NO_DATA, no_data.severity.clone(), Why::NoData(no_data)));
    let call = |(name, severity, why): (&str, Line, Why)| {
        let labels = labels(slo, name, &severity);
        Call { slo: place, fingerprint: fingerprint(&labels), labels, why }
    };
    burns.chain(absent).map(call).collect()
}

fn labels(slo: &Slo, name: &str, severity: &Line) -> Labels {
    let label = |name: &str, value: &Line| (Line::clean(name), value.clone());
    Labels::from([
        label("alertname", &Line::clean(name)),
        label("service", &slo.service),
        label("severity", severity),
        label("slo", &slo.name),
    ])
}

fn fingerprint(labels: &Labels) -> Fingerprint {
    Fingerprint::of(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// Whether the room knows that an SLO burns at this severity.
pub(super) fn burns(room: &Room, slo: &Slo, severity: &Line) -> bool {
    room.alerts.firing.contains_key(&fingerprint(&labels(slo, BURN, severity)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Fires,
    Ended,
    /// Whatever it was, it goes on.
    Unknown,
}

impl Call {
    fn stands(&self, gauge: &SloGauge, began: Timestamp, now: Timestamp) -> Stands {
        match &self.why {
            Why::Burn(severity) => {
                let mut stands = Stands::Ended;
                for pair in gauge.pairs.iter().filter(|pair| pair.severity == *severity) {
                    match pair.state {
                        PairState::Firing if is_current(gauge) => return Stands::Fires,
                        PairState::Firing | PairState::Unknown | PairState::Held => stands = Stands::Unknown,
                        PairState::Quiet | PairState::Rising | PairState::Recovering => {}
                    }
                }
                stands
            }
            Why::NoData(no_data) if is_current(gauge) => match gauge.as_of {
                Some(as_of) if now.since(as_of) > no_data.after => Stands::Fires,
                Some(_) | None => Stands::Ended,
            },
            Why::NoData(no_data) => {
                let silent = now.since(gauge.as_of.unwrap_or(began));
                if silent > no_data.after { Stands::Fires } else { Stands::Unknown }
            }
        }
    }

    fn fired(&self, slo: &Slo, gauge: &SloGauge, now: Timestamp) -> AlertReport {
        let (started_at, summary, description) = match &self.why {
            Why::Burn(severity) => {
                let firing = gauge.pairs.iter().filter(|pair| pair.severity == *severity);
                let firing: Vec<&PairGauge> = firing.filter(|pair| pair.state == PairState::Firing).collect();
                let worst = firing.iter().filter_map(|pair| pair.burn_long).fold(0.0, f64::max);
                let summary = format!("{} burns {} its error budget", slo.name, times(worst));
                let pairs: Vec<String> = firing.iter().map(|pair| sentence(pair)).collect();
                let objective =
                    format!("{} of {} good over {}", percent(slo.objective.share()), slo.service, slo.window);
                (
                    gauge.onset.unwrap_or(now).min(now),
                    summary,
                    format!("{}\nObjective: {objective}.", pairs.join("\n")),
                )
            }
            Why::NoData(_) => {
                let summary = format!("{} has no data", slo.name);
                (gauge.as_of.unwrap_or(now).min(now), summary, gauge.detail.to_string())
            }
        };
        AlertReport {
            summary: Line::clean(&summary),
            description: Some(Text::clean(&description)),
            ..self.report(started_at)
        }
    }

    fn report(&self, started_at: Timestamp) -> AlertReport {
        AlertReport {
            fingerprint: self.fingerprint,
            labels: self.labels.clone(),
            summary: Line::default(),
            started_at,
            ended_at: None,
            link: None,
            description: None,
            runbook: None,
            ends: Ends::ByWord,
        }
    }
}

const fn is_current(gauge: &SloGauge) -> bool {
    matches!(gauge.state, SloState::Ok | SloState::NoTraffic)
}

/// `14.9× over 1h and 21.3× over 5m, above 13.44×.`
fn sentence(pair: &PairGauge) -> String {
    let over = |burn: Option<f64>, seconds: u64| {
        let window = promql::duration(Duration::from_secs(seconds));
        format!("{} over {window}", burn.map_or_else(|| "?".to_owned(), times))
    };
    let long = over(pair.burn_long, pair.long);
    let short = pair.short.map(|short| format!(" and {}", over(pair.burn_short, short))).unwrap_or_default();
    format!("{long}{short}, above {}.", times(pair.threshold))
}

fn times(burn: f64) -> String {
    match burn {
        100.0.. => format!("{burn:.0}×"),
        _ => format!("{burn:.1}×"),
    }
}

fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Budgets that have reached a level that nobody was told of, or left one.
fn budgets(room: &Room, gauges: &[SloGauge]) -> Vec<BudgetReport> {
    let spent = gauges.iter().filter(|gauge| is_current(gauge)).filter_map(|gauge| {
        let left = gauge.budget_left.filter(|left| left.is_finite())?;
        let known = gauge.coverage.is_none_or(|coverage| coverage >= COVERED);
        #[allow(clippy::cast_possible_truncation)] // Between the bounds.
        let spent = ((1.0 - left) * 100.0).clamp(-1e6, 1e6).floor() as i32;
        let before = room.budgets.get(&gauge.name).copied().unwrap_or(0);
        (known && level(before, spent) != before).then(|| BudgetReport {
            slo: gauge.name.clone(),
            service: gauge.service.clone(),
            spent,
        })
    });
    spent.collect()
}

#[cfg(test)]
mod tests;
