//! `warroom check`: whether everything that can be set is right, and what is then in force.

use std::path::Path;

use super::config::{Config, Folders, load};
use super::output::Output;
use super::session::Exit;
use crate::hub::slo_files;
use crate::slo::finding::Level;

/// # Errors
///
/// Exit code 1 when something is wrong, after all of it has been told.
pub fn check(output: Output, named: Option<&Path>, folders: &Folders) -> Result<(), Exit> {
    let mut wrong = Vec::new();
    let (config, file) = match load(named, folders) {
        Ok(loaded) => loaded,
        Err(sentence) => {
            output.say(&sentence);
            return Err(Exit::no("1 thing is wrong".to_owned()));
        }
    };
    match &file {
        Some(file) => output.say(&format!("settings: {}", file.display())),
        None => output
            .say(&format!("settings: none ({} is not there)", folders.config.join("config.toml").display())),
    }
    if let Err(error) = config.hub.policy() {
        wrong.push(error.to_string());
    }
    if let Err(error) = crate::connect::carriers(&config.hub.destinations) {
        wrong.push(error.to_string());
    }
    if let Some(slos) = &config.hub.slos {
        match slo_files::load(std::slice::from_ref(slos)) {
            Ok(reading) => {
                for finding in &reading.findings {
                    match finding.level {
                        Level::Error => wrong.push(finding.to_string()),
                        Level::Warning => output.say(&finding.to_string()),
                    }
                }
                output.say(&format!("SLOs: {} can be computed", reading.slos.len()));
            }
            Err(error) => wrong.push(error.to_string()),
        }
    }
    #[cfg(feature = "tui")]
    wrong.extend(looks(&config, folders));
    effective(output, &config)?;
    wrong.iter().for_each(|sentence| output.say(&format!("wrong: {sentence}")));
    match wrong.len() {
        0 => Ok(()),
        1 => Err(Exit::no("1 thing is wrong".to_owned())),
        count => Err(Exit::no(format!("{count} things are wrong"))),
    }
}

/// The settings in force. Secrets lie in files of their own and are not among them; a user in a URL is.
fn effective(output: Output, config: &Config) -> Result<(), Exit> {
    let text = toml::to_string(config).map_err(|error| Exit::usage(error.to_string()))?;
    match output {
        Output::Programs => output.json(config),
        Output::People => output.line(text.trim_end()),
    }
}

#[cfg(feature = "tui")]
fn looks(config: &Config, folders: &Folders) -> Vec<String> {
    use super::room;
    use crate::tui::actions::{Grade, find};
    use crate::tui::keymap::lint;
    use crate::tui::term::caps::ColorDepth;
    use crate::tui::theme::lint as theme_lint;

    let mut wrong = Vec::new();
    match room::theme(&config.client.theme, ColorDepth::TrueColor, folders) {
        Ok(theme) => {
            wrong.extend(theme_lint::lint(&theme, theme_lint::background_of(&config.client.theme)));
        }
        Err(exit) => wrong.push(exit.sentence),
    }
    match room::keymap(&config.client.keymap, folders) {
        Ok(keymap) => {
            let dangerous = |name: &str| find(name).is_some_and(|action| action.grade == Grade::Destructive);
            wrong.extend(lint(&keymap, dangerous));
        }
        Err(exit) => wrong.push(exit.sentence),
    }
    wrong
}
