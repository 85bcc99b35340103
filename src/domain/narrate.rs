//! What an entry says, in one sentence without its time and actor: `acknowledged`, `status investigating → identified`.
//! The timeline, `tail` and every export use this one function, so that they all tell the same story.

use std::collections::BTreeMap;

use super::alert::AlertChange;
use super::change::{Change, Judgement, Mark, Rollout, Verdict};
use super::comms;
use super::event::{Declared, Entry, Event, TaskAdded};
use super::note::Evidence;
use super::text::{Line, Text};

/// What an entry is about, for filters and for style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    Alert,
    Budget,
    Change,
    Status,
    People,
    Task,
    Note,
    Comms,
    Other,
}

impl Category {
    pub const ALL: [Category; 9] = [
        Category::Alert,
        Category::Budget,
        Category::Change,
        Category::Status,
        Category::People,
        Category::Task,
        Category::Note,
        Category::Comms,
        Category::Other,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Category::Alert => "alert",
            Category::Budget => "budget",
            Category::Change => "change",
            Category::Status => "status",
            Category::People => "people",
            Category::Task => "task",
            Category::Note => "note",
            Category::Comms => "comms",
            Category::Other => "other",
        }
    }

    pub fn of(event: &Event) -> Self {
        match event {
            Event::AlertsReported { .. } | Event::AlertsAttached { .. } => Category::Alert,
            Event::BudgetCrossed { .. } => Category::Budget,
            Event::ChangesRecorded { .. } | Event::RolloutJudged { .. } | Event::ChangeMarked { .. } => {
                Category::Change
            }
            Event::Declared(_)
            | Event::Acknowledged
            | Event::Unacknowledged
            | Event::StatusChanged { .. }
            | Event::SeverityChanged { .. }
            | Event::Reopened { .. }
            | Event::Cancelled { .. }
            | Event::Merged { .. }
            | Event::Absorbed { .. } => Category::Status,
            Event::RoleAssigned { .. }
            | Event::RoleVacated { .. }
            | Event::ResponderJoined { .. }
            | Event::ResponderReleased { .. } => Category::People,
            Event::TaskAdded(_)
            | Event::TaskAssigned { .. }
            | Event::TaskAccepted { .. }
            | Event::TaskCompleted { .. }
            | Event::TaskReopened { .. } => Category::Task,
            Event::NoteAdded { .. }
            | Event::NotePinned { .. }
            | Event::NoteUnpinned { .. }
            | Event::NoteCorrected { .. } => Category::Note,
            Event::CommsDrafted { .. }
            | Event::CommsDiscarded { .. }
            | Event::CommsPublished { .. }
            | Event::CommsAttempted { .. }
            | Event::CommsDeferred { .. }
            | Event::CommsDelivered { .. }
            | Event::CommsFailed { .. }
            | Event::CommsUncertain { .. }
            | Event::CommsDropped { .. }
            | Event::CommsSettled { .. } => Category::Comms,
            Event::TitleChanged { .. }
            | Event::SummaryChanged { .. }
            | Event::MilestoneSet { .. }
            | Event::Linked { .. }
            | Event::Unknown(_) => Category::Other,
        }
    }
}

/// The sentence. Of texts with several lines only the first is in it, and that there are more.
pub fn narrate(entry: &Entry) -> Line {
    Line::clean(&sentence(entry))
}

fn sentence(entry: &Entry) -> String {
    match &entry.event {
        Event::Declared(declared) => declaration(declared),
        Event::Acknowledged => "acknowledged".to_owned(),
        Event::Unacknowledged => "took the acknowledgement back".to_owned(),
        Event::StatusChanged { from, to, reason } => {
            with(format!("status {from} → {to}"), reason.as_ref().map(brief))
        }
        Event::SeverityChanged { from, to } => format!("severity {from} → {to}"),
        Event::TitleChanged { title } => format!("title is now “{title}”"),
        Event::SummaryChanged { summary } if summary.is_empty() => "summary removed".to_owned(),
        Event::SummaryChanged { summary } => format!("summary: {}", brief(summary)),
        Event::MilestoneSet { milestone, time: Some(time) } => {
            format!("{milestone} at {}", time.to_utc().format("%Y-%m-%d %H:%M:%SZ"))
        }
        Event::MilestoneSet { milestone, time: None } => format!("{milestone}: no longer known"),
        Event::Reopened { reason } => with("reopened".to_owned(), Some(brief(reason))),
        Event::Cancelled { reason } => with("cancelled".to_owned(), Some(brief(reason))),
        Event::Merged { into } => format!("merged into {into}"),
        Event::Absorbed { from } => format!("merged {from} into this one"),
        Event::Linked { link } if link.title == link.url => format!("link {}", link.url),
        Event::Linked { link } => format!("link {}: {}", link.title, link.url),

        Event::AlertsReported { changes } => alerts(changes),
        Event::AlertsAttached { fingerprints } => format!("attached {}", count(fingerprints.len(), "alert")),

        Event::BudgetCrossed { slo, from, to, spent, .. } => match (to > from, spent) {
            (true, 101..) => format!("{slo} has overspent its error budget: {spent} % of it is gone"),
            (true, _) => format!("{slo} has spent {spent} % of its error budget"),
            (false, _) => format!("{slo} has some of its error budget back: {spent} % of it is gone"),
        },
        Event::ChangesRecorded { changes } => recorded(changes),
        Event::RolloutJudged { title, judgement, .. } => judged(title, judgement),
        Event::ChangeMarked { title, mark, reason, .. } => {
            with(marking(title, *mark), reason.as_ref().map(brief))
        }

        Event::RoleAssigned { role, to } => format!("@{to} is {role}"),
        Event::RoleVacated { role, by } => format!("@{by} is no longer {role}"),
        Event::ResponderJoined { handle } if entry.actor.handle() == Some(handle) => "joined".to_owned(),
        Event::ResponderJoined { handle } => format!("brought in @{handle}"),
        Event::ResponderReleased { handle } if entry.actor.handle() == Some(handle) => "left".to_owned(),
        Event::ResponderReleased { handle } => format!("released @{handle}"),

        Event::TaskAdded(added) => addition(added),
        Event::TaskAssigned { task, to } => format!("task {task} is for @{to}"),
        Event::TaskAccepted { task } => format!("task {task} accepted"),
        Event::TaskCompleted { task } => format!("task {task} done"),
        Event::TaskReopened { task } => format!("task {task} reopened"),

        Event::NoteAdded { text, evidence } => note(text, evidence.as_ref()),
        Event::NotePinned { note } => format!("pinned note {note}"),
        Event::NoteUnpinned { note } => format!("unpinned note {note}"),
        Event::NoteCorrected { note, text } => format!("note {note} now reads: {}", brief(text)),

        Event::CommsDrafted { comms, message } => {
            format!("update {comms} to {} drafted: {}", message.audience, message.subject)
        }
        Event::CommsDiscarded { comms } => format!("update {comms} discarded"),
        Event::CommsPublished { comms, destinations } if destinations.is_empty() => {
            format!("update {comms} published: nobody was notified")
        }
        Event::CommsPublished { comms, destinations } => {
            format!("update {comms} published ({})", count(destinations.len(), "destination"))
        }
        Event::CommsAttempted { comms, destination } => {
            format!("update {comms} is being handed over to {destination}")
        }
        Event::CommsDeferred { comms, destination, detail } => {
            delivery(format!("update {comms} not taken by {destination} yet, to be tried again"), detail)
        }
        Event::CommsDelivered { comms, destination, detail } => {
            delivery(format!("update {comms} delivered to {destination}"), detail)
        }
        Event::CommsFailed { comms, destination, detail } => {
            delivery(format!("update {comms} failed: nobody was notified through {destination}"), detail)
        }
        Event::CommsUncertain { comms, destination, detail } => {
            delivery(format!("update {comms} to {destination} may or may not have arrived"), detail)
        }
        Event::CommsDropped { comms, destination, detail } => {
            delivery(format!("update {comms} to {destination} was dropped"), detail)
        }
        Event::CommsSettled { comms, destination, verdict } => match verdict {
            comms::Verdict::Arrived => format!("update {comms} did arrive at {destination}"),
            comms::Verdict::SendAgain => format!("update {comms} to be sent to {destination} once more"),
            comms::Verdict::Abandon => format!("update {comms} to {destination} given up"),
        },

        Event::Unknown(unknown) => format!("{} (from a newer hub)", unknown.kind),
    }
}

fn declaration(declared: &Declared) -> String {
    let what = if declared.drill { "declared a drill" } else { "declared" };
    let kind = declared.kind.as_ref().map(|kind| format!(" ({kind})")).unwrap_or_default();
    format!("{what} {}{kind}: {}", declared.severity, declared.title)
}

fn addition(added: &TaskAdded) -> String {
    let required = if added.required { "required task" } else { "task" };
    let owner = added.owner.as_ref().map(|owner| format!(" for @{owner}")).unwrap_or_default();
    let role = added.role.as_ref().map(|role| format!(" for the {role}")).unwrap_or_default();
    let whom = if owner.is_empty() { role } else { owner };
    format!("{required} {}{whom}: {}", added.task, added.title)
}

fn note(text: &Text, evidence: Option<&Evidence>) -> String {
    let Some(evidence) = evidence else { return brief(text) };
    let mut said = match &evidence.command {
        Some(command) => format!("ran `{command}`"),
        None => "output".to_owned(),
    };
    if let Some(host) = &evidence.host {
        said.push_str(&format!(" on {host}"));
    }
    if let Some(code) = evidence.exit_code {
        said.push_str(&format!(" (exit {code})"));
    }
    if !text.trim().is_empty() {
        return format!("{}: {said}", brief(text));
    }
    with(said, Some(brief(&evidence.output)))
}

/// `12 alerts fired: HighErrorRate ×10, Saturation ×2; 1 resolved: Latency`.
fn alerts(changes: &[AlertChange]) -> String {
    let mut fired = BTreeMap::new();
    let mut resolved = BTreeMap::new();
    for change in changes {
        let (names, name) = match change {
            AlertChange::Fired(alert) => (&mut fired, &alert.name),
            AlertChange::Resolved { name, .. } => (&mut resolved, name),
        };
        *names.entry(name.as_str()).or_insert(0_usize) += 1;
    }
    let total = |names: &BTreeMap<&str, usize>| names.values().sum::<usize>();
    match (total(&fired), total(&resolved)) {
        (0, 0) => "no alert changed".to_owned(),
        (some, 0) => format!("{} fired: {}", count(some, "alert"), names(&fired)),
        (0, some) => format!("{} resolved: {}", count(some, "alert"), names(&resolved)),
        (began, ended) => format!(
            "{} fired: {}; {ended} resolved: {}",
            count(began, "alert"),
            names(&fired),
            names(&resolved)
        ),
    }
}

/// `deploy started: checkout v1.2`, `canary started: checkout v1.2, 25 %`; of several the first ones.
fn recorded(changes: &[Change]) -> String {
    const TOLD: usize = 3;
    let one = |change: &Change| {
        let rollout = change.rollout.as_ref();
        let percent = rollout.and_then(Rollout::percent);
        let percent = percent.map(|percent| format!(", {} %", percent.get())).unwrap_or_default();
        let verdict = rollout.and_then(Rollout::latest).and_then(|stage| stage.verdict.as_ref());
        let verdict = verdict.map(|verdict| format!(", {verdict}")).unwrap_or_default();
        format!("{}: {}{percent}{verdict}", change.what(), change.title)
    };
    match changes {
        [] => "no change".to_owned(),
        [only] => one(only),
        several => {
            let told = several.iter().take(TOLD).map(one).collect::<Vec<_>>().join("; ");
            let more = match several.len().saturating_sub(TOLD) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            format!("{} changes: {told}{more}", several.len())
        }
    }
}

/// `checkout v2 is worse than its baseline at 25 %: canary 31 of 412 bad, …`; the sentence of what it rests on.
fn judged(title: &Line, judgement: &Judgement) -> String {
    let against = match judgement.verdict {
        Verdict::Better => "is better than its baseline",
        Verdict::Same => "is as good as its baseline",
        Verdict::Worse => "is worse than its baseline",
        Verdict::NotEnoughData { .. } => "cannot be told from its baseline yet",
    };
    let at = judgement.percent.map(|percent| format!(" at {} %", percent.get())).unwrap_or_default();
    let why = judgement.reasons.first().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{title} {against}{at}{why}")
}

fn marking(title: &Line, mark: Option<Mark>) -> String {
    match mark {
        Some(Mark::Suspect) => format!("change “{title}” is a suspect"),
        Some(Mark::Held) => format!("change “{title}” is held"),
        Some(Mark::RolledBack) => format!("change “{title}” was rolled back"),
        Some(Mark::Cleared) => format!("change “{title}” is cleared"),
        None => format!("change “{title}” is no longer marked"),
    }
}

/// The most frequent names first, at most five of them.
fn names(counted: &BTreeMap<&str, usize>) -> String {
    const NAMED: usize = 5;
    let mut ranked: Vec<_> = counted.iter().collect();
    ranked.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
    let named = ranked.iter().take(NAMED).map(|(name, times)| {
        let name = if name.is_empty() { "without a name" } else { name };
        if **times == 1 { name.to_owned() } else { format!("{name} ×{times}") }
    });
    let named = named.collect::<Vec<_>>().join(", ");
    match ranked.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more kinds"),
    }
}

fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// The first line that says something, and whether more follow.
fn brief(text: &Text) -> String {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default().trim();
    match lines.count() {
        0 => first.to_owned(),
        more => format!("{first} (+{})", count(more, "line")),
    }
}

fn with(said: String, more: Option<String>) -> String {
    match more.filter(|more| !more.is_empty()) {
        Some(more) => format!("{said}: {more}"),
        None => said,
    }
}

fn delivery(said: String, detail: &Line) -> String {
    with(said, (!detail.is_empty()).then(|| detail.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::actor::Actor;
    use super::super::alert::{Alert, Ends, Fingerprint};
    use super::super::ids::{CommsId, EntryId, IncidentId, Seq};
    use super::super::labels::Labels;
    use super::super::status::Status;
    use super::super::time::Timestamp;
    use super::*;

    fn said(event: Event) -> String {
        let entry = Entry {
            seq: Seq(1),
            id: EntryId(uuid::Uuid::nil()),
            at: Timestamp::from_millis(0),
            actor: Actor::Person("ana".parse().unwrap()),
            incident: Some(IncidentId(1)),
            event,
        };
        narrate(&entry).to_string()
    }

    fn fired(name: &str) -> AlertChange {
        AlertChange::Fired(Alert {
            fingerprint: Fingerprint(1),
            name: Line::clean(name),
            severity: Line::default(),
            labels: Labels::default(),
            summary: Line::default(),
            source: "prometheus".parse().unwrap(),
            started_at: Timestamp::from_millis(0),
            ended_at: None,
            link: None,
            description: None,
            runbook: None,
            ends: Ends::ByWord,
        })
    }

    #[test]
    fn a_burst_of_alerts_is_one_sentence_with_the_most_frequent_first() {
        let mut changes = vec![fired("Saturation"), fired("Saturation")];
        changes.extend(std::iter::repeat_with(|| fired("HighErrorRate")).take(10));
        assert_eq!(
            said(Event::AlertsReported { changes: changes.clone() }),
            "12 alerts fired: HighErrorRate ×10, Saturation ×2"
        );
        changes.truncate(1);
        changes.push(AlertChange::Resolved {
            fingerprint: Fingerprint(2),
            name: Line::default(),
            ended_at: Timestamp::from_millis(1),
        });
        assert_eq!(
            said(Event::AlertsReported { changes }),
            "1 alert fired: Saturation; 1 resolved: without a name"
        );
    }

    #[test]
    fn a_status_says_why_and_an_update_says_when_it_reached_nobody() {
        let reason = Some(Text::clean("\ncanary rolled back\nerror rate falls"));
        let changed = Event::StatusChanged { from: Status::Investigating, to: Status::Identified, reason };
        assert_eq!(said(changed), "status investigating → identified: canary rolled back (+1 line)");
        let published = Event::CommsPublished { comms: CommsId(1), destinations: Default::default() };
        assert_eq!(said(published), "update C-1 published: nobody was notified");
    }

    #[test]
    fn a_change_says_how_far_it_is_and_of_many_the_first_are_told() {
        use super::super::change::{ChangeKind, Percent, Phase, StageReport};
        let at = Timestamp::from_millis(0);
        let change = |kind, phase, title: &str, percent: Option<u8>| Change {
            id: "ci:1".parse().unwrap(),
            source: "ci".parse().unwrap(),
            kind,
            at,
            phase,
            phase_at: at,
            service: None,
            environment: None,
            version: None,
            by: None,
            title: Line::clean(title),
            link: None,
            rollout: percent.map(|percent| {
                let told = StageReport {
                    percent: Percent::try_from(percent).ok(),
                    verdict: Some(Line::clean("error rate 4 %")),
                    ..StageReport::default()
                };
                Rollout::of(told, at)
            }),
        };
        let canary = change(ChangeKind::Canary, Phase::Failed, "checkout v2", Some(25));
        assert_eq!(
            said(Event::ChangesRecorded { changes: vec![canary] }),
            "canary failed: checkout v2, 25 %, error rate 4 %"
        );
        let flag = change(ChangeKind::Flag, Phase::Succeeded, "new-cart on", None);
        let deploy = change(ChangeKind::Deploy, Phase::Started, "search v3", None);
        let changes = vec![flag, deploy.clone(), deploy.clone(), deploy];
        assert_eq!(
            said(Event::ChangesRecorded { changes }),
            "4 changes: flag: new-cart on; deploy started: search v3; deploy started: search v3; and 1 more"
        );
        let marked = |mark| Event::ChangeMarked {
            change: "ci:1".parse().unwrap(),
            title: Line::clean("checkout v2"),
            mark,
            reason: Some(Text::clean("errors begin with it")),
        };
        assert_eq!(
            said(marked(Some(Mark::Suspect))),
            "change “checkout v2” is a suspect: errors begin with it"
        );
        assert_eq!(said(marked(None)), "change “checkout v2” is no longer marked: errors begin with it");
    }

    #[test]
    fn a_merge_reads_as_one_on_both_sides() {
        assert_eq!(said(Event::Merged { into: IncidentId(2) }), "merged into INC-2");
        assert_eq!(said(Event::Absorbed { from: IncidentId(3) }), "merged INC-3 into this one");
    }

    #[test]
    fn whoever_joins_by_themselves_is_not_named_twice() {
        let handle: super::super::actor::Handle = "ana".parse().unwrap();
        assert_eq!(said(Event::ResponderJoined { handle }), "joined");
        let handle = "bo".parse().unwrap();
        assert_eq!(said(Event::ResponderJoined { handle }), "brought in @bo");
    }

    #[test]
    fn evidence_names_command_host_and_exit_code() {
        let evidence = Evidence {
            command: Some(Line::clean("kubectl get pods")),
            host: Some(Line::clean("bastion-1")),
            exit_code: Some(1),
            output: Text::clean("refused\n"),
        };
        assert_eq!(
            said(Event::NoteAdded { text: Text::default(), evidence: Some(evidence) }),
            "ran `kubectl get pods` on bastion-1 (exit 1): refused"
        );
    }
}
