//! One submission on the table: what the decider may know, and the questions that every subject asks of it.

use super::super::actor::{Actor, Handle};
use super::super::command::{Refusal, RefusalKind};
use super::super::ids::{IncidentId, Revision};
use super::super::incident::{Aspect, Incident};
use super::super::policy::Policy;
use super::super::room::Room;
use super::super::status::Status;
use super::super::time::Timestamp;

pub(super) struct Case<'a> {
    pub(super) room: &'a Room,
    pub(super) policy: &'a Policy,
    pub(super) now: Timestamp,
    pub(super) actor: &'a Actor,
    pub(super) seen: Option<Revision>,
}

/// The most characters of a title: two rows of a wide terminal.
pub(super) const TITLE_CHARACTERS: usize = 200;

impl<'a> Case<'a> {
    pub(super) fn incident(&self, id: IncidentId) -> Result<&'a Incident, Refusal> {
        self.room.incident(id).ok_or_else(|| {
            not_found(match self.room.last_incident {
                0 => format!("there is no {id}: nothing was declared yet; declare an incident first"),
                last if id.0 <= last => format!(
                    "{id} ended more than {} incidents ago, and its record is closed; write about it in a newer one",
                    Room::REMEMBERED
                ),
                last => format!("there is no {id}; the newest incident is INC-{last}"),
            })
        })
    }

    /// An incident that did not end.
    pub(super) fn open(&self, id: IncidentId) -> Result<&'a Incident, Refusal> {
        let incident = self.incident(id)?;
        match incident.status {
            Status::Merged => Err(not_now(format!(
                "{id} was merged into {survivor}; go on in {survivor}",
                survivor = self.room.surviving(id)
            ))),
            Status::Closed | Status::Cancelled => {
                Err(not_now(format!("{id} is {}; reopen it first", incident.status)))
            }
            Status::Triggered
            | Status::Investigating
            | Status::Identified
            | Status::Monitoring
            | Status::Resolved => Ok(incident),
        }
    }

    /// Refuses what was asked on sight of an older incident, if the aspect changed since.
    pub(super) fn fresh(&self, incident: &Incident, aspect: Aspect) -> Result<(), Refusal> {
        let Some((seen, touched)) = self.seen.zip(incident.touched.get(&aspect)) else { return Ok(()) };
        if *touched <= seen || (aspect == Aspect::Status && moved_by_acknowledging(incident)) {
            return Ok(());
        }
        let mut refusal = refuse(
            RefusalKind::Stale,
            format!(
                "the {} of {} changed since you looked: {}; look at it, then ask again",
                aspect.name(),
                incident.id,
                self.stands(incident, aspect)
            ),
        );
        refusal.revision = Some(incident.revision);
        Err(refusal)
    }

    /// How an aspect is now, for somebody who does not know.
    fn stands(&self, incident: &Incident, aspect: Aspect) -> String {
        match aspect {
            Aspect::Title => format!("it is now “{}”", incident.title),
            Aspect::Summary if incident.summary.is_empty() => "it is now empty".to_owned(),
            Aspect::Summary => format!("it now begins “{}”", incident.summary.first_line()),
            Aspect::Severity => format!("it is now {}", incident.severity),
            Aspect::Status => format!("it is now {}", incident.status),
            Aspect::Acknowledgement => match &incident.acknowledgement {
                Some(ack) => format!("{} acknowledged it {}", ack.by, ago(self.now, ack.at)),
                None => "it is no longer acknowledged".to_owned(),
            },
            Aspect::Milestones => "a milestone was set".to_owned(),
            Aspect::Roles if incident.roles.is_empty() => "nobody holds a role now".to_owned(),
            Aspect::Roles => {
                let held = incident.roles.iter().map(|(role, holder)| format!("{role} is now @{holder}"));
                held.collect::<Vec<_>>().join(", ")
            }
            Aspect::Tasks => "a task changed hands".to_owned(),
            Aspect::Comms => "an update was published or discarded".to_owned(),
        }
    }

    /// Who asks, as somebody who can hold a role or own a task.
    pub(super) fn person(&self) -> Result<&'a Handle, Refusal> {
        self.actor.handle().ok_or_else(|| {
            refuse(
                RefusalKind::Forbidden,
                format!("{} is not a person; say who does it, or use a person's token", self.actor),
            )
        })
    }
}

/// Whether nothing but the acknowledgement moved the status since: taking it back then restores the status, and whoever
/// sets a status without having seen it undoes nothing.
pub(super) fn moved_by_acknowledging(incident: &Incident) -> bool {
    let acknowledged = incident.touched.get(&Aspect::Acknowledgement);
    let moved = incident.touched.get(&Aspect::Status);
    incident.status == Status::Investigating
        && incident.acknowledgement.is_some()
        && acknowledged.is_some_and(|revision| moved == Some(&revision.next()))
}

pub(super) fn refuse(kind: RefusalKind, message: impl Into<String>) -> Refusal {
    Refusal::new(kind, message)
}

pub(super) fn not_found(message: impl Into<String>) -> Refusal {
    refuse(RefusalKind::NotFound, message)
}

pub(super) fn not_now(message: impl Into<String>) -> Refusal {
    refuse(RefusalKind::NotNow, message)
}

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    refuse(RefusalKind::Invalid, message)
}

pub(super) fn overloaded(message: impl Into<String>) -> Refusal {
    refuse(RefusalKind::Overloaded, message)
}

/// `4 min ago`, as people say it.
pub(super) fn ago(now: Timestamp, then: Timestamp) -> String {
    match now.since(then).as_secs() {
        seconds @ 0..60 => format!("{seconds} s ago"),
        seconds @ 60..7200 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

pub(super) fn check_title(title: &str, of_what: &str) -> Result<(), Refusal> {
    if is_blank(title) {
        return Err(invalid(format!(
            "{of_what} needs a title; say in a few words what is wrong or to be done"
        )));
    }
    let characters = title.chars().count();
    if characters > TITLE_CHARACTERS {
        return Err(invalid(format!(
            "the title has {characters} characters; shorten it to {TITLE_CHARACTERS} and put the rest in a note"
        )));
    }
    Ok(())
}
