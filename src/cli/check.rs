//! `warroom check`: whether everything that can be set is right, and what is then in force. Settings on stdout, findings
//! on stderr.

use std::collections::BTreeMap;

use serde::Serialize;

use super::args::Global;
use super::config::{self, Config, Folders};
use super::exit::Exit;
use super::output::Output;
use crate::link::HubUrl;
use crate::link::address::PlainHttp;

/// What was found, in the order in which it was looked at.
#[derive(Debug, Default, Serialize)]
struct Findings {
    wrong: Vec<String>,
    unwise: Vec<String>,
}

impl Findings {
    /// What several themes or keymaps have from one file.
    #[cfg(feature = "tui")]
    fn once(&mut self, wrong: String) {
        if !self.wrong.contains(&wrong) {
            self.wrong.push(wrong);
        }
    }
}

/// # Errors
///
/// The answer is no when something is wrong, after all of it has been told.
pub fn check(global: &Global, env: &BTreeMap<String, String>, output: Output) -> Result<(), Exit> {
    let folders = Folders::from_env(env).map_err(Exit::usage)?;
    let mut findings = Findings::default();
    let (config, file) = match config::load(global.config.as_deref(), &folders) {
        Ok(loaded) => loaded,
        Err(sentence) => {
            findings.wrong.push(sentence);
            return tell(output, None, &findings);
        }
    };
    match file {
        Some(file) => output.say(&format!("settings: {}", file.display())),
        None => {
            let usual = folders.config.join("config.toml");
            output.say(&format!("settings: the defaults, for there is no {}", usual.display()));
        }
    }
    if let Some(hub) = &config.client.hub {
        let plain = if config.client.plain_http { PlainHttp::Anywhere } else { PlainHttp::ThisMachine };
        if let Err(error) = HubUrl::parse(hub, plain) {
            findings.wrong.push(format!("client.hub: {error}"));
        }
    }
    #[cfg(feature = "hub")]
    hub(&config.hub, &mut findings);
    #[cfg(feature = "tui")]
    looks(&config.client, &folders, &mut findings);
    tell(output, Some(&config), &findings)
}

fn tell(output: Output, config: Option<&Config>, findings: &Findings) -> Result<(), Exit> {
    let masked = config.map(effective).transpose()?;
    match (output, masked) {
        (Output::Programs, settings) => {
            output.json(&serde_json::json!({"settings": settings, "findings": findings}))?;
        }
        (Output::People, Some(settings)) => {
            let text = toml::to_string(&settings).map_err(|error| Exit::usage(error.to_string()))?;
            output.line(text.trim_end())?;
        }
        (Output::People, None) => {}
    }
    if output == Output::People {
        findings.unwise.iter().for_each(|sentence| output.say(&format!("warning: {sentence}")));
        findings.wrong.iter().for_each(|sentence| output.say(&format!("error: {sentence}")));
    }
    match findings.wrong.len() {
        0 => Ok(()),
        1 => Err(Exit::no("1 thing is wrong".to_owned())),
        count => Err(Exit::no(format!("{count} things are wrong"))),
    }
}

/// The settings in force. Secrets lie in files of their own; what of a URL may be one is masked.
fn effective(config: &Config) -> Result<toml::Table, Exit> {
    let mut table = toml::Table::try_from(config).map_err(|error| Exit::usage(error.to_string()))?;
    mask(&mut table);
    Ok(table)
}

fn mask(table: &mut toml::Table) {
    for (key, value) in table.iter_mut() {
        match value {
            toml::Value::Table(below) => mask(below),
            toml::Value::String(text) => {
                if let Some(masked) = masked_url(key, text) {
                    *text = masked;
                }
            }
            _ => {}
        }
    }
}

/// A webhook's path is often its password; of other addresses it is the part before the host and the query.
fn masked_url(key: &str, text: &str) -> Option<String> {
    let mut url = url::Url::parse(text).ok().filter(url::Url::has_host)?;
    let before = url.clone();
    // Each of these can only be refused for an address without a host.
    if url.password().is_some() {
        url.set_password(Some("***")).ok()?;
    }
    if url.query().is_some() {
        url.set_query(Some("***"));
    }
    if key == "url" && url.path() != "/" {
        url.set_path("/***");
    }
    (url != before).then(|| url.to_string())
}

#[cfg(feature = "hub")]
fn hub(settings: &crate::hub::Settings, findings: &mut Findings) {
    use crate::slo::finding::Level;

    if let Some(journal) = &settings.journal
        && let Err(error) = journal.parse::<crate::journal::Location>()
    {
        findings.wrong.push(format!("hub.journal: {error}"));
    }
    if let Err(error) = settings.policy() {
        findings.wrong.push(error.to_string());
    }
    // One after the other, so that one that is wrong does not hide the next.
    for (name, destination) in &settings.destinations {
        let one = BTreeMap::from([(name.clone(), destination.clone())]);
        if let Err(error) = crate::connect::carriers(&one) {
            findings.wrong.push(format!("hub.{error}"));
        }
    }
    if let Err(error) = crate::hub::ingest::changes::Signatures::open(&settings.signatures) {
        findings.wrong.push(error.to_string());
    }
    for (name, file) in [("tls_cert", &settings.tls_cert), ("tls_key", &settings.tls_key)] {
        if let Some(file) = file
            && let Err(error) = std::fs::File::open(file)
        {
            findings.wrong.push(format!("hub.{name}: {}: {error}", file.display()));
        }
    }
    if settings.tls_cert.is_some() != settings.tls_key.is_some() {
        findings.wrong.push("`hub.tls_cert` and `hub.tls_key` go together; give both".to_owned());
    }
    let is_open =
        !settings.listen.ip().is_loopback() && !settings.behind_proxy && settings.tls_cert.is_none();
    if is_open {
        findings.wrong.push(format!(
            "hub.listen: {} is reachable from other machines; give `tls_cert` and `tls_key`, or set `behind_proxy`",
            settings.listen
        ));
    }
    if let Some(folder) = &settings.slos {
        match crate::hub::slo_files::load(std::slice::from_ref(folder)) {
            Err(error) => findings.wrong.push(error.to_string()),
            Ok(reading) => {
                for finding in &reading.findings {
                    match finding.level {
                        Level::Error => findings.wrong.push(finding.to_string()),
                        Level::Warning => findings.unwise.push(finding.to_string()),
                    }
                }
            }
        }
    }
}

/// The themes and keymaps that are shipped, the user's own, and the ones in force.
#[cfg(feature = "tui")]
fn looks(client: &config::ClientSettings, folders: &Folders, findings: &mut Findings) {
    use super::looks;
    use crate::tui::actions::{Grade, find};
    use crate::tui::keymap::{self, lint as lint_keys};
    use crate::tui::term::caps::ColorDepth;
    use crate::tui::theme::{self, lint};

    let dangerous = |name: &str| find(name).is_some_and(|action| action.grade == Grade::Destructive);
    for name in names(&client.theme, &theme::SHIPPED, &folders.config.join("themes"), findings) {
        match looks::theme(&name, ColorDepth::TrueColor, folders) {
            Ok(theme) => {
                let found = lint::lint(&theme, lint::background_of(&name));
                findings.unwise.extend(found.into_iter().map(|words| format!("theme {name}: {words}")));
            }
            Err(exit) => findings.once(exit.sentence),
        }
    }
    for name in names(&client.keymap, &keymap::SHIPPED, &folders.config.join("keymaps"), findings) {
        match looks::keymap(&name, folders) {
            Ok(keymap) => {
                let found = lint_keys(&keymap, dangerous);
                findings.unwise.extend(found.into_iter().map(|words| format!("keymap {name}: {words}")));
            }
            Err(exit) => findings.once(exit.sentence),
        }
    }
}

/// Each name once: the one in force, what is shipped, and the files of the user's folder.
#[cfg(feature = "tui")]
fn names(
    chosen: &str,
    shipped: &[(&str, &str)],
    folder: &std::path::Path,
    findings: &mut Findings,
) -> std::collections::BTreeSet<String> {
    let mut names: std::collections::BTreeSet<String> =
        shipped.iter().map(|(name, _)| (*name).to_owned()).chain([chosen.to_owned()]).collect();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return names,
        Err(error) => {
            findings.wrong.push(format!("{}: {error}", folder.display()));
            return names;
        }
    };
    for entry in entries {
        let path = match entry {
            Ok(entry) => entry.path(),
            Err(error) => {
                findings.wrong.push(format!("{}: {error}", folder.display()));
                continue;
            }
        };
        if path.extension().is_some_and(|ending| ending == "toml")
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            names.insert(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_password_in_an_address_is_masked() {
        let masked = |key, text| masked_url(key, text);
        assert_eq!(masked("url", "https://h.example/T0/s3cret").as_deref(), Some("https://h.example/***"));
        assert_eq!(
            masked("prometheus", "http://u:s3cret@p:9090/x").as_deref(),
            Some("http://u:***@p:9090/x")
        );
        assert_eq!(masked("url", "https://h.example/?key=s3cret").as_deref(), Some("https://h.example/?***"));
        assert_eq!(masked("prometheus", "http://p:9090/prom"), None);
        assert_eq!(masked("listen", "127.0.0.1:7373"), None);
    }

    #[test]
    #[cfg(feature = "hub")]
    fn masking_reaches_what_lies_deep() {
        let text =
            "[hub.destinations.hook]\nkind = 'webhook'\nurl = 'https://h.example/s3cret'\nsecret_file = 'x'";
        let config: Config = toml::from_str(text).unwrap();
        let shown = toml::to_string(&effective(&config).unwrap()).unwrap();
        assert!(shown.contains("https://h.example/***") && !shown.contains("s3cret"), "{shown}");
    }
}
