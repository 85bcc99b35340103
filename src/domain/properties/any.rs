//! Any entry and any command, over so few names and numbers that they meet.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::super::actor::{Actor, Handle};
use super::super::alert::{Alert, AlertChange, AlertReport, Fingerprint};
use super::super::budget::BudgetReport;
use super::super::change::{
    Change, ChangeId, ChangeKind, ChangeReport, Mark, Percent, Phase, Rollout, StageReport,
};
use super::super::command::{Command, DeliveryOutcome};
use super::super::comms::{Message, Verdict};
use super::super::event::{Declared, Entry, Event, TaskAdded, UnknownEvent};
use super::super::ids::{CommsId, EntryId, IncidentId, Seq, TaskId};
use super::super::note::Link;
use super::super::role::Slug;
use super::super::severity::Severity;
use super::super::stage;
use super::super::status::{Milestone, Status};
use super::super::text::{Line, Text};
use super::super::time::Timestamp;
use super::Step;

/// 2026-11-23T14:00:00Z, the time at which [`stage::Stage`] begins.
const BEGIN: i64 = 1_795_442_400_000;

fn incident() -> impl Strategy<Value = IncidentId> {
    prop_oneof![6 => Just(1), 3 => Just(2), 3 => 3_u32..6].prop_map(IncidentId)
}

fn handle() -> impl Strategy<Value = Handle> {
    select(vec!["ana", "bo", "cy"]).prop_map(stage::handle)
}

fn slug(names: &'static [&'static str]) -> impl Strategy<Value = Slug> {
    select(names).prop_map(|name| name.parse().unwrap())
}

fn role() -> impl Strategy<Value = Slug> {
    slug(&["commander", "comms", "king"])
}

fn destination() -> impl Strategy<Value = Slug> {
    slug(&["mail", "mail", "mail", "hook", "other"])
}

fn line() -> impl Strategy<Value = Line> {
    select(vec!["", "checkout", "Checkout fails", "https://a.example/b", "https://a.example/c"])
        .prop_map(Line::clean)
}

fn text() -> impl Strategy<Value = Text> {
    select(vec!["", "because", "because", "two\nlines"]).prop_map(Text::clean)
}

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        8 => (-3600_i64..7200).prop_map(|seconds| Timestamp::from_millis(BEGIN + seconds * 1000)),
        1 => select(vec![Timestamp::MIN, Timestamp::MAX]),
    ]
}

fn status() -> impl Strategy<Value = Status> {
    select(&Status::ALL[..])
}

fn severity() -> impl Strategy<Value = Severity> {
    select(&Severity::ALL[..])
}

fn task() -> impl Strategy<Value = TaskId> {
    (1_u32..4).prop_map(TaskId)
}

fn comms() -> impl Strategy<Value = CommsId> {
    prop_oneof![3 => Just(1), 2 => Just(2), 1 => Just(3)].prop_map(CommsId)
}

fn note() -> impl Strategy<Value = Seq> {
    prop_oneof![1 => Just(5), 1 => 1_u64..40].prop_map(Seq)
}

fn verdict() -> impl Strategy<Value = Verdict> {
    select(vec![Verdict::Arrived, Verdict::SendAgain, Verdict::Abandon])
}

fn person() -> impl Strategy<Value = Actor> {
    handle().prop_map(Actor::Person)
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        8 => person(),
        1 => Just(Actor::Integration("prometheus".parse().unwrap())),
        1 => Just(Actor::Hub),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    (
        slug(&["customers", "customers", "nobody", "press"]),
        line(),
        text(),
        prop::option::weighted(0.3, time()),
    )
        .prop_map(|(audience, subject, body, next_update_at)| Message {
            audience,
            subject,
            body,
            next_update_at,
        })
}

/// One of a few alerts: some declare, some wait, some share a group.
fn report() -> impl Strategy<Value = AlertReport> {
    let which = (select(vec!["a", "b", "c"]), select(vec!["X", "Y"]), any::<bool>());
    (which, time(), prop::option::of(time())).prop_map(|((service, name, critical), started_at, ended_at)| {
        let severity = if critical { "critical" } else { "warning" };
        let labels = [("alertname", name), ("service", service), ("severity", severity)];
        AlertReport { ended_at, ..stage::alert(&labels, started_at) }
    })
}

fn fingerprints() -> impl Strategy<Value = BTreeSet<Fingerprint>> {
    prop::collection::vec(report(), 0..3)
        .prop_map(|reports| reports.into_iter().map(|report| report.fingerprint).collect())
}

fn change() -> impl Strategy<Value = AlertChange> {
    let fired = report().prop_map(|report| AlertChange::Fired(Alert::from_report(&report, Handle::of_hub())));
    let resolved = (report(), time()).prop_map(|(report, ended_at)| AlertChange::Resolved {
        fingerprint: report.fingerprint,
        name: Line::default(),
        ended_at,
    });
    prop_oneof![fired, resolved]
}

fn phase_of_change() -> impl Strategy<Value = ChangeReport> {
    let what = (select(ChangeKind::ALL), select(Phase::ALL), prop::option::of(select(vec!["1", "2", "a/b"])));
    let when = (prop::option::of(time()), prop::option::weighted(0.2, time()));
    (what, when, prop::option::of(line()), line(), prop::option::weighted(0.2, 0_u8..=100)).prop_map(
        |((kind, phase, id), (at, began_at), service, title, percent)| ChangeReport {
            id: id.map(Line::clean),
            phase,
            at,
            began_at,
            service,
            title,
            rollout: percent.map(|percent| StageReport {
                percent: Percent::try_from(percent).ok(),
                ..StageReport::default()
            }),
            ..ChangeReport::new(kind)
        },
    )
}

fn change_id() -> impl Strategy<Value = ChangeId> {
    (handle(), select(vec!["1", "2", "3"])).prop_map(|(source, name)| ChangeId::of(&source, name))
}

/// As a damaged journal may have it: begun after it was over.
fn heard_change() -> impl Strategy<Value = Change> {
    (change_id(), handle(), phase_of_change(), time(), time()).prop_map(
        |(id, source, report, at, phase_at)| Change {
            id,
            source,
            kind: report.kind,
            at,
            phase: report.phase,
            phase_at,
            service: report.service,
            environment: None,
            version: None,
            by: None,
            title: report.title,
            link: None,
            rollout: report.rollout.map(|told| Rollout::of(told, at)),
        },
    )
}

fn mark() -> impl Strategy<Value = Option<Mark>> {
    prop::option::weighted(0.8, select(Mark::ALL))
}

fn event() -> BoxedStrategy<Event> {
    let declared = (line(), severity(), any::<bool>(), prop::option::of(line())).prop_map(
        |(title, severity, drill, group)| {
            Event::Declared(Declared {
                title,
                kind: None,
                severity,
                services: BTreeSet::new(),
                summary: Text::default(),
                drill,
                impact_started: None,
                group,
            })
        },
    );
    let incident_events = prop_oneof![
        3 => declared,
        1 => Just(Event::Acknowledged),
        1 => Just(Event::Unacknowledged),
        2 => (status(), status()).prop_map(|(from, to)| Event::StatusChanged { from, to, reason: None }),
        1 => (severity(), severity()).prop_map(|(from, to)| Event::SeverityChanged { from, to }),
        1 => line().prop_map(|title| Event::TitleChanged { title }),
        1 => text().prop_map(|summary| Event::SummaryChanged { summary }),
        1 => (select(&Milestone::ALL[..]), prop::option::of(time()))
            .prop_map(|(milestone, time)| Event::MilestoneSet { milestone, time }),
        1 => text().prop_map(|reason| Event::Reopened { reason }),
        1 => text().prop_map(|reason| Event::Cancelled { reason }),
        1 => incident().prop_map(|into| Event::Merged { into }),
        1 => incident().prop_map(|from| Event::Absorbed { from }),
        1 => (line(), line()).prop_map(|(title, url)| Event::Linked { link: Link { title, url } }),
        3 => prop::collection::vec(change(), 0..6).prop_map(|changes| Event::AlertsReported { changes }),
        1 => fingerprints().prop_map(|fingerprints| Event::AlertsAttached { fingerprints }),
        2 => (change_id(), line(), mark(), prop::option::of(text()))
            .prop_map(|(change, title, mark, reason)| Event::ChangeMarked { change, title, mark, reason }),
        2 => prop::collection::vec(heard_change(), 0..4)
            .prop_map(|changes| Event::ChangesRecorded { changes }),
    ];
    let people_events = prop_oneof![
        (role(), handle()).prop_map(|(role, to)| Event::RoleAssigned { role, to }),
        (role(), handle()).prop_map(|(role, by)| Event::RoleVacated { role, by }),
        handle().prop_map(|handle| Event::ResponderJoined { handle }),
        handle().prop_map(|handle| Event::ResponderReleased { handle }),
        (task(), line(), prop::option::of(handle()), prop::option::of(status())).prop_map(
            |(task, title, owner, stage)| {
                let (role, required, due) = (None, true, None);
                Event::TaskAdded(TaskAdded { task, title, owner, stage, role, required, due })
            }
        ),
        (task(), handle()).prop_map(|(task, to)| Event::TaskAssigned { task, to }),
        task().prop_map(|task| Event::TaskAccepted { task }),
        task().prop_map(|task| Event::TaskCompleted { task }),
        task().prop_map(|task| Event::TaskReopened { task }),
        text().prop_map(|text| Event::NoteAdded { text, evidence: None }),
        note().prop_map(|note| Event::NotePinned { note }),
        note().prop_map(|note| Event::NoteUnpinned { note }),
        (note(), text()).prop_map(|(note, text)| Event::NoteCorrected { note, text }),
    ];
    let at = || (comms(), destination(), line());
    let comms_events = prop_oneof![
        (comms(), message()).prop_map(|(comms, message)| Event::CommsDrafted { comms, message }),
        comms().prop_map(|comms| Event::CommsDiscarded { comms }),
        (comms(), prop::collection::btree_set(destination(), 0..3))
            .prop_map(|(comms, destinations)| Event::CommsPublished { comms, destinations }),
        at().prop_map(|(comms, destination, _)| Event::CommsAttempted { comms, destination }),
        at().prop_map(|(comms, destination, detail)| Event::CommsDeferred { comms, destination, detail }),
        at().prop_map(|(comms, destination, detail)| Event::CommsDelivered { comms, destination, detail }),
        at().prop_map(|(comms, destination, detail)| Event::CommsFailed { comms, destination, detail }),
        at().prop_map(|(comms, destination, detail)| Event::CommsUncertain { comms, destination, detail }),
        at().prop_map(|(comms, destination, detail)| Event::CommsDropped { comms, destination, detail }),
        (at(), verdict()).prop_map(|((comms, destination, _), verdict)| Event::CommsSettled {
            comms,
            destination,
            verdict
        }),
        line().prop_map(|kind| Event::Unknown(UnknownEvent { kind, fields: Default::default() })),
    ];
    prop_oneof![3 => incident_events, 2 => people_events, 2 => comms_events].boxed()
}

/// Any entry, at any place.
pub(super) fn entry() -> impl Strategy<Value = Entry> {
    let seq = prop_oneof![8 => 0_u64..200, 1 => Just(u64::MAX)];
    (seq, time(), actor(), prop::option::weighted(0.9, incident()), event()).prop_map(
        |(seq, at, actor, incident, event)| Entry {
            seq: Seq(seq),
            id: EntryId(uuid::Uuid::nil()),
            at,
            actor,
            incident,
            event,
        },
    )
}

/// Any entries, in the order of their seq.
pub(super) fn journal(most: usize) -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(entry(), 0..most).prop_map(|mut entries| {
        for (place, entry) in (1..).zip(&mut entries) {
            entry.seq = Seq(place);
        }
        entries
    })
}

fn declare() -> impl Strategy<Value = Command> {
    (line(), prop::option::of(severity()), any::<bool>(), prop_oneof![Just(BTreeSet::new()), fingerprints()])
        .prop_map(|(title, severity, drill, alerts)| Command::Declare {
            title,
            severity,
            kind: None,
            services: BTreeSet::new(),
            summary: Text::default(),
            drill,
            alerts,
        })
}

fn delivery() -> impl Strategy<Value = Command> {
    let outcome = select(vec![
        DeliveryOutcome::Attempting,
        DeliveryOutcome::Attempting,
        DeliveryOutcome::Deferred,
        DeliveryOutcome::Delivered,
        DeliveryOutcome::Failed,
        DeliveryOutcome::Uncertain,
    ]);
    (incident(), comms(), destination(), outcome).prop_map(|(incident, comms, destination, outcome)| {
        Command::ReportDelivery { incident, comms, destination, outcome, detail: Line::default() }
    })
}

fn budget() -> impl Strategy<Value = Command> {
    let report =
        (line(), line(), -20..150).prop_map(|(slo, service, spent)| BudgetReport { slo, service, spent });
    prop::collection::vec(report, 1..4).prop_map(|budgets| Command::ReportBudget { budgets })
}

fn work() -> impl Strategy<Value = Command> {
    let on = incident;
    prop_oneof![
        2 => on().prop_map(|incident| Command::Acknowledge { incident }),
        1 => on().prop_map(|incident| Command::Unacknowledge { incident }),
        4 => (on(), status(), prop::option::of(text()))
            .prop_map(|(incident, status, reason)| Command::ChangeStatus { incident, status, reason }),
        1 => (on(), severity()).prop_map(|(incident, severity)| Command::ChangeSeverity { incident, severity }),
        1 => (on(), line()).prop_map(|(incident, title)| Command::ChangeTitle { incident, title }),
        1 => (on(), text()).prop_map(|(incident, summary)| Command::ChangeSummary { incident, summary }),
        1 => (on(), select(&Milestone::ALL[..]), prop::option::of(time()))
            .prop_map(|(incident, milestone, time)| Command::SetMilestone { incident, milestone, time }),
        2 => (on(), text()).prop_map(|(incident, reason)| Command::Reopen { incident, reason }),
        1 => (on(), text()).prop_map(|(incident, reason)| Command::Cancel { incident, reason }),
        1 => (on(), on()).prop_map(|(incident, into)| Command::Merge { incident, into }),
        1 => (on(), line(), line()).prop_map(|(incident, title, url)| Command::AddLink { incident, title, url }),
        2 => (on(), role(), prop::option::of(handle()))
            .prop_map(|(incident, role, responder)| Command::AssignRole { incident, role, responder }),
        1 => (on(), prop::option::of(handle()))
            .prop_map(|(incident, responder)| Command::Join { incident, responder }),
        1 => (on(), handle()).prop_map(|(incident, responder)| Command::Release { incident, responder }),
        1 => (on(), fingerprints())
            .prop_map(|(incident, fingerprints)| Command::AttachAlerts { incident, fingerprints }),
        2 => (on(), change_id(), mark(), prop::option::of(text()))
            .prop_map(|(incident, change, mark, reason)| Command::MarkChange { incident, change, mark, reason }),
    ]
}

fn writing() -> impl Strategy<Value = Command> {
    let on = incident;
    prop_oneof![
        (on(), line(), prop::option::of(handle()), prop::option::of(status()), any::<bool>()).prop_map(
            |(incident, title, owner, stage, required)| Command::AddTask {
                incident,
                title,
                owner,
                stage,
                role: None,
                required,
                due: None,
            }
        ),
        (on(), task(), handle()).prop_map(|(incident, task, owner)| Command::AssignTask {
            incident,
            task,
            owner
        }),
        (on(), task()).prop_map(|(incident, task)| Command::AcceptTask { incident, task }),
        (on(), task()).prop_map(|(incident, task)| Command::CompleteTask { incident, task }),
        (on(), task()).prop_map(|(incident, task)| Command::ReopenTask { incident, task }),
        (on(), text()).prop_map(|(incident, text)| Command::AddNote { incident, text, evidence: None }),
        (on(), note()).prop_map(|(incident, note)| Command::PinNote { incident, note }),
        (on(), note()).prop_map(|(incident, note)| Command::UnpinNote { incident, note }),
        (on(), note(), text()).prop_map(|(incident, note, text)| Command::CorrectNote {
            incident,
            note,
            text
        }),
        (on(), message()).prop_map(|(incident, message)| Command::DraftUpdate { incident, message }),
        (on(), message()).prop_map(|(incident, message)| Command::SendUpdate { incident, message }),
        (on(), comms()).prop_map(|(incident, comms)| Command::PublishUpdate { incident, comms }),
        (on(), comms()).prop_map(|(incident, comms)| Command::DiscardUpdate { incident, comms }),
        (on(), comms(), destination(), verdict()).prop_map(|(incident, comms, destination, verdict)| {
            Command::SettleDelivery { incident, comms, destination, verdict }
        }),
    ]
}

/// Something that somebody asks, mostly without having looked at a revision.
pub(super) fn step() -> impl Strategy<Value = Step> {
    let reports = prop::collection::vec(report(), 1..6).prop_map(|alerts| Command::ReportAlerts { alerts });
    let changes =
        prop::collection::vec(phase_of_change(), 1..4).prop_map(|changes| Command::RecordChanges { changes });
    let by_people = prop_oneof![1 => declare(), 5 => work(), 7 => writing(), 4 => reports, 3 => changes];
    let asked = prop_oneof![
        8 => (person(), by_people),
        2 => (Just(Actor::Hub), delivery()),
        1 => (Just(Actor::Hub), budget()),
    ];
    (0_u64..600, asked, prop::option::weighted(0.2, 0_u64..40))
        .prop_map(|(seconds, (actor, command), seen)| (seconds, actor, seen, command))
}
