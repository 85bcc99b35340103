//! A room on a machine without a hub, which starts its own in the same process; in folders of its own.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::hub::PROGRAM;
use crate::support::servers::free_address;
use crate::support::terminal::Terminal;

pub struct Alone {
    pub address: SocketAddr,
    pub folder: TempDir,
}

impl Alone {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config/warroom");
        fs::create_dir_all(&config).unwrap();
        let address = free_address();
        let settings = format!("[hub]\nlisten = \"{address}\"\nmetrics_listen = \"{}\"\n", free_address());
        fs::write(config.join("config.toml"), settings).unwrap();
        Alone { address, folder }
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub fn log(&self) -> PathBuf {
        self.path("state/warroom/room.log")
    }

    pub fn token(&self) -> String {
        fs::read_to_string(self.path("state/warroom/token")).unwrap().trim().to_owned()
    }

    pub fn env(&self) -> Vec<(String, String)> {
        let path = |below: &str| self.path(below).display().to_string();
        [
            ("HOME", path("")),
            ("XDG_STATE_HOME", path("state")),
            ("XDG_CONFIG_HOME", path("config")),
            ("USER", "ana".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// A program in a terminal, with these variables beside those of the room.
    pub fn terminal(&self, program: &str, args: &[&str], more: &[(&str, &str)]) -> Terminal {
        let env = self.env();
        let env = env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let env: Vec<(&str, &str)> = env.chain(more.iter().copied()).collect();
        Terminal::spawn(program, args, &env, 100, 30)
    }

    pub fn room(&self, more: &[(&str, &str)]) -> Terminal {
        self.terminal(PROGRAM, &[], more)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).env_clear().envs(self.env()).stdin(Stdio::null());
        command
    }

    /// Whether a hub still listens.
    pub fn listens(&self) -> bool {
        TcpStream::connect(self.address).is_ok()
    }
}
