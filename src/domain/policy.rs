//! The rules that an organisation sets: what declares an incident, who can be told. Part of the hub's settings, sent to
//! every terminal so that it shows the same.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comms::Audience;
use super::labels::Labels;
use super::role::{RoleDefinition, Slug, default_roles};
use super::severity::Severity;
use super::text::Line;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// Alerts with the same value of the first of these labels that they have belong together.
    pub group_by: Vec<Line>,
    /// Which value of the label `severity` declares an incident, and how severe it is.
    pub declares: BTreeMap<Line, Severity>,
    /// An alert that fires again this soon after its incident was resolved reopens it. Seconds.
    pub reopen_within: u64,
    pub storm: Storm,
    pub roles: Vec<RoleDefinition>,
    pub severity_labels: BTreeMap<Severity, Line>,
    pub audiences: Vec<Audience>,
}

/// When more incidents than this would be declared by alerts, the rest go into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storm {
    /// The most incidents that alerts declare…
    pub incidents: u32,
    /// …within this many seconds.
    pub within: u64,
}

impl Default for Policy {
    fn default() -> Self {
        let severity_labels =
            Severity::ALL.into_iter().map(|severity| (severity, Line::clean(severity.default_label())));
        Policy {
            group_by: vec![Line::clean("service"), Line::clean("job"), Line::clean("alertname")],
            declares: BTreeMap::from([
                (Line::clean("critical"), Severity::Sev1),
                (Line::clean("page"), Severity::Sev2),
            ]),
            reopen_within: 1800,
            storm: Storm { incidents: 5, within: 300 },
            roles: default_roles(),
            severity_labels: severity_labels.collect(),
            audiences: Vec::new(),
        }
    }
}

impl Policy {
    /// What an alert has in common with others of its incident, such as `service=checkout`.
    pub fn group_of(&self, labels: &Labels) -> Line {
        let common = self.group_by.iter().find_map(|name| labels.get(name).map(|value| (name, value)));
        match common {
            Some((name, value)) => Line::clean(&format!("{name}={value}")),
            None => Line::clean("ungrouped"),
        }
    }

    pub fn reopen_within(&self) -> Duration {
        Duration::from_secs(self.reopen_within)
    }

    pub fn role(&self, name: &Slug) -> Option<&RoleDefinition> {
        self.roles.iter().find(|role| role.name == *name)
    }

    /// The role that leads.
    pub fn leading_role(&self) -> Option<&RoleDefinition> {
        self.roles.iter().find(|role| role.leads)
    }

    pub fn audience(&self, name: &Slug) -> Option<&Audience> {
        self.audiences.iter().find(|audience| audience.name == *name)
    }
}
