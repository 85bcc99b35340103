//! What a hub can be told. Every key has a default that is good enough to start with; an unknown one is an error.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use super::error::HubError;
use crate::connect::{self, AudienceSettings, DestinationSettings};
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
    /// The Prometheus that is asked for SLOs whose documents name no data source.
    pub prometheus: Option<Url>,
    /// Seconds between two polls of an SLO, from 1 to 300.
    pub slo_interval: u64,
    pub policy: PolicySettings,
    pub destinations: BTreeMap<Slug, DestinationSettings>,
    /// Who can be told something, by name: each has its destinations.
    pub audiences: BTreeMap<Slug, AudienceSettings>,
    /// The secrets of those who sign what they send.
    pub signatures: SignatureSettings,
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
            prometheus: None,
            slo_interval: 15,
            policy: PolicySettings::default(),
            destinations: BTreeMap::new(),
            audiences: BTreeMap::new(),
            signatures: SignatureSettings::default(),
            limits: Limits::default(),
        }
    }
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

/// `[hub.signatures]`: for each sender that signs, the file (0600) with its secret; a line for each while it is replaced.
/// A sender without one is known by its token alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignatureSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launchdarkly: Option<PathBuf>,
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
        let audiences = connect::audiences(&self.audiences, &self.destinations)
            .map_err(|error| HubError::Settings(error.to_string()))?;
        Ok(Policy { group_by, declares, reopen_within, storm, roles, severity_labels, audiences })
    }

    /// Makes paths that are relative in the file relative to the file's folder.
    pub fn resolve(&mut self, base: &Path) {
        let paths = [&mut self.tls_cert, &mut self.tls_key, &mut self.slos];
        let signatures = [&mut self.signatures.github, &mut self.signatures.launchdarkly];
        paths.into_iter().chain(signatures).flatten().for_each(|path| *path = base.join(&*path));
        self.destinations.values_mut().for_each(|destination| destination.resolve(base));
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
            server = "mail.example.com"
            username = "ops-secret"
            password_file = "secret-file"
            from = "status@example.com"
            to = ["a@example.com", "b@example.com"]
            [destinations.hook]
            kind = "webhook"
            url = "https://hooks.example.com/T0/secret"
            secret_file = "secret-file"
            [audiences.customers]
            label = "Customers"
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
        let settings: Settings =
            toml::from_str("[audiences.all]\nlabel = 'All'\ndestinations = ['gone']").unwrap();
        let error = settings.policy().unwrap_err().to_string();
        assert!(error.contains("“gone”"), "{error}");
        assert!(toml::from_str::<Settings>("listne = \"127.0.0.1:1\"").is_err());
    }
}
