//! The incident: everything that the room knows about one, as folded from its entries.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, Handle};
use super::alert::IncidentAlerts;
use super::change::{ChangeId, Marked};
use super::comms::{About, Comms};
use super::ids::{CommsId, IncidentId, Revision, Seq, TaskId};
use super::note::Link;
use super::role::Slug;
use super::severity::Severity;
use super::status::{Milestones, Status};
use super::task::Task;
use super::text::{Line, Text};
use super::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Incident {
    pub id: IncidentId,
    pub title: Line,
    /// What kind of incident; playbooks will hang on it.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Line>,
    pub severity: Severity,
    pub status: Status,
    #[serde(default)]
    pub services: BTreeSet<Line>,
    #[serde(default)]
    pub summary: Text,
    /// An exercise: a whole incident that no metric counts.
    #[serde(default)]
    pub drill: bool,
    pub declared_at: Timestamp,
    pub declared_by: Actor,
    pub milestones: Milestones,
    /// The time that a status gave `mitigated`, as long as it has not gone back before that status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mitigated_by_status: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<Acknowledgement>,
    /// Who holds which role.
    #[serde(default)]
    pub roles: BTreeMap<Slug, Handle>,
    /// Who works on it, and since when.
    #[serde(default)]
    pub responders: BTreeMap<Handle, Timestamp>,
    #[serde(default)]
    pub tasks: BTreeMap<TaskId, Task>,
    /// Where its notes stand in the journal.
    #[serde(default)]
    pub notes: BTreeSet<Seq>,
    /// The notes that were pinned.
    #[serde(default)]
    pub pins: BTreeSet<Seq>,
    #[serde(default)]
    pub comms: BTreeMap<CommsId, Comms>,
    /// When readers outside expect to hear from us again; also after the end, until an update says that none follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_update_due: Option<Timestamp>,
    #[serde(default)]
    pub links: Vec<Link>,
    /// What people said of the changes around it. Kept here, however old the changes become.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<ChangeId, Marked>,
    #[serde(default)]
    pub alerts: IncidentAlerts,
    /// What its alerts have in common, such as `service=checkout`; alerts of the same group attach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<IncidentId>,
    /// Incidents that were merged into this one.
    #[serde(default)]
    pub absorbed: BTreeSet<IncidentId>,
    pub revision: Revision,
    /// At which revision each aspect last changed.
    #[serde(default)]
    pub touched: BTreeMap<Aspect, Revision>,
    pub updated_at: Timestamp,
}

/// That somebody said "I am on it".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledgement {
    pub by: Actor,
    pub at: Timestamp,
}

/// A part of an incident that one command sets as a whole. A command that saw an older revision is refused only when
/// the aspect that it sets has changed since: a note never stands in the way of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    Title,
    Summary,
    Severity,
    Status,
    Acknowledgement,
    Milestones,
    Roles,
    Tasks,
    Comms,
}

impl Aspect {
    pub const fn name(self) -> &'static str {
        match self {
            Aspect::Title => "title",
            Aspect::Summary => "summary",
            Aspect::Severity => "severity",
            Aspect::Status => "status",
            Aspect::Acknowledgement => "acknowledgement",
            Aspect::Milestones => "milestones",
            Aspect::Roles => "roles",
            Aspect::Tasks => "tasks",
            Aspect::Comms => "updates",
        }
    }
}

impl Incident {
    /// The most of each that one incident holds. Commands beyond are refused; entries beyond (of a damaged or hostile
    /// journal) are left out of the room.
    pub const LINKS: usize = 50;
    pub const MARKS: usize = 100;
    pub const SERVICES: usize = 200;
    pub const RESPONDERS: usize = 500;
    pub const ROLES: usize = 50;
    pub const TASKS: usize = 500;
    pub const NOTES: usize = 10_000;
    pub const PINS: usize = 100;
    pub const COMMS: usize = 500;
    pub const DESTINATIONS: usize = 100;
    pub const ABSORBED: usize = 500;

    /// The facts that an update shows.
    pub fn about(&self) -> About<'_> {
        let Incident { id, title, severity, status, drill, .. } = self;
        About { id: *id, title, severity: *severity, status: *status, drill: *drill }
    }

    /// When it began: impact if known, else the declaration.
    pub fn began_at(&self) -> Timestamp {
        self.milestones.impact_started.unwrap_or(self.declared_at)
    }

    /// Whether a status gave `mitigated` the time that it has, and no person has set another since. Such a time goes when
    /// the status goes back.
    pub fn is_mitigated_by_status(&self) -> bool {
        self.mitigated_by_status.is_some() && self.mitigated_by_status == self.milestones.mitigated
    }

    pub fn open_tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values().filter(|task| task.is_open())
    }
}
