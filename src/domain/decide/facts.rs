//! What is known of an incident: severity, title, summary, when it happened, where more is said.

use std::time::Duration;

use super::super::command::Refusal;
use super::super::event::Event;
use super::super::ids::IncidentId;
use super::super::incident::{Aspect, Incident};
use super::super::note::Link;
use super::super::severity::Severity;
use super::super::status::{Milestone, Milestones};
use super::super::text::{Line, Text};
use super::super::time::Timestamp;
use super::Decision;
use super::case::{Case, check_title, invalid, is_blank, overloaded};

/// How far the sender's clock may be ahead of the hub's.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);

pub(super) fn severity(case: &Case<'_>, id: IncidentId, to: Severity) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    if incident.severity == to {
        return Ok(Decision::already(id));
    }
    case.fresh(incident, Aspect::Severity)?;
    Ok(Decision::about(id, [Event::SeverityChanged { from: incident.severity, to }]))
}

pub(super) fn title(case: &Case<'_>, id: IncidentId, title: &Line) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    check_title(title, "an incident")?;
    if incident.title == *title {
        return Ok(Decision::already(id));
    }
    case.fresh(incident, Aspect::Title)?;
    Ok(Decision::about(id, [Event::TitleChanged { title: title.clone() }]))
}

/// Also after the end: what really happened is often only known then. An empty summary takes it away.
pub(super) fn summary(case: &Case<'_>, id: IncidentId, summary: &Text) -> Result<Decision, Refusal> {
    let incident = case.incident(id)?;
    if incident.summary == *summary {
        return Ok(Decision::already(id));
    }
    case.fresh(incident, Aspect::Summary)?;
    Ok(Decision::about(id, [Event::SummaryChanged { summary: summary.clone() }]))
}

/// Also after the end, to correct what metrics are made of.
pub(super) fn milestone(
    case: &Case<'_>,
    id: IncidentId,
    milestone: Milestone,
    time: Option<Timestamp>,
) -> Result<Decision, Refusal> {
    let incident = case.incident(id)?;
    if incident.milestones.get(milestone) == time {
        return Ok(Decision::already(id));
    }
    if time.is_some_and(|time| time > case.now.plus(CLOCK_TOLERANCE)) {
        return Err(invalid(format!("“{milestone}” lies in the future; give a time that has passed")));
    }
    let mut milestones: Milestones = incident.milestones;
    milestones.set(milestone, time);
    if let Some((started, resolved)) = milestones.impact_started.zip(milestones.resolved)
        && started > resolved
    {
        return Err(invalid(format!(
            "the impact of {id} cannot begin ({started}) after it was resolved ({resolved}); correct the other one first"
        )));
    }
    case.fresh(incident, Aspect::Milestones)?;
    Ok(Decision::about(id, [Event::MilestoneSet { milestone, time }]))
}

/// A link without a title is named by its address.
pub(super) fn link(case: &Case<'_>, id: IncidentId, title: &Line, url: &Line) -> Result<Decision, Refusal> {
    let incident = case.incident(id)?;
    if !is_web_address(url) {
        return Err(invalid("a link begins with https:// or http:// and names a host"));
    }
    let title = if is_blank(title) { url.clone() } else { title.clone() };
    let link = Link { title, url: url.clone() };
    if incident.links.contains(&link) {
        return Ok(Decision::already(id));
    }
    if incident.links.len() >= Incident::LINKS {
        return Err(overloaded(format!(
            "{id} already has {} links; put this one into a note",
            Incident::LINKS
        )));
    }
    Ok(Decision::about(id, [Event::Linked { link }]))
}

/// Only what a browser opens as a page: never `file:`, `javascript:` or a program's own scheme.
pub(super) fn is_web_address(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let names_host = host.chars().any(char::is_alphanumeric);
    web && names_host && !url.chars().any(char::is_whitespace)
}
