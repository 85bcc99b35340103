//! Who looks at a hub from outside, in folders of their own: a person's terminal, and the commands that a check runs.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::hub::{Hub, PROGRAM};
use crate::support::terminal::Terminal;

pub struct Watcher {
    home: TempDir,
    env: Vec<(String, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Watcher {
    /// With the hub's first token.
    pub fn of(hub: &Hub) -> Self {
        let token = hub.data().join("token").display().to_string();
        Watcher::with(&[("WARROOM_HUB", &format!("http://{}", hub.address)), ("WARROOM_TOKEN_FILE", &token)])
    }

    /// With these variables and no others that say where a hub is.
    pub fn with(more: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = |below: &str| home.path().join(below).display().to_string();
        let own = [
            ("HOME", path("")),
            ("XDG_STATE_HOME", path("state")),
            ("XDG_CONFIG_HOME", path("config")),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
        ];
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let env = own.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)).collect();
        Watcher { home, env }
    }

    /// A file of the person's own settings folder; its folders are made.
    pub fn setting(&self, below: &str) -> PathBuf {
        let path = self.home.path().join("config/warroom").join(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// The room, or what `args` say, in a terminal.
    #[track_caller]
    pub fn terminal(&self, size: (u16, u16), args: &[&str], more: &[(&str, &str)]) -> Terminal {
        let env = self.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let env: Vec<(&str, &str)> = env.chain(more.iter().copied()).collect();
        Terminal::spawn(PROGRAM, args, &env, size.0, size.1)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        let env = self.env.iter().map(|(name, value)| (name, value));
        command.args(args).env_clear().envs(env).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}
