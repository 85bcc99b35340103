//! Somebody in the room: the real terminal, in folders that outlive it, beside a hub that things happen to.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::PATIENCE;
use crate::hub::{Hub, PROGRAM};
use crate::support::eventually;
use crate::support::terminal::{Terminal, keys};

pub struct Visitor {
    _folder: TempDir,
    state: PathBuf,
    env: Vec<(String, String)>,
    /// Words before the program's name: another program that starts it.
    before: Vec<String>,
}

impl Visitor {
    /// At this hub, with its first token.
    pub fn of(hub: &Hub) -> Self {
        Visitor::at(&format!("http://{}", hub.address), hub)
    }

    /// The same by another way to it.
    pub fn at(url: &str, hub: &Hub) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let path = |below: &str| folder.path().join(below).display().to_string();
        let env = [
            ("HOME", path("")),
            ("XDG_CONFIG_HOME", path("config")),
            ("WARROOM_HUB", url.to_owned()),
            ("WARROOM_TOKEN", hub.token()),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value)).into();
        Visitor { _folder: folder, state, env, before: Vec::new() }
    }

    pub fn with_env(mut self, more: &[(String, String)]) -> Self {
        self.env.extend_from_slice(more);
        self
    }

    pub fn started_by(mut self, before: Vec<String>) -> Self {
        self.before = before;
        self
    }

    /// What the terminal keeps lies there.
    pub fn with_state(mut self, state: &Path) -> Self {
        self.state = state.to_owned();
        self
    }

    pub fn open(&self) -> Terminal {
        let mut words = self.before.clone();
        words.push(PROGRAM.to_owned());
        let state = self.state.display().to_string();
        let args: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let env = self.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let env: Vec<(&str, &str)> = env.chain([("XDG_STATE_HOME", state.as_str())]).collect();
        Terminal::spawn(&words[0], &args, &env, 140, 40)
    }

    /// What lies in the outbox of the terminals.
    pub fn kept(&self) -> String {
        let Ok(files) = fs::read_dir(self.state.join("warroom/client")) else { return String::new() };
        let paths = files.map(|file| file.unwrap().path());
        let outboxes = paths.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
        outboxes.map(|path| fs::read_to_string(path).unwrap_or_default()).collect()
    }

    #[track_caller]
    pub fn wait_until_kept(&self, words: &str) {
        eventually(&format!("“{words}” is kept on disk"), PATIENCE, || {
            self.kept().contains(words).then_some(())
        });
    }
}

/// Opens the dialog of a note, and writes this.
#[track_caller]
pub fn write_note(terminal: &Terminal, text: &str) {
    terminal.send_keys("n");
    terminal.wait_for_text("Note on", PATIENCE);
    terminal.send_keys(text);
    terminal.wait_for_text(text, PATIENCE);
    terminal.send_keys(keys::ENTER);
    terminal.wait_for(|screen| !screen.contents().contains("Note on"), PATIENCE);
}

/// An update for the customers, up to the yes that sends it: the next Enter.
#[track_caller]
pub fn write_update(terminal: &Terminal) {
    terminal.send_keys("c");
    terminal.wait_for_text("What is happening", PATIENCE);
    terminal.send_keys("\x13");
    terminal.wait_for_text("Cancel", PATIENCE);
    terminal.send_keys(keys::RIGHT);
}
