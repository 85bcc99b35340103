//! What a demo is set up with: who has which token, and what the hub is told.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

use super::{CAST, Colleague, DemoError};
use crate::domain::actor::{Access, Handle};
use crate::hub::Settings;
use crate::hub::auth::{Grant, Secret, TokenSource};
use crate::hub::clock::Random;
use crate::journal::Seed;
use crate::link::HubUrl;
use crate::link::api::ApiError;

const SETTINGS: &str = include_str!("hub.toml");

const SLOS: [(&str, &str); 3] = [
    ("checkout.yaml", include_str!("slos/checkout.yaml")),
    ("cart.yaml", include_str!("slos/cart.yaml")),
    ("search.yaml", include_str!("slos/search.yaml")),
];

/// The name of the shop's monitoring.
const MONITORING: &str = "prometheus";

/// Every secret of one demo.
#[derive(Debug)]
pub struct Keys {
    pub person: SecretString,
    pub monitoring: SecretString,
    /// Signs what goes to the status page.
    pub webhook: SecretString,
    colleagues: Vec<(Handle, SecretString)>,
    grants: Vec<Grant>,
}

impl Keys {
    pub fn make(person: &Handle, random: &dyn Random) -> Self {
        let mut grants = Vec::new();
        let mut grant = |handle: &Handle, access| {
            let secret = Secret::generate(random);
            grants.push(Grant { handle: handle.clone(), access, secret: secret.clone() });
            SecretString::from(secret.reveal())
        };
        let person = grant(person, Access::Admin);
        let handles = CAST.iter().filter_map(|who| who.parse::<Handle>().ok());
        let colleagues = handles.map(|handle| (handle.clone(), grant(&handle, Access::Commander))).collect();
        let monitoring = MONITORING.parse().map(|name| grant(&name, Access::Ingest)).unwrap_or_default();
        let webhook = SecretString::from(Secret::generate(random).reveal());
        Keys { person, monitoring, webhook, colleagues, grants }
    }

    /// For the hub.
    pub fn source(&self) -> TokenSource {
        TokenSource::Memory(self.grants.clone())
    }

    /// The colleagues, in the order of the cast, not connected yet.
    pub fn cast(&self, hub: &HubUrl) -> Result<Vec<Colleague>, ApiError> {
        let colleague = |(handle, token): &(Handle, SecretString)| {
            Colleague::new(handle.clone(), hub.clone(), token.clone())
        };
        self.colleagues.iter().map(colleague).collect()
    }
}

/// The person's handle: their user name, unless it is none or a colleague's.
pub fn person(user: Option<&str>) -> Handle {
    let taken = |handle: &Handle| {
        let name = handle.as_str();
        CAST.contains(&name) || name == MONITORING || *handle == Handle::of_hub()
    };
    let named = user.and_then(|user| user.parse::<Handle>().ok()).filter(|handle| !taken(handle));
    named.or_else(|| "you".parse().ok()).unwrap_or_else(Handle::of_hub)
}

/// The hub's settings, and the folder with the files that they name.
pub fn settings(
    metrics: SocketAddr,
    status_page: SocketAddr,
    webhook: &SecretString,
    speed: f64,
) -> Result<(TempDir, Settings), DemoError> {
    let folder = tempfile::Builder::new().prefix("warroom-demo-").tempdir()?;
    write(folder.path(), "status-page.secret", webhook.expose_secret())?;
    std::fs::create_dir(folder.path().join("slos"))?;
    for (name, document) in SLOS {
        write(&folder.path().join("slos"), name, document)?;
    }
    let text = SETTINGS
        .replace("{prometheus}", &metrics.to_string())
        .replace("{status_page}", &status_page.to_string());
    let mut settings: Settings = toml::from_str(&text)?;
    settings.resolve(folder.path());
    settings.metrics_listen = None;
    // At the speed of life every other second is lively enough.
    settings.slo_interval = if speed < 4.0 { 2 } else { 1 };
    Ok((folder, settings))
}

/// For its owner only.
fn write(folder: &Path, name: &str, content: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(folder.join(name))?;
    file.write_all(content.as_bytes())
}

pub fn journal_seed(random: &dyn Random) -> Seed {
    let mut seed = Seed([0; 32]);
    random.fill(&mut seed.0);
    seed
}

/// Without one, making an HTTP client panics.
pub fn name_tls_provider() {
    // An Err only says that there is one already.
    drop(rustls::crypto::ring::default_provider().install_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::clock::SystemRandom;
    use crate::hub::slo_files;

    #[test]
    fn the_person_is_nobody_of_the_cast() {
        assert_eq!(person(Some("Kim")).as_str(), "kim");
        for taken in [Some("ana"), Some("prometheus"), Some("warroom"), Some("Ünal"), Some(""), None] {
            assert_eq!(person(taken).as_str(), "you", "{taken:?}");
        }
    }

    #[test]
    fn the_settings_fit_together_and_the_slos_have_no_findings() {
        let keys = Keys::make(&person(None), &SystemRandom);
        let (metrics, page) = (([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], 2).into());
        let (folder, settings) = super::settings(metrics, page, &keys.webhook, 1.0).unwrap();
        let audiences = settings.policy().unwrap().audiences;
        assert_eq!(
            audiences.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["customers", "internal"]
        );
        let reading = slo_files::load(&[settings.slos.unwrap()]).unwrap();
        assert_eq!(reading.findings, []);
        assert_eq!(reading.slos.len(), SLOS.len());
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
    }
}
