//! The burn of the error budgets. What is not known is said in words, never as 0 or 100 %.

use std::time::Duration;

pub use super::slo_order::order;
use super::slo_order::{Alarm, FAST, SLOW, alarm};
use super::{Cx, Run, Title, header, run, time, window};
use crate::domain::gauge::{SloGauge, SloState};
use crate::link::LinkStatus;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Role;

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
    /// Something is to be known beside the figures: its details say what.
    pub caveat: bool,
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
    let selected = model.selected_slo().map(|gauge| &gauge.name).filter(|_| focused);
    let place = gauges.iter().position(|gauge| Some(&gauge.name) == selected);
    let seen = window::page(gauges.len(), place.unwrap_or(0), height);
    let current = header::is_current(&model.link);
    let (above, below) = (seen.start > 0, seen.end < gauges.len());
    let rows = gauges.get(seen).unwrap_or_default();
    let rows = rows.iter().map(|gauge| row(gauge, Some(&gauge.name) == selected, current, cx)).collect();
    let mut title = Title::new("SLOs", focused);
    // No cache holds figures: they are worth nothing an hour later.
    let told = match &model.link.status {
        LinkStatus::Live { .. } | LinkStatus::Late { .. } => None,
        LinkStatus::Connecting => Some("not known yet"),
        LinkStatus::Offline { .. } | LinkStatus::Refused { .. } | LinkStatus::Alarm { .. } => {
            Some("not known while offline")
        }
    };
    let burning = gauges.iter().filter(|gauge| alarm(gauge) >= Alarm::Burning).count();
    title = match (told, burning) {
        (Some(unknown), _) if gauges.is_empty() => title.with(Role::TextMuted, unknown),
        (None, _) if gauges.is_empty() => title.with(Role::TextMuted, "none set up"),
        (_, 0) => title.with(Role::TextMuted, "none burning"),
        (_, _) => title.with(Role::Warn, format!("{burning} burning")),
    };
    let empty = (gauges.is_empty() && told.is_none())
        .then(|| run(Role::TextMuted, "Put OpenSLO documents into the hub's slos folder to see their burn."));
    Slos { title, rows, above, below, empty }
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
        caveat: has_caveat(gauge),
        age: age.unwrap_or_default(),
    }
}

/// Figures that need a word: `100% left` of a query that finds nothing.
fn has_caveat(gauge: &SloGauge) -> bool {
    gauge.state == SloState::Ok && !gauge.detail.is_empty()
}

fn figures(gauge: &SloGauge, frozen: Option<Run>, cx: &Cx<'_>) -> Figures {
    let role = |role: Role| if frozen.is_some() { Role::Offline } else { role };
    let left = gauge.budget_left.filter(|left| left.is_finite());
    let budget = match left {
        None => run(Role::TextMuted, "unknown"),
        Some(left) if left <= 0.0 => run(role(Role::Danger), "spent"),
        Some(left) if left < 0.1 => run(role(Role::Danger), format!("{} left", share(left))),
        Some(left) if left < 0.3 => run(role(Role::Warn), format!("{} left", share(left))),
        Some(left) if has_caveat(gauge) => run(role(Role::Warn), format!("{} left", share(left))),
        Some(left) => run(role(Role::Text), format!("{} left", share(left))),
    };
    let exhaustion = match gauge.exhaustion {
        _ if left.is_some_and(|left| left <= 0.0) => run(role(Role::Danger), "out"),
        Some(seconds) => {
            let soon = if seconds < 86_400 { Role::Danger } else { Role::Text };
            run(role(soon), format!("out in {}", time::age(Duration::from_secs(seconds))))
        }
        None if has_caveat(gauge) => run(role(Role::Warn), "see details"),
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
pub fn burn_words(burn: f64, cx: &Cx<'_>) -> String {
    let times = cx.glyphs.times;
    match burn {
        1000.0.. => format!(">999{times}"),
        100.0.. => format!("{burn:.0}{times}"),
        _ => format!("{burn:.1}{times}"),
    }
}

/// `62%`: rounded down, so that 100 % means that nothing is gone and 0 % is never said of what is left.
pub fn share(left: f64) -> String {
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
pub fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}
