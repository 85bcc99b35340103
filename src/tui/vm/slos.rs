//! The burn of the error budgets. What is not known is said in words, never as 0 or 100 %.

use std::cmp::Ordering;
use std::time::Duration;

use super::{Cx, Run, Title, header, run, time, window};
use crate::domain::gauge::{SloGauge, SloState};
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Role;

/// From here on a budget of four weeks is gone within two days (the SRE workbook, chapter 5: page).
const FAST: f64 = 14.4;
/// From here on it is gone within five days.
const SLOW: f64 = 6.0;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slos {
    pub title: Title,
    pub rows: Vec<SloRow>,
    pub above: bool,
    pub below: bool,
    /// What to do when there is none.
    pub empty: Option<Run>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SloRow {
    pub selected: bool,
    pub name: String,
    /// `99.9%`.
    pub objective: String,
    /// What is known, or why nothing is.
    pub figures: Figures,
    pub age: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figures {
    Known {
        /// Thousandths of the budget that are left, for the bar.
        left: Option<u16>,
        /// `62% left`, `spent`: never wider than nine columns.
        budget: Run,
        /// Over 5 minutes, 1 hour and 6 hours.
        burn: [Run; 3],
        /// `out in 3h10m`.
        exhaustion: Run,
        /// Why they are not those of now.
        frozen: Option<Run>,
    },
    Unknown(Run),
}

/// At most `height` SLOs, the worst first.
pub fn slos(model: &Model, cx: &Cx<'_>, height: usize) -> Slos {
    let gauges = order(model);
    let focused = model.ui.focus == Pane::Slos;
    let selected = model.ui.slo.as_ref().filter(|_| focused);
    let place = gauges.iter().position(|gauge| Some(&gauge.name) == selected);
    let seen = window::page(gauges.len(), place.unwrap_or(0), height);
    let current = header::is_current(&model.link);
    let (above, below) = (seen.start > 0, seen.end < gauges.len());
    let rows = gauges.get(seen).unwrap_or_default();
    let rows = rows.iter().map(|gauge| row(gauge, Some(&gauge.name) == selected, current, cx)).collect();
    let mut title = Title::new("SLOs", focused);
    if gauges.is_empty() && !header::is_known(model) {
        title = title.with(Role::TextMuted, "not known yet");
    } else if gauges.is_empty() {
        title = title.with(Role::TextMuted, "none set up");
    } else {
        let burning = gauges.iter().filter(|gauge| badness(gauge) >= 1.0).count();
        title = match burning {
            0 => title.with(Role::TextMuted, "none burning"),
            _ => title.with(Role::Warn, format!("{burning} burning")),
        };
    }
    let empty = (gauges.is_empty() && header::is_known(model))
        .then(|| run(Role::TextMuted, "Put OpenSLO documents into the hub's slos folder to see their burn."));
    Slos { title, rows, above, below, empty }
}

/// All SLOs, the worst first.
pub fn order(model: &Model) -> Vec<&SloGauge> {
    let mut gauges: Vec<&SloGauge> = model.gauges.values().collect();
    gauges.sort_by(|a, b| {
        badness(b).partial_cmp(&badness(a)).unwrap_or(Ordering::Equal).then(a.name.cmp(&b.name))
    });
    gauges
}

/// Orders by what needs eyes: spent or burning, then not known, then healthy. From 1 on the budget will not last.
fn badness(gauge: &SloGauge) -> f64 {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite()).unwrap_or(0.0);
    let spent = gauge.budget_left.is_some_and(|left| left <= 0.0);
    let burning = finite(gauge.burn_1h).max(finite(gauge.burn_6h)).max(finite(gauge.burn_5m).min(FAST));
    match gauge.state {
        SloState::Ok | SloState::Stale if spent => 1_000.0 + burning,
        SloState::Ok | SloState::Stale => burning.min(999.0),
        SloState::Failing => 0.99,
        SloState::NoData => 0.98,
        SloState::NoTraffic => 0.0,
    }
}

fn row(gauge: &SloGauge, selected: bool, current: bool, cx: &Cx<'_>) -> SloRow {
    let age = gauge.as_of.map(|as_of| time::coarse(cx.now.wall.since(as_of)));
    let as_of = gauge.as_of.map(|as_of| format!(" as of {}", time::minute(as_of, cx.zone)));
    let as_of = as_of.unwrap_or_default();
    let because = match gauge.detail.is_empty() {
        true => String::new(),
        false => format!(": {}", gauge.detail),
    };
    let figures = match gauge.state {
        SloState::Ok if current => figures(gauge, None, cx),
        SloState::Ok => figures(gauge, Some(run(Role::Offline, format!("frozen{as_of}"))), cx),
        SloState::Stale => figures(gauge, Some(run(Role::Warn, format!("stale{as_of}"))), cx),
        SloState::Failing if gauge.budget_left.is_some() => {
            figures(gauge, Some(run(Role::Danger, format!("failing{as_of}"))), cx)
        }
        SloState::Failing => Figures::Unknown(run(Role::Danger, format!("source failing{because}"))),
        SloState::NoData => Figures::Unknown(run(Role::Warn, format!("no data{because}"))),
        SloState::NoTraffic => Figures::Unknown(run(Role::TextMuted, format!("no traffic{because}"))),
    };
    SloRow {
        selected,
        name: gauge.name.to_string(),
        objective: percent(gauge.objective),
        figures,
        age: age.unwrap_or_default(),
    }
}

fn figures(gauge: &SloGauge, frozen: Option<Run>, cx: &Cx<'_>) -> Figures {
    let role = |role: Role| if frozen.is_some() { Role::Offline } else { role };
    let left = gauge.budget_left.filter(|left| left.is_finite());
    let budget = match left {
        None => run(Role::TextMuted, "unknown"),
        Some(left) if left <= 0.0 => run(role(Role::Danger), "spent"),
        Some(left) if left < 0.1 => run(role(Role::Danger), format!("{} left", share(left))),
        Some(left) if left < 0.3 => run(role(Role::Warn), format!("{} left", share(left))),
        Some(left) => run(role(Role::Text), format!("{} left", share(left))),
    };
    let exhaustion = match gauge.exhaustion {
        _ if left.is_some_and(|left| left <= 0.0) => run(role(Role::Danger), "out"),
        Some(seconds) => {
            let soon = if seconds < 86_400 { Role::Danger } else { Role::Text };
            run(role(soon), format!("out in {}", time::age(Duration::from_secs(seconds))))
        }
        None => run(Role::TextMuted, "lasts"),
    };
    Figures::Known {
        left: left.map(thousandths),
        budget,
        burn: [gauge.burn_5m, gauge.burn_1h, gauge.burn_6h].map(|burn| match burn {
            Some(burn) if burn.is_finite() => run(role(burn_role(burn)), burn_words(burn, cx)),
            Some(_) | None => run(Role::TextMuted, "?"),
        }),
        exhaustion,
        frozen,
    }
}

pub fn burn_role(burn: f64) -> Role {
    match burn {
        FAST.. => Role::BurnFast,
        SLOW.. => Role::BurnSlow,
        1.0.. => Role::Warn,
        _ => Role::TextMuted,
    }
}

/// `14.4×`, never wider than six columns.
fn burn_words(burn: f64, cx: &Cx<'_>) -> String {
    let times = cx.glyphs.times;
    match burn {
        1000.0.. => format!(">999{times}"),
        100.0.. => format!("{burn:.0}{times}"),
        _ => format!("{burn:.1}{times}"),
    }
}

/// `62%`: rounded down, so that 100 % means that nothing is gone and 0 % is never said of what is left.
fn share(left: f64) -> String {
    match left * 100.0 {
        percent @ 1.0.. => format!("{:.0}%", percent.floor()),
        _ => "<1%".into(),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Between 0 and 1000.
fn thousandths(left: f64) -> u16 {
    (left.clamp(0.0, 1.0) * 1000.0) as u16
}

/// `99.9%`, `99.95%`.
fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}
