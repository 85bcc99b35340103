//! What happened. Entries are the only history there is: names and fields here are kept readable for ever.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use super::actor::{Actor, Handle};
use super::alert::{AlertChange, Fingerprint};
use super::change::{Change, ChangeId, Judgement, Mark};
use super::comms::{Message, Verdict};
use super::ids::{CommsId, EntryId, IncidentId, Seq, TaskId};
use super::note::{Evidence, Link};
use super::role::Slug;
use super::severity::Severity;
use super::status::{Milestone, Status};
use super::text::{Line, Text};
use super::time::Timestamp;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    pub seq: Seq,
    pub id: EntryId,
    /// When the hub took it, by the hub's clock. Order is `seq`, never this.
    pub at: Timestamp,
    pub actor: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    pub event: Event,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub enum Event {
    // --- the incident as a whole
    #[serde(rename = "incident.declared")]
    Declared(Declared),
    #[serde(rename = "incident.acknowledged")]
    Acknowledged,
    /// An acknowledgement taken back.
    #[serde(rename = "incident.unacknowledged")]
    Unacknowledged,
    #[serde(rename = "incident.status_changed")]
    StatusChanged {
        from: Status,
        to: Status,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    },
    #[serde(rename = "incident.severity_changed")]
    SeverityChanged { from: Severity, to: Severity },
    #[serde(rename = "incident.title_changed")]
    TitleChanged { title: Line },
    #[serde(rename = "incident.summary_changed")]
    SummaryChanged { summary: Text },
    /// A milestone set or corrected; without a time, taken back.
    #[serde(rename = "incident.milestone_set")]
    MilestoneSet {
        milestone: Milestone,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<Timestamp>,
    },
    #[serde(rename = "incident.reopened")]
    Reopened { reason: Text },
    #[serde(rename = "incident.cancelled")]
    Cancelled { reason: Text },
    /// This incident goes on in another.
    #[serde(rename = "incident.merged")]
    Merged { into: IncidentId },
    /// Another incident goes on in this one.
    #[serde(rename = "incident.absorbed")]
    Absorbed { from: IncidentId },
    #[serde(rename = "incident.linked")]
    Linked { link: Link },

    // --- alerts
    #[serde(rename = "alerts.reported")]
    AlertsReported { changes: Vec<AlertChange> },
    /// Alerts that waited are now part of this incident.
    #[serde(rename = "alerts.attached")]
    AlertsAttached { fingerprints: BTreeSet<Fingerprint> },

    // --- error budgets
    /// So many percent of an SLO's budget are spent: the level that was told of before, and the one of now.
    #[serde(rename = "budget.crossed")]
    BudgetCrossed { slo: Line, service: Line, from: u8, to: u8, spent: i32 },

    // --- changes
    /// Of no incident: what was done to the systems, phase by phase.
    #[serde(rename = "changes.recorded")]
    ChangesRecorded { changes: Vec<Change> },
    /// What the hub counted of one stage of a rollout.
    #[serde(rename = "rollout.judged")]
    RolloutJudged { change: ChangeId, title: Line, judgement: Judgement },
    /// What the people of an incident say of a change; without a mark, nothing any more.
    #[serde(rename = "change.marked")]
    ChangeMarked {
        change: ChangeId,
        title: Line,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<Mark>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    },

    // --- people
    #[serde(rename = "role.assigned")]
    RoleAssigned { role: Slug, to: Handle },
    #[serde(rename = "role.vacated")]
    RoleVacated { role: Slug, by: Handle },
    #[serde(rename = "responder.joined")]
    ResponderJoined { handle: Handle },
    #[serde(rename = "responder.released")]
    ResponderReleased { handle: Handle },

    // --- tasks
    #[serde(rename = "task.added")]
    TaskAdded(TaskAdded),
    #[serde(rename = "task.assigned")]
    TaskAssigned { task: TaskId, to: Handle },
    #[serde(rename = "task.accepted")]
    TaskAccepted { task: TaskId },
    #[serde(rename = "task.completed")]
    TaskCompleted { task: TaskId },
    #[serde(rename = "task.reopened")]
    TaskReopened { task: TaskId },

    // --- notes
    #[serde(rename = "note.added")]
    NoteAdded {
        text: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<Evidence>,
    },
    #[serde(rename = "note.pinned")]
    NotePinned { note: Seq },
    #[serde(rename = "note.unpinned")]
    NoteUnpinned { note: Seq },
    /// The note now reads so; the first wording stays in its own entry.
    #[serde(rename = "note.corrected")]
    NoteCorrected { note: Seq, text: Text },

    // --- updates to people outside
    #[serde(rename = "comms.drafted")]
    CommsDrafted { comms: CommsId, message: Message },
    #[serde(rename = "comms.discarded")]
    CommsDiscarded { comms: CommsId },
    /// From here on it goes out, once, to each destination.
    #[serde(rename = "comms.published")]
    CommsPublished { comms: CommsId, destinations: BTreeSet<Slug> },
    /// The hub begins to hand it over. If nothing follows, nobody knows whether it arrived.
    #[serde(rename = "comms.attempted")]
    CommsAttempted { comms: CommsId, destination: Slug },
    /// It certainly did not arrive yet and will be tried again.
    #[serde(rename = "comms.deferred")]
    CommsDeferred { comms: CommsId, destination: Slug, detail: Line },
    #[serde(rename = "comms.delivered")]
    CommsDelivered { comms: CommsId, destination: Slug, detail: Line },
    /// It did not arrive and is not tried again.
    #[serde(rename = "comms.failed")]
    CommsFailed { comms: CommsId, destination: Slug, detail: Line },
    /// It may have arrived; a person has to say.
    #[serde(rename = "comms.uncertain")]
    CommsUncertain { comms: CommsId, destination: Slug, detail: Line },
    /// It was overtaken before it was handed over, and does not go out any more.
    #[serde(rename = "comms.dropped")]
    CommsDropped { comms: CommsId, destination: Slug, detail: Line },
    /// A person said what to do about a failed or uncertain delivery.
    #[serde(rename = "comms.settled")]
    CommsSettled { comms: CommsId, destination: Slug, verdict: Verdict },

    /// From a newer hub: kept and shown as such.
    #[serde(untagged)]
    Unknown(UnknownEvent),
}

impl Event {
    /// What a note reads from here on: as it was added, or as it was corrected.
    pub fn note(&self) -> Option<&Text> {
        if let Event::NoteAdded { text, .. } | Event::NoteCorrected { text, .. } = self {
            Some(text)
        } else {
            None
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Declared {
    pub title: Line,
    #[serde(default, rename = "kind", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Line>,
    pub severity: Severity,
    #[serde(default)]
    pub services: BTreeSet<Line>,
    #[serde(default)]
    pub summary: Text,
    #[serde(default)]
    pub drill: bool,
    /// When it began, if an alert or a person could say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact_started: Option<Timestamp>,
    /// What its alerts have in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskAdded {
    pub task: TaskId,
    pub title: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Handle>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Status>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Slug>,
    #[serde(default)]
    pub required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// An event of a kind that this version does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnknownEvent {
    #[serde(rename = "type")]
    pub kind: Line,
    #[serde(flatten)]
    pub fields: serde_json::Map<String, serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(json: &str) -> Event {
        let event: Event = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&serde_json::to_string(&event).unwrap()).unwrap(), event);
        event
    }

    #[test]
    fn an_event_of_a_newer_hub_is_kept_whole() {
        let event = round_trip(r#"{"type":"task.skipped","task":"T-1","why":{"text":"later"}}"#);
        let Event::Unknown(unknown) = event else { panic!("known: {event:?}") };
        assert_eq!(&*unknown.kind, "task.skipped");
        assert_eq!(unknown.fields["why"]["text"], "later");
    }

    #[test]
    fn a_known_event_with_new_fields_is_still_known() {
        let event = round_trip(r#"{"type":"incident.acknowledged","mood":"calm"}"#);
        assert_eq!(event, Event::Acknowledged);
        let event = round_trip(r#"{"type":"task.accepted","task":"T-1","eta":5}"#);
        assert_eq!(event, Event::TaskAccepted { task: TaskId(1) });
    }
}
