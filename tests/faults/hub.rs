//! `warroom hub` as a process of its own, on whatever disk, network and clock a fault needs.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::eventually;
use crate::support::http::get;
use crate::support::servers::free_address;
use crate::{PATIENCE, vendors};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_warroom");

/// How a hub is run.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Further tables of its settings.
    pub settings: String,
    /// The journal's folder; without one, in the hub's own temporary folder.
    pub data: Option<PathBuf>,
    /// Words before the program's name: another program that starts it.
    pub before: Vec<String>,
    pub env: Vec<(String, String)>,
    pub ip: IpAddr,
    /// Where the vendors are.
    pub vendors: IpAddr,
}

impl Default for Setup {
    fn default() -> Self {
        let ip = Ipv4Addr::LOCALHOST.into();
        Setup { settings: String::new(), data: None, before: Vec::new(), env: Vec::new(), ip, vendors: ip }
    }
}

pub struct Hub {
    pub address: SocketAddr,
    /// Where it tells about itself.
    pub metrics: SocketAddr,
    setup: Setup,
    folder: TempDir,
    process: Option<Child>,
    /// KiB, of the processes before this one.
    peak: u64,
}

impl Hub {
    /// It serves when this returns.
    pub fn start(setup: Setup) -> Self {
        let mut hub = Hub::prepare(setup);
        hub.start_again();
        hub
    }

    /// Everything that a hub needs, but no process.
    pub fn prepare(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config/warroom");
        fs::create_dir_all(&config).unwrap();
        let secret = folder.path().join("secret");
        fs::write(&secret, vendors::SECRET).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        let port = free_address().port();
        let address = SocketAddr::new(setup.ip, port);
        let metrics = SocketAddr::new(setup.ip, free_address().port());
        let text = format!(
            "[hub]\nlisten = '{address}'\nmetrics_listen = '{metrics}'\nbehind_proxy = {}\n\
             [hub.limits]\nrequests_per_second = 100000\nburst = 100000\n{}",
            !setup.ip.is_loopback(),
            setup.settings.replace("SECRET_FILE", secret.to_str().unwrap()),
        );
        fs::write(config.join("config.toml"), text).unwrap();
        Hub { address, metrics, setup, folder, process: None, peak: 0 }
    }

    /// Starts the process; whether it comes to serve is seen later.
    pub fn launch(&mut self) {
        self.process = Some(self.command().spawn().unwrap());
    }

    #[track_caller]
    pub fn start_again(&mut self) {
        self.launch();
        self.wait_until_ready();
    }

    /// Until it takes commands.
    #[track_caller]
    pub fn wait_until_ready(&mut self) {
        eventually("the hub is ready", PATIENCE, || {
            if let Some(process) = &mut self.process
                && let Some(ended) = process.try_wait().unwrap()
            {
                panic!("the hub ended with {ended}:\n{}", self.log_end());
            }
            self.is_ready().then_some(())
        });
    }

    pub fn is_ready(&self) -> bool {
        get(self.address, "/readyz").is_ok_and(|response| response.status == 200)
    }

    /// Runs a hub that cannot start, to its end; what it says.
    #[track_caller]
    pub fn refused(&self) -> String {
        let mut process = self.command().stderr(Stdio::piped()).spawn().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while process.try_wait().unwrap().is_none() {
            if self.is_ready() || Instant::now() > deadline {
                process.kill().unwrap();
                process.wait().unwrap();
                panic!("the hub starts");
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        let output = process.wait_with_output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}");
        words
    }

    fn command(&self) -> Command {
        let journal = format!("sqlite:{}", self.journal().display());
        let mut words = self.setup.before.clone();
        words.extend([PROGRAM.to_owned(), "hub".to_owned(), "--journal".to_owned(), journal]);
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .envs(self.setup.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        command
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.peak = self.memory();
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Asks it to end, and waits for that.
    pub fn end(&mut self) {
        self.signal("TERM");
        let ended = self.wait_for_end();
        assert!(ended.success(), "{ended}: {}", self.log_end());
    }

    /// Waits until it ends, whatever for.
    #[track_caller]
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("a hub that runs");
        let mut peak = self.peak;
        let ended = eventually("the hub ends", PATIENCE, || {
            peak = peak.max(memory_of(process.id()));
            process.try_wait().unwrap()
        });
        self.peak = peak;
        ended
    }

    /// A clean end, after which the database alone is the whole journal.
    pub fn end_in_one_file(&mut self) {
        self.end();
        for beside in ["-wal", "-shm"] {
            fs::remove_file(self.beside(beside)).ok();
        }
        self.verify().expect("nothing was in the log alone");
    }

    /// The file of this name beside the database.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        PathBuf::from(format!("{}{suffix}", self.journal().display()))
    }

    /// Without waiting for it.
    pub fn signal(&self, name: &str) {
        let told = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(told.unwrap().success());
    }

    /// Stops it where it is; when this returns no system call of it is under way.
    #[track_caller]
    pub fn freeze(&self) {
        self.signal("STOP");
        let tasks = format!("/proc/{}/task", self.pid());
        let stands = |task: fs::DirEntry| {
            let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with(['T', 'Z', 'X']))
        };
        eventually("every thread of the hub stands still", PATIENCE, || {
            fs::read_dir(&tasks).unwrap().all(|task| stands(task.unwrap())).then_some(())
        });
    }

    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("a hub that runs").id()
    }

    /// The most memory that it ever took, in KiB.
    pub fn memory(&self) -> u64 {
        let Some(process) = &self.process else { return self.peak };
        self.peak.max(memory_of(process.id()))
    }

    /// The processor time that the process has taken so far, in clock ticks of 10 ms.
    pub fn processor_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        // After the name in brackets: state is field 3, user and system time are 14 and 15.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    pub fn token(&self) -> String {
        fs::read_to_string(self.data().join("token")).unwrap().trim().to_owned()
    }

    pub fn data(&self) -> PathBuf {
        self.setup.data.clone().unwrap_or_else(|| self.folder.path().join("data"))
    }

    pub fn journal(&self) -> PathBuf {
        self.data().join("journal.db")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("hub.log")
    }

    pub fn log(&self) -> Vec<u8> {
        fs::read(self.log_file()).unwrap()
    }

    pub fn log_end(&self) -> String {
        let log = self.log();
        String::from_utf8_lossy(&log[log.len().saturating_sub(3000)..]).into_owned()
    }

    #[track_caller]
    pub fn wait_for_log(&self, words: &str) {
        eventually(&format!("the log says “{words}”"), PATIENCE, || {
            String::from_utf8_lossy(&self.log()).contains(words).then_some(())
        });
    }

    /// `warroom verify`; what it says, and whether all is sound.
    pub fn verify(&self) -> Result<(), String> {
        let journal = self.journal();
        let output = Command::new(PROGRAM).arg("verify").arg(&journal).stdin(Stdio::null()).output().unwrap();
        let words =
            [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
        if output.status.success() { Ok(()) } else { Err(words) }
    }
}

/// The most memory that a process ever took, in KiB; nothing once it has ended.
pub fn memory_of(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().ok();
            process.wait().ok();
        }
    }
}
