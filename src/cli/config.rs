//! Settings: flags over environment over the file over defaults. What the file gets wrong is told with its name, the
//! line, and the key that was probably meant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::text::Text;

/// The whole of `config.toml`. Unknown keys are errors.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What terminals and commands go by.
    pub client: ClientSettings,
    /// What `warroom hub` and the embedded hub serve with.
    #[cfg(feature = "hub")]
    pub hub: crate::hub::Settings,
    /// A build without the hub does not look at its part.
    #[cfg(not(feature = "hub"))]
    #[serde(skip_serializing)]
    pub hub: Option<toml::Table>,
}

/// `[client]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientSettings {
    /// The hub to talk to; without it, the one of this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// Allows http:// to a hub on another machine, where something else encrypts.
    pub plain_http: bool,
    /// A file (0600) with the token for that hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// A theme's name, or the path of a theme file.
    pub theme: String,
    /// A keymap's name, or the path of a keymap file.
    pub keymap: String,
}

impl Default for ClientSettings {
    fn default() -> Self {
        let (theme, keymap) = ("dark".to_owned(), "default".to_owned());
        ClientSettings { hub: None, plain_http: false, token_file: None, theme, keymap }
    }
}

/// The folders that warroom uses, from the environment that is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// `$XDG_CONFIG_HOME/warroom`: the settings, the user's themes and keymaps.
    pub config: PathBuf,
    /// `$XDG_STATE_HOME/warroom`: the journal, the cached room, the outbox, logs.
    pub state: PathBuf,
}

impl Folders {
    /// # Errors
    ///
    /// When neither the XDG variables nor `HOME` are set.
    pub fn from_env(env: &BTreeMap<String, String>) -> Result<Self, String> {
        let folder = |xdg: &str, below_home: &str| {
            let set = env.get(xdg).filter(|path| Path::new(path).is_absolute()).map(PathBuf::from);
            let home = || env.get("HOME").map(|home| Path::new(home).join(below_home));
            set.or_else(home).map(|base| base.join("warroom")).ok_or_else(|| {
                format!(
                    "neither {xdg} nor HOME is set, so there is no place for warroom's files; set one of them"
                )
            })
        };
        Ok(Folders {
            config: folder("XDG_CONFIG_HOME", ".config")?,
            state: folder("XDG_STATE_HOME", ".local/state")?,
        })
    }
}

/// Reads the file that was named, or the usual one if it is there.
///
/// # Errors
///
/// A sentence: the file cannot be read, or what in it is wrong and where.
pub fn load(named: Option<&Path>, folders: &Folders) -> Result<(Config, Option<PathBuf>), String> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => folders.config.join("config.toml"),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let mut config: Config = parse(&path, &text)?;
            let base = path.parent().unwrap_or(Path::new("."));
            config.resolve(base);
            Ok((config, Some(path)))
        }
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            Ok((Config::default(), None))
        }
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

impl Config {
    /// Paths in the file are relative to the file.
    fn resolve(&mut self, base: &Path) {
        if let Some(path) = &mut self.client.token_file {
            *path = base.join(&*path);
        }
        #[cfg(feature = "hub")]
        self.hub.resolve(base);
    }
}

/// Parses a TOML file into a value, with errors as people need them.
///
/// # Errors
///
/// `FILE:LINE: what is wrong`, with the nearest known key when one is unknown.
pub fn parse<T: for<'de> Deserialize<'de>>(path: &Path, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let place =
            line.map_or_else(|| path.display().to_string(), |line| format!("{}:{line}", path.display()));
        // The words quote the file, and go to a terminal.
        let words = explain(error.message());
        Text::clean(&format!("{place}: {words}{}", at_key(text, error.span()))).to_string()
    })
}

/// The key on whose value's line an error lies; never the value, which may be a secret in the wrong place.
fn at_key(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    match line.split_once('=') {
        Some((key, _)) if key.len() < 100 => format!(" (`{}`)", key.trim()),
        _ => String::new(),
    }
}

/// Serde's `unknown field` in our words, with the key that was probably meant.
fn explain(message: &str) -> String {
    let Some(rest) = message.strip_prefix("unknown field `") else { return message.trim_end().to_owned() };
    let mut names = rest.split('`').step_by(2);
    let given = names.next().unwrap_or_default();
    let nearest = names
        .filter(|known| !known.is_empty())
        .map(|known| (strsim::damerau_levenshtein(given, known), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len().max(3) / 2);
    match nearest {
        Some((_, known)) => format!("unknown key “{given}”; did you mean “{known}”?"),
        None => {
            format!("unknown key “{given}”; take it out, or see docs/configuration.md for the keys there are")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only parsed")]
    struct Sample {
        listen: String,
        journal: String,
    }

    fn complaint(text: &str) -> String {
        parse::<Sample>(Path::new("config.toml"), text).unwrap_err()
    }

    #[test]
    fn an_unknown_key_is_told_with_file_line_and_the_nearest_one() {
        assert_eq!(
            complaint("listen = 'x'\njuornal = 'y'\n"),
            "config.toml:2: unknown key “juornal”; did you mean “journal”?"
        );
        assert!(complaint("zzzzzzzzzz = 1").contains("take it out"));
    }

    #[test]
    fn what_a_complaint_quotes_of_the_file_cannot_act_on_a_terminal() {
        let complaint = complaint(r#""\u001b]0;owned\u0007" = 1"#);
        assert!(complaint.contains("␛]0;owned␇") && !complaint.contains('\u{1b}'), "{complaint}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_told_with_its_line() {
        let complaint = complaint("journal = 'y'\nlisten = 5\n");
        assert!(complaint.starts_with("config.toml:2: invalid type"), "{complaint}");
        assert!(complaint.ends_with("(`listen`)"), "{complaint}");
    }

    #[test]
    fn folders_follow_xdg_and_fall_back_to_home() {
        let env = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Folders::from_env(&pairs.collect())
        };
        let folders = env(&[("XDG_CONFIG_HOME", "/c"), ("HOME", "/home/ana")]).unwrap();
        assert_eq!(folders.config, Path::new("/c/warroom"));
        assert_eq!(folders.state, Path::new("/home/ana/.local/state/warroom"));
        assert!(env(&[("XDG_CONFIG_HOME", "relative")]).unwrap_err().contains("HOME"));
    }

    #[test]
    #[cfg(feature = "hub")]
    fn the_sample_has_every_key_and_its_default() {
        let sample = include_str!("../../docs/config.sample.toml");
        let parsed: Config = parse(Path::new("config.sample.toml"), sample).unwrap();
        assert_eq!(parsed, Config::default());
        // What has no default stands there as a comment.
        let written = toml::to_string(&Config::default()).unwrap();
        let keys = written.lines().filter_map(|line| line.split_once(" = ").map(|(key, _)| key.trim()));
        for key in keys.chain(["hub", "token_file", "tls_cert", "tls_key", "journal", "slos", "prometheus"]) {
            assert!(sample.contains(&format!("{key} = ")), "the sample lacks {key}");
        }
    }

    #[test]
    #[cfg(feature = "hub")]
    fn every_wrong_file_gets_the_message_that_it_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid_configs");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let expected = text.lines().next().and_then(|line| line.strip_prefix("# expect: ")).unwrap();
            let name = PathBuf::from(path.file_name().unwrap());
            let message = match parse::<Config>(&name, &text) {
                Err(message) => message,
                Ok(config) => config.hub.policy().unwrap_err().to_string(),
            };
            assert!(message.contains(expected), "{}: {message}", name.display());
            seen += 1;
        }
        assert!(seen >= 6);
    }
}
