//! What a hub can be told. Every key has a default that is good enough to start with; an unknown one is an error.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::error::HubError;
use crate::domain::comms::{Audience, Destination};
use crate::domain::policy::{Policy, Storm};
use crate::domain::role::{RoleDefinition, Slug};
use crate::domain::severity::Severity;
use crate::domain::text::Line;

/// The port of a hub that was told nothing else.
pub const PORT: u16 = 7373;
/// The port of its metrics.
pub const METRICS_PORT: u16 = 7374;

/// `[hub]` in the settings file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the hub listens. Beyond loopback it needs TLS or `behind_proxy`.
    pub listen: SocketAddr,
    /// A proxy in front of the hub does TLS.
    pub behind_proxy: bool,
    /// PEM file of the certificate and those between it and its root.
    pub tls_cert: Option<PathBuf>,
    /// PEM file of the certificate's key.
    pub tls_key: Option<PathBuf>,
    /// `sqlite:PATH` or a path; without it, `journal.db` in the state folder.
    pub journal: Option<String>,
    /// The folder of OpenSLO documents.
    pub slos: Option<PathBuf>,
    /// Where `GET /metrics` is served; absent, nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Prometheus servers by the name that SLO documents give them.
    pub data_sources: BTreeMap<String, DataSource>,
    pub policy: PolicySettings,
    pub destinations: BTreeMap<Slug, DestinationSettings>,
    /// Who can be told something, by name: each has its destinations.
    pub audiences: BTreeMap<Slug, AudienceSettings>,
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Settings {
            listen: SocketAddr::new(loopback, PORT),
            behind_proxy: false,
            tls_cert: None,
            tls_key: None,
            journal: None,
            slos: None,
            metrics_listen: Some(SocketAddr::new(loopback, METRICS_PORT)),
            data_sources: BTreeMap::new(),
            policy: PolicySettings::default(),
            destinations: BTreeMap::new(),
            audiences: BTreeMap::new(),
            limits: Limits::default(),
        }
    }
}

/// A Prometheus server, or anything that answers like one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    pub url: Url,
    /// A file with the bearer token, for its owner only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer_token_file: Option<PathBuf>,
}

/// `[hub.policy]`: the rules of [`Policy`] that an organisation sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySettings {
    /// Alerts with the same value of the first of these labels that they have belong together.
    pub group_by: Vec<Line>,
    /// Which value of the label `severity` declares an incident, and how severe it is.
    pub declares: BTreeMap<Line, Severity>,
    /// An alert that fires again this many seconds after its incident was resolved, or sooner, reopens it.
    pub reopen_within: u64,
    pub storm: Storm,
    pub roles: Vec<RoleDefinition>,
    pub severity_labels: BTreeMap<Severity, Line>,
}

impl Default for PolicySettings {
    fn default() -> Self {
        let Policy { group_by, declares, reopen_within, storm, roles, severity_labels, audiences: _ } =
            Policy::default();
        PolicySettings { group_by, declares, reopen_within, storm, roles, severity_labels }
    }
}

/// `[hub.destinations.NAME]`: one way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DestinationSettings {
    /// A mail server and who gets mail through it.
    Mail {
        /// `smtps://host`, `smtp://host:587` (with STARTTLS) or `smtp://localhost:25` on this machine.
        server: Url,
        from: String,
        to: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password_file: Option<PathBuf>,
    },
    /// A URL that gets the update as JSON, signed with the secret.
    Webhook {
        url: Url,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_file: Option<PathBuf>,
    },
}

impl DestinationSettings {
    /// How the preview names it: nothing that is secret, and no path of a URL, which often is.
    pub fn describe(&self, name: &Slug) -> Destination {
        let (label, recipients) = match self {
            DestinationSettings::Mail { to, .. } => {
                let count = u32::try_from(to.len()).unwrap_or(u32::MAX);
                let label = if count == 1 {
                    "mail to 1 recipient".to_owned()
                } else {
                    format!("mail to {count} recipients")
                };
                (label, count)
            }
            DestinationSettings::Webhook { url, .. } => {
                (format!("webhook at {}", url.host_str().unwrap_or("an unknown host")), 1)
            }
        };
        Destination { name: name.clone(), label: Line::clean(&label), recipients }
    }
}

/// `[hub.audiences.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceSettings {
    #[serde(default)]
    pub label: Line,
    pub destinations: Vec<Slug>,
}

/// `[hub.limits]`: what may be changed of what the hub allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Open connections of all kinds.
    pub connections: u32,
    /// Readers of the feed.
    pub sessions: u32,
    /// Requests of one token in the long run.
    pub requests_per_second: u32,
    /// Requests of one token at once.
    pub burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { connections: 4_096, sessions: 2_000, requests_per_second: 100, burst: 400 }
    }
}

impl Settings {
    /// The rules as terminals see them.
    ///
    /// # Errors
    ///
    /// When an audience names a destination that is not there, or not exactly one role leads.
    pub fn policy(&self) -> Result<Policy, HubError> {
        let PolicySettings { group_by, declares, reopen_within, storm, roles, severity_labels } =
            self.policy.clone();
        if roles.iter().filter(|role| role.leads).count() != 1 {
            return Err(HubError::Settings(
                "exactly one of `policy.roles` must have `leads = true`".to_owned(),
            ));
        }
        let audiences = self.audiences.iter().map(|(name, audience)| self.audience(name, audience));
        let audiences = audiences.collect::<Result<_, _>>()?;
        Ok(Policy { group_by, declares, reopen_within, storm, roles, severity_labels, audiences })
    }

    fn audience(&self, name: &Slug, audience: &AudienceSettings) -> Result<Audience, HubError> {
        let describe = |destination: &Slug| match self.destinations.get(destination) {
            Some(settings) => Ok(settings.describe(destination)),
            None => Err(HubError::Settings(format!(
                "the audience `{name}` names the destination `{destination}`, which is not there; add \
                 `[hub.destinations.{destination}]`"
            ))),
        };
        let destinations = audience.destinations.iter().map(describe).collect::<Result<_, _>>()?;
        let label =
            if audience.label.is_empty() { Line::clean(&name.to_string()) } else { audience.label.clone() };
        Ok(Audience { name: name.clone(), label, destinations })
    }

    /// The certificate and its key, when both are given.
    ///
    /// # Errors
    ///
    /// When only one of them is.
    pub(super) fn tls_files(&self) -> Result<Option<(&PathBuf, &PathBuf)>, HubError> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Ok(Some((cert, key))),
            (None, None) => Ok(None),
            _ => Err(HubError::Settings("`tls_cert` and `tls_key` go together; give both".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_domain() {
        assert_eq!(toml::from_str::<Settings>("").unwrap(), Settings::default());
        assert_eq!(Settings::default().policy().unwrap(), Policy::default());
    }

    #[test]
    fn an_audience_shows_how_many_it_reaches_and_no_secret() {
        let settings: Settings = toml::from_str(
            r#"
            [destinations.customers-mail]
            kind = "mail"
            server = "smtps://ops:secret@mail.example.com"
            from = "status@example.com"
            to = ["a@example.com", "b@example.com"]
            [destinations.hook]
            kind = "webhook"
            url = "https://hooks.example.com/T0/secret"
            [audiences.customers]
            destinations = ["customers-mail", "hook"]
            "#,
        )
        .unwrap();
        let policy = settings.policy().unwrap();
        assert_eq!(policy.audiences[0].recipients(), 3);
        assert!(!serde_json::to_string(&policy).unwrap().contains("secret"));
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let settings: Settings = toml::from_str("[audiences.all]\ndestinations = [\"gone\"]").unwrap();
        let error = settings.policy().unwrap_err().to_string();
        assert!(error.contains("`gone`"), "{error}");
        assert!(toml::from_str::<Settings>("listne = \"127.0.0.1:1\"").is_err());
    }
}
