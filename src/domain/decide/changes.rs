//! What was done to the systems, as senders and people tell it, and what the people of an incident say of it.

use std::collections::HashMap;

use super::super::actor::{Actor, Handle};
use super::super::alert::Fingerprint;
use super::super::change::{Change, ChangeId, ChangeReport, Judgement, Mark, Rollout, StageReport};
use super::super::command::Refusal;
use super::super::event::Event;
use super::super::ids::IncidentId;
use super::super::incident::Incident;
use super::super::mask;
use super::super::text::{Line, Text};
use super::super::time::Timestamp;
use super::case::{Case, TITLE_CHARACTERS, invalid, not_found, overloaded};
use super::facts::{CLOCK_TOLERANCE, is_web_address};
use super::{Decision, Proposal};

/// How many one command may tell: an entry should fit into one frame of the feed.
const TOGETHER: usize = 50;
/// The most characters of a name: a service, a version, somebody.
const NAME_CHARACTERS: usize = 100;
/// The most bytes of a link; a longer one would lead elsewhere if it were cut, and is left out.
const LINK_BYTES: usize = 1_000;

/// Writes down what is news. Repetitions, and phases that others overtook, are none.
pub(super) fn record(case: &Case<'_>, reports: &[ChangeReport]) -> Result<Decision, Refusal> {
    if reports.is_empty() {
        return Err(invalid("there is no change in it; name at least one"));
    }
    if reports.len() > TOGETHER {
        return Err(invalid(format!(
            "{} changes are too many at once; send at most {TOGETHER} together",
            reports.len()
        )));
    }
    let source = match case.actor {
        Actor::Person(name) | Actor::Integration(name) => name.clone(),
        Actor::Hub => Handle::of_hub(),
    };
    let mut as_known: HashMap<ChangeId, Change> = HashMap::new();
    let (mut news, mut only) = (Vec::new(), None);
    for report in reports {
        let tidy = tidied(case, report)?;
        let id = id_of(case, &source, &tidy);
        only = Some(id.clone());
        let before = as_known.get(&id).or_else(|| case.room.changes.get(&id));
        let Some(at) = moment(case.now, before, &tidy) else { continue };
        let heard = change(id.clone(), &source, tidy, at);
        let after = before.map_or_else(|| heard.clone(), |before| before.folded(&heard));
        if before != Some(&after) {
            news.push(heard);
            as_known.insert(id, after);
        }
    }
    let recorded = (!news.is_empty())
        .then_some(Proposal { incident: None, event: Event::ChangesRecorded { changes: news } });
    let only = only.filter(|_| reports.len() == 1);
    Ok(Decision { events: recorded.into_iter().collect(), change: only, ..Decision::default() })
}

/// The report without secrets, and short enough for a row. A time to come is a clock that is wrong: of a sender it counts
/// as now, a person is told.
fn tidied(case: &Case<'_>, report: &ChangeReport) -> Result<ChangeReport, Refusal> {
    let to_come = |time: &Timestamp| *time > case.now.plus(CLOCK_TOLERANCE);
    let is_person = matches!(case.actor, Actor::Person(_));
    if is_person && [report.at, report.began_at].iter().flatten().any(to_come) {
        return Err(invalid("the change lies in the future; give a time that has passed, or none"));
    }
    let passed = |time: Option<Timestamp>| time.map(|time| if to_come(&time) { case.now } else { time });
    let name = |line: &Option<Line>| line.as_ref().map(|line| brief(line, NAME_CHARACTERS)).filter(has_words);
    let ChangeReport { id, kind, phase, service, environment, version, .. } = report;
    let (service, environment, version) = (name(service), name(environment), name(version));
    let title = brief(&report.title, TITLE_CHARACTERS);
    let title = if has_words(&title) {
        title
    } else {
        made_up(service.as_ref(), version.as_ref(), environment.as_ref(), kind.name())
    };
    let fits = |link: &Line| link.len() <= LINK_BYTES && is_web_address(link);
    Ok(ChangeReport {
        id: id.clone(),
        kind: *kind,
        phase: *phase,
        at: passed(report.at),
        began_at: passed(report.began_at),
        by: name(&report.by),
        title,
        link: report.link.as_ref().map(|link| mask::line(link)).filter(fits),
        rollout: report.rollout.as_ref().map(|rollout| StageReport {
            name: brief(&rollout.name, NAME_CHARACTERS),
            percent: rollout.percent,
            verdict: name(&rollout.verdict),
        }),
        service,
        environment,
        version,
    })
}

fn has_words(line: &Line) -> bool {
    !line.is_empty()
}

fn brief(line: &Line, characters: usize) -> Line {
    let masked = mask::line(line);
    match masked.char_indices().nth(characters) {
        Some((end, _)) => Line::clean(&format!("{}…", masked.get(..end).unwrap_or_default())),
        None => masked,
    }
}

/// `checkout v1.2 (production)`.
fn made_up(service: Option<&Line>, version: Option<&Line>, environment: Option<&Line>, kind: &str) -> Line {
    let named: Vec<&str> = [service, version].into_iter().flatten().map(|word| &**word).collect();
    let named = if named.is_empty() { kind.to_owned() } else { named.join(" ") };
    match environment {
        Some(environment) => Line::clean(&format!("{named} ({environment})")),
        None => Line::clean(&named),
    }
}

/// What its sender calls it. What has no name is told apart by what it is and when it was.
fn id_of(case: &Case<'_>, source: &Handle, report: &ChangeReport) -> ChangeId {
    if let Some(name) = report.id.as_ref().filter(|name| !name.is_empty()) {
        return ChangeId::of(source, name);
    }
    let word = |line: &Option<Line>| line.as_ref().map(ToString::to_string).unwrap_or_default();
    let at = report.began_at.or(report.at).unwrap_or(case.now).as_millis().to_string();
    let (service, environment) = (word(&report.service), word(&report.environment));
    let (version, kind) = (word(&report.version), report.kind.name());
    let told = [("at", &*at), ("service", &service), ("environment", &environment), ("version", &version)];
    let hash = Fingerprint::of(told.into_iter().chain([("kind", kind), ("title", &*report.title)]));
    ChangeId::of(source, &format!("{kind}-{hash}"))
}

/// When it came into its phase. Where its sender does not say, it is now, unless that was heard before or is over by now.
fn moment(now: Timestamp, before: Option<&Change>, report: &ChangeReport) -> Option<Timestamp> {
    match (report.at, before) {
        (Some(at), _) => Some(at),
        (None, Some(before)) if before.phase.is_over() && !report.phase.is_over() => None,
        (None, Some(before))
            if before.phase == report.phase
                && (report.rollout.is_none()
                    || before.rollout.as_ref().and_then(Rollout::latest) == report.rollout.as_ref()) =>
        {
            Some(before.phase_at)
        }
        (None, Some(_) | None) => Some(now),
    }
}

fn change(id: ChangeId, source: &Handle, report: ChangeReport, at: Timestamp) -> Change {
    let ChangeReport {
        id: _,
        kind,
        phase,
        at: _,
        began_at,
        service,
        environment,
        version,
        by,
        title,
        link,
        rollout,
    } = report;
    Change {
        id,
        source: source.clone(),
        kind,
        at: began_at.map_or(at, |began| began.min(at)),
        phase,
        phase_at: at,
        service,
        environment,
        version,
        by,
        title,
        link,
        rollout: rollout.map(|told| Rollout::of(told, at)),
    }
}

pub(super) fn judge(case: &Case<'_>, id: &ChangeId, judgement: &Judgement) -> Result<Decision, Refusal> {
    let known = case.room.changes.get(id);
    let Some((change, rollout)) = known.and_then(|change| Some((change, change.going_on(case.now)?))) else {
        return Ok(Decision::default());
    };
    // What was counted of a stage says nothing of the next.
    if !rollout.is_news(judgement.verdict) || rollout.since() != Some(judgement.since) {
        return Ok(Decision::default());
    }
    let incident = change.service.as_ref().and_then(|service| case.room.newest_live_of(service));
    let (change, title) = (change.id.clone(), change.title.clone());
    let event = Event::RolloutJudged { change, title, judgement: judgement.clone() };
    Ok(Decision { events: vec![Proposal { incident, event }], ..Decision::default() })
}

/// Also after the end: what it was is often only known then.
pub(super) fn mark(
    case: &Case<'_>,
    id: IncidentId,
    change: &ChangeId,
    mark: Option<Mark>,
    reason: Option<&Text>,
) -> Result<Decision, Refusal> {
    let incident = case.incident(id)?;
    let before = incident.marks.get(change);
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    let as_asked = match before {
        None => mark.is_none(),
        Some(marked) => Some(marked.mark) == mark && (reason.is_none() || marked.reason.as_ref() == reason),
    };
    let known = case.room.changes.get(change).map(|change| &change.title);
    let Some(title) = known.or(before.map(|marked| &marked.title)) else {
        return Err(not_found(format!(
            "there is no change {change}; `warroom change list` shows those that are still known"
        )));
    };
    if !as_asked && before.is_none() && incident.marks.len() >= Incident::MARKS {
        return Err(overloaded(format!(
            "{id} already has {} changes marked; take a mark back first",
            Incident::MARKS
        )));
    }
    let event =
        Event::ChangeMarked { change: change.clone(), title: title.clone(), mark, reason: reason.cloned() };
    let marked = Decision::about(id, (!as_asked).then_some(event));
    Ok(Decision { change: Some(change.clone()), ..marked })
}
