//! Destinations and audiences as the settings file has them, and what becomes of them when the hub starts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Carrier, mail, webhook};
use crate::domain::comms::{Audience, Destination};
use crate::domain::role::Slug;
use crate::domain::text::Line;

/// `[destinations.NAME]`: one way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DestinationSettings {
    Mail(MailSettings),
    Webhook(WebhookSettings),
}

impl DestinationSettings {
    /// Makes paths that are relative in the file relative to the file's folder.
    pub fn resolve(&mut self, base: &Path) {
        match self {
            DestinationSettings::Mail(mail) => {
                mail.password_file.iter_mut().for_each(|path| *path = base.join(&*path));
            }
            DestinationSettings::Webhook(webhook) => webhook.secret_file = base.join(&webhook.secret_file),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The mail server's host name.
    pub server: String,
    /// Where absent: 465 for `tls`, 587 otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(default)]
    pub security: MailSecurity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// A file (0600) with the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// `Shop status <status@shop.example>`
    pub from: String,
    /// The mailboxes that get it; readers do not see each other.
    pub to: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailSecurity {
    /// Plain at first, then TLS; refused when the server has none.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// In the clear: for a server on this machine.
    None,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    pub url: Url,
    /// A file (0600) with the secret that each request is signed with: `whsec_` and base64, or any other words, whose
    /// bytes then sign.
    pub secret_file: PathBuf,
    /// Allows addresses that are not public; without it they are refused.
    #[serde(default)]
    pub allow_private: bool,
}

/// `[audiences.NAME]`: who is told, by the names of destinations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceSettings {
    pub label: Line,
    pub destinations: Vec<Slug>,
}

/// A setting that cannot work, in a sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// The carriers by destination, ready to be used.
///
/// # Errors
///
/// The first destination that cannot work: a bad address, an unreadable secret.
pub fn carriers(
    settings: &BTreeMap<Slug, DestinationSettings>,
) -> Result<BTreeMap<Slug, Carrier>, SettingsError> {
    let carrier = |(name, settings): (&Slug, &DestinationSettings)| {
        let carrier = match settings {
            DestinationSettings::Mail(settings) => mail::Mail::new(settings).map(Carrier::Mail),
            DestinationSettings::Webhook(settings) => webhook::Webhook::new(settings).map(Carrier::Webhook),
        };
        match carrier {
            Ok(carrier) => Ok((name.clone(), carrier)),
            Err(error) => Err(SettingsError(format!("destinations.{name}: {error}"))),
        }
    };
    settings.iter().map(carrier).collect()
}

/// The audiences as rules and terminals see them: without addresses or secrets.
///
/// # Errors
///
/// When an audience names a destination that is not there, or one twice.
pub fn audiences(
    audiences: &BTreeMap<Slug, AudienceSettings>,
    destinations: &BTreeMap<Slug, DestinationSettings>,
) -> Result<Vec<Audience>, SettingsError> {
    let audience = |(name, settings): (&Slug, &AudienceSettings)| {
        let destination = |destination: &Slug| match destinations.get(destination) {
            Some(found) => Ok(describe(destination, found)),
            None => Err(SettingsError(format!(
                "audiences.{name} names the destination “{destination}”, which is not there; add [destinations.{destination}] or take the name out"
            ))),
        };
        let mut seen = BTreeSet::new();
        if let Some(twice) = settings.destinations.iter().find(|destination| !seen.insert(*destination)) {
            return Err(SettingsError(format!(
                "audiences.{name} names the destination “{twice}” twice, and it gets each update once; take one out"
            )));
        }
        let destinations = settings.destinations.iter().map(destination).collect::<Result<_, _>>()?;
        Ok(Audience { name: name.clone(), label: settings.label.clone(), destinations })
    };
    audiences.iter().map(audience).collect()
}

fn describe(name: &Slug, settings: &DestinationSettings) -> Destination {
    match settings {
        DestinationSettings::Mail(mail) => {
            let recipients = u32::try_from(mail.to.len()).unwrap_or(u32::MAX);
            let plural = if recipients == 1 { "" } else { "s" };
            let label = Line::clean(&format!("mail to {recipients} recipient{plural}"));
            Destination { name: name.clone(), label, recipients }
        }
        DestinationSettings::Webhook(webhook) => {
            let host = webhook.url.host_str().unwrap_or("?");
            Destination {
                name: name.clone(),
                label: Line::clean(&format!("webhook at {host}")),
                recipients: 1,
            }
        }
    }
}

/// Reads a secret from a file that only its owner can read.
///
/// # Errors
///
/// When it cannot be read, others can read it, or there is nothing in it.
pub fn read_secret(path: &Path) -> Result<SecretString, SettingsError> {
    let complain = |what: String| SettingsError(format!("{}: {what}", path.display()));
    let mut file = std::fs::File::open(path).map_err(|error| complain(error.to_string()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let mode = file.metadata().map_err(|error| complain(error.to_string()))?.mode();
        if mode & 0o077 != 0 {
            return Err(complain(format!(
                "others can read this secret (mode {:03o}); run chmod 600 on it",
                mode & 0o777
            )));
        }
    }
    let mut secret = String::new();
    file.read_to_string(&mut secret).map_err(|error| complain(error.to_string()))?;
    let secret = secret.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(complain("the file is empty; write the secret into it".to_owned()));
    }
    Ok(SecretString::from(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(raw: &str) -> Slug {
        raw.parse().unwrap()
    }

    fn mail() -> DestinationSettings {
        toml::from_str(
            "kind = 'mail'\nserver = 'mx'\nfrom = 'a@b.example'\nto = ['c@d.example', 'e@f.example']",
        )
        .unwrap()
    }

    #[test]
    fn a_preview_counts_mailboxes_and_shows_no_address() {
        let destinations = BTreeMap::from([(slug("list"), mail())]);
        let settings = AudienceSettings { label: Line::clean("Customers"), destinations: vec![slug("list")] };
        let audiences = audiences(&BTreeMap::from([(slug("customers"), settings)]), &destinations).unwrap();
        assert_eq!(audiences[0].recipients(), 2);
        assert_eq!(&*audiences[0].destinations[0].label, "mail to 2 recipients");
    }

    #[test]
    fn an_audience_without_its_destination_is_named() {
        let settings = AudienceSettings { label: Line::clean("x"), destinations: vec![slug("gone")] };
        let error = audiences(&BTreeMap::from([(slug("all"), settings)]), &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("audiences.all names the destination “gone”"), "{error}");
    }

    #[test]
    fn a_destination_that_would_be_counted_twice_is_named() {
        let destinations = BTreeMap::from([(slug("list"), mail())]);
        let list = slug("list");
        let settings = AudienceSettings { label: Line::clean("x"), destinations: vec![list.clone(), list] };
        let error = audiences(&BTreeMap::from([(slug("all"), settings)]), &destinations).unwrap_err();
        assert!(error.to_string().contains("“list” twice"), "{error}");
    }

    #[test]
    fn an_address_that_not_every_server_takes_is_refused() {
        let DestinationSettings::Mail(mut settings) = mail() else { panic!("not mail") };
        assert!(mail::Mail::new(&settings).is_ok());
        settings.to.push("jörg@d.example".to_owned());
        let error = mail::Mail::new(&settings).unwrap_err().to_string();
        assert!(error.starts_with("to: “jörg@d.example” is not ASCII"), "{error}");
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read_secret(file.path()).unwrap_err().to_string().contains("chmod 600"));
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(read_secret(file.path()).is_ok());
    }
}
