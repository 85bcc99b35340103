//! Error budgets that reach a level: told once, in the incident of the service if there is one.

use std::collections::BTreeMap;

use super::super::budget::{BudgetReport, level};
use super::super::command::Refusal;
use super::super::event::Event;
use super::super::room::Room;
use super::super::text::Line;
use super::case::Case;
use super::{Decision, Proposal};

pub(super) fn report(case: &Case<'_>, reports: &[BudgetReport]) -> Result<Decision, Refusal> {
    // Of an SLO that comes twice, the last report counts.
    let reports: BTreeMap<&Line, &BudgetReport> =
        reports.iter().map(|report| (&report.slo, report)).collect();
    let crossed = reports.into_values().filter_map(|report| {
        let before = case.room.budgets.get(&report.slo).copied().unwrap_or(0);
        let now = level(before, report.spent);
        let is_news = now != before && (before > 0 || case.room.budgets.len() < Room::BUDGETS);
        let BudgetReport { slo, service, spent } = report.clone();
        let event = Event::BudgetCrossed { slo, service, from: before, to: now, spent };
        is_news.then_some((event, &report.service))
    });
    let proposals =
        crossed.map(|(event, service)| Proposal { incident: case.room.newest_live_of(service), event });
    Ok(Decision { events: proposals.collect(), ..Decision::default() })
}
