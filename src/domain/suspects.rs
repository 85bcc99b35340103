//! Which changes were near the onset of an incident, the likeliest first, and what speaks for each. Nearness is all that
//! is known here: whether a change did it is for people to say, so no sentence here says so.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::change::{Change, Changes, Mark, Phase, UNDER_WAY, Verdict};
use super::incident::Incident;
use super::time::Timestamp;

/// How long before the onset a change counts as near.
const BEFORE: Duration = Duration::from_secs(30 * 60);

/// A change that was near.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suspect<'a> {
    pub change: &'a Change,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// Why it is here: `same service, started 4m before the onset`.
    pub evidence: String,
}

/// How one thing of the change compares with the incident's. The order is that of the ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Same,
    Unknown,
    Other,
}

/// Where in time it lies. The order is that of the ranking, and within each the nearest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    Before(Duration),
    /// Begun long before, and not over at the onset.
    UnderWay(Duration),
    After(Duration),
}

/// The changes near the onset. It is when the impact began, or else when the incident was declared; what was done up to
/// half an hour before that counts, and what was done between it and the declaration, for an onset is told by alerts, which
/// come late.
pub fn suspects<'a>(changes: &'a Changes, incident: &Incident) -> Vec<Suspect<'a>> {
    let (onset, environments) = (incident.began_at(), environments(incident));
    let until = incident.declared_at.max(onset);
    let mut ranked = Vec::new();
    for change in changes.iter() {
        let Some((nearness, when)) = nearness(change, onset, until) else { continue };
        let mark = incident.marks.get(&change.id).map(|marked| marked.mark);
        let service = likeness(incident.services.iter().map(|service| &**service), change.service.as_deref());
        let environment = likeness(environments.iter().copied(), change.environment.as_deref());
        let evidence = evidence(change, service, environment, &when);
        let rank = (standing(mark), service, environment, is_well(change), nearness);
        ranked.push((rank, Suspect { change, mark, evidence }));
    }
    ranked.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.change.id.cmp(&other.change.id)));
    ranked.into_iter().map(|(_, suspect)| suspect).collect()
}

/// What people said counts before everything else.
fn standing(mark: Option<Mark>) -> u8 {
    match mark {
        Some(Mark::Suspect) => 0,
        Some(Mark::Held) | None => 1,
        Some(Mark::RolledBack) => 2,
        Some(Mark::Cleared) => 3,
    }
}

/// Whether nothing was counted that speaks against it.
fn is_well(change: &Change) -> bool {
    let judgement = change.rollout.as_ref().and_then(|rollout| rollout.judgement());
    judgement.is_none_or(|judgement| judgement.verdict != Verdict::Worse)
}

/// Of the moments that are known of a change, the one nearest before the onset; else the one nearest after.
fn nearness(change: &Change, onset: Timestamp, until: Timestamp) -> Option<(Nearness, String)> {
    let ended = match change.phase {
        Phase::Started if change.phase_at > change.at => "went on",
        Phase::Started => "started",
        Phase::Succeeded => "done",
        Phase::Failed => "failed",
    };
    // What is over in one moment has only been done.
    let began = if change.phase_at > change.at { "started" } else { ended };
    let moments = [(change.at, began), (change.phase_at, ended)];
    let from = onset.minus(BEFORE);
    let before = moments.iter().filter(|(at, _)| (from..=onset).contains(at)).max_by_key(|(at, _)| *at);
    if let Some((at, verb)) = before {
        let since = onset.since(*at);
        let when = match since.as_secs() {
            0 => format!("{verb} at the onset"),
            _ => format!("{verb} {} before the onset", span(since)),
        };
        return Some((Nearness::Before(since), when));
    }
    let is_under_way = change.at < from
        && onset.since(change.at) <= UNDER_WAY
        && (change.phase_at > onset || !change.phase.is_over());
    if is_under_way {
        let since = onset.since(change.at);
        return Some((Nearness::UnderWay(since), format!("under way at the onset, for {}", span(since))));
    }
    let after = moments.iter().filter(|(at, _)| *at > onset && *at <= until).min_by_key(|(at, _)| *at);
    let (at, verb) = after?;
    let late = at.since(onset);
    Some((Nearness::After(late), format!("{verb} {} after the onset", span(late))))
}

/// The environments that the incident's alerts name.
fn environments(incident: &Incident) -> BTreeSet<&str> {
    const LABELS: [&str; 4] = ["environment", "env", "deployment_environment", "deployment_environment_name"];
    let labels = incident.alerts.shown.values().flat_map(|alert| alert.labels.iter());
    labels.filter(|(name, _)| LABELS.contains(&&***name)).map(|(_, value)| &**value).collect()
}

fn likeness<'a>(of_incident: impl Iterator<Item = &'a str>, of_change: Option<&str>) -> Likeness {
    let Some(of_change) = of_change else { return Likeness::Unknown };
    let mut likeness = Likeness::Unknown;
    for known in of_incident {
        if is_like(known, of_change) {
            return Likeness::Same;
        }
        likeness = Likeness::Other;
    }
    likeness
}

/// Whatever the case; and `prod` is what others call `production`.
fn is_like(one: &str, other: &str) -> bool {
    const SHORT: [(&str, &str); 3] = [("prod", "production"), ("stage", "staging"), ("dev", "development")];
    let is = |a: &str, b: &str| one.eq_ignore_ascii_case(a) && other.eq_ignore_ascii_case(b);
    one.eq_ignore_ascii_case(other) || SHORT.iter().any(|(short, long)| is(short, long) || is(long, short))
}

fn evidence(change: &Change, service: Likeness, environment: Likeness, when: &str) -> String {
    let name = |line: &Option<super::text::Line>| line.as_ref().map(ToString::to_string).unwrap_or_default();
    let where_it_was = match (service, environment) {
        (Likeness::Same, Likeness::Same) => "same service and environment".to_owned(),
        (Likeness::Same, Likeness::Unknown) => "same service".to_owned(),
        (Likeness::Same, Likeness::Other) => format!("same service in {}", name(&change.environment)),
        (Likeness::Unknown, Likeness::Same) => "same environment".to_owned(),
        (Likeness::Unknown, Likeness::Unknown) => match &change.service {
            Some(service) => format!("of {service}"),
            None => "service not known".to_owned(),
        },
        (Likeness::Unknown, Likeness::Other) => format!("in {}", name(&change.environment)),
        (Likeness::Other, Likeness::Same | Likeness::Unknown) => {
            format!("another service, {}", name(&change.service))
        }
        (Likeness::Other, Likeness::Other) => {
            format!("another service, {}, in {}", name(&change.service), name(&change.environment))
        }
    };
    let percent = change.rollout.as_ref().and_then(|rollout| rollout.percent());
    let percent = percent.map(|percent| format!(", now at {} %", percent.get())).unwrap_or_default();
    let counted = if is_well(change) { "" } else { ", worse than its baseline" };
    format!("{where_it_was}, {when}{percent}{counted}")
}

/// `40s`, `4m`, `1h05m`.
fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}
