//! `warroom hub` as a process of its own, in folders of its own, and terminals in its room.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::eventually;
use crate::support::http::get;
use crate::support::servers::free_address;
use crate::support::terminal::Terminal;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_warroom");
/// For whatever another process does.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Hub {
    pub address: SocketAddr,
    folder: TempDir,
    process: Child,
}

impl Hub {
    /// A new hub with these further settings; it serves when this returns.
    pub fn start(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config/warroom");
        fs::create_dir_all(&config).unwrap();
        let address = free_address();
        let settings =
            format!("[hub]\nlisten = \"{address}\"\nmetrics_listen = \"{}\"\n{settings}", free_address());
        fs::write(config.join("config.toml"), settings).unwrap();
        let process = spawn(&folder);
        let hub = Hub { address, folder, process };
        hub.wait_until_ready();
        hub
    }

    fn wait_until_ready(&self) {
        eventually("the hub is ready", PATIENCE, || {
            get(self.address, "/readyz").ok().filter(|response| response.status == 200).map(|_| ())
        });
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        self.process = spawn(&self.folder);
        self.wait_until_ready();
    }

    #[allow(dead_code, reason = "for tests that look at the process itself")]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// All that it has logged so far.
    #[allow(dead_code, reason = "for tests of the log")]
    pub fn log(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("hub.log")).unwrap()
    }

    /// Without waiting for it.
    pub fn signal(&self, name: &str) {
        let told = Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status();
        assert!(told.unwrap().success());
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn token(&self) -> String {
        fs::read_to_string(self.token_file()).unwrap().trim().to_owned()
    }

    fn token_file(&self) -> PathBuf {
        self.folder.path().join("state/warroom/token")
    }

    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("state/warroom/journal.db")
    }

    /// `warroom …` at this hub; its standard output, and its exit code.
    pub fn run(&self, args: &[&str]) -> (String, i32) {
        let output = self.command(args).stdin(Stdio::null()).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        if !words.is_empty() {
            eprintln!("warroom {args:?}: {words}");
        }
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap_or(-1))
    }

    /// The same for what must work.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let (out, code) = self.run(&[&["--json"], args].concat());
        assert_eq!(code, 0, "{args:?}: {out}");
        serde_json::from_str(out.trim()).unwrap_or_else(|error| panic!("{args:?}: {error}: {out}"))
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).env_clear().envs(self.env("client"));
        command
    }

    /// A terminal in the room; each has folders of its own.
    pub fn terminal(&self, name: &str, cols: u16, rows: u16) -> Terminal {
        let env = self.env(name);
        let env: Vec<(&str, &str)> =
            env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Terminal::spawn(PROGRAM, &[], &env, cols, rows)
    }

    pub fn env(&self, name: &str) -> Vec<(String, String)> {
        let home = self.folder.path().join(name);
        let path = |below: &str| home.join(below).display().to_string();
        [
            ("HOME", path("")),
            ("XDG_STATE_HOME", path("state")),
            ("XDG_CONFIG_HOME", path("config")),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("WARROOM_HUB", self.url()),
            ("WARROOM_TOKEN_FILE", self.token_file().display().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // A stopped process does not hear of its end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &TempDir) -> Child {
    let path = |below: &str| folder.path().join(below);
    let log = fs::OpenOptions::new().create(true).append(true).open(path("hub.log")).unwrap();
    Command::new(PROGRAM)
        .arg("hub")
        .env_clear()
        .env("HOME", path(""))
        .env("XDG_CONFIG_HOME", path("config"))
        .env("XDG_STATE_HOME", path("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}
