//! Real Prometheus and real Alertmanager, each on a free loopback port with its files in a temporary directory.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::{eventually, http};

/// How long a server may take to become ready; two seconds on a quiet machine.
const READY: Duration = Duration::from_secs(60);

/// How often a port is tried again that somebody else took between our asking for it and the server's binding it.
const PORT_ATTEMPTS: usize = 5;

/// A program that must be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Prometheus,
    Alertmanager,
    /// The C compiler.
    Cc,
    /// What makes an ext4.
    Ext4,
    Faketime,
    Ip,
    Iptables,
    Python,
}

impl Program {
    /// The names it goes by, Debian's first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Prometheus => &["prometheus"],
            Self::Alertmanager => &["prometheus-alertmanager", "alertmanager"],
            Self::Cc => &["cc"],
            Self::Ext4 => &["mkfs.ext4"],
            Self::Faketime => &["faketime"],
            Self::Ip => &["ip"],
            Self::Iptables => &["iptables"],
            Self::Python => &["python3"],
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Alertmanager => "prometheus-alertmanager",
            Self::Cc => "gcc",
            Self::Ext4 => "e2fsprogs",
            Self::Faketime => "faketime",
            Self::Ip => "iproute2",
            Self::Iptables => "iptables",
            Self::Python => "python3",
        }
    }

    fn find(self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
        // Where a user without root has them out of the way.
        directories.extend([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")]);
        self.names()
            .iter()
            .flat_map(|name| directories.iter().map(move |directory| directory.join(name)))
            .find(|candidate| candidate.is_file())
    }
}

/// `Err` says in one line what is missing and how to get it.
pub fn available(programs: &[Program]) -> Result<(), String> {
    let missing: Vec<&str> =
        programs.iter().filter(|program| program.find().is_none()).map(|program| program.package()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(" ");
    Err(format!("not installed: {missing} (on Debian: apt-get install {missing})"))
}

/// A running server. Dropping it kills it and removes its files.
struct Server {
    child: Child,
    address: SocketAddr,
    directory: TempDir,
}

enum Start {
    Ready,
    Ended,
}

impl Server {
    /// Writes `files` into a fresh directory, starts `program` there and waits for its `/-/ready`.
    #[track_caller]
    fn start(
        program: Program,
        files: &[(&str, &str)],
        arguments: impl Fn(SocketAddr, &Path) -> Vec<OsString>,
    ) -> Self {
        let binary = program.find().unwrap_or_else(|| panic!("{} is not installed", program.package()));
        for _ in 0..PORT_ATTEMPTS {
            let directory = TempDir::new().expect("a temporary directory");
            for (name, content) in files {
                fs::write(directory.path().join(name), content).expect("a file in our own directory");
            }
            let address = free_address();
            let log = File::create(directory.path().join("log")).expect("a log in our own directory");
            let child = Command::new(&binary)
                .args(arguments(address, directory.path()))
                .current_dir(directory.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .expect("a program that was just found can be started");
            let mut server = Self { child, address, directory };
            let start = eventually(&format!("{program:?} becomes ready"), READY, || server.has_started());
            match start {
                Start::Ready => return server,
                Start::Ended if server.log().contains("address already in use") => {}
                Start::Ended => panic!("{program:?} ended instead of starting:\n{}", server.log()),
            }
        }
        panic!("{program:?} found no free port in {PORT_ATTEMPTS} attempts")
    }

    fn has_started(&mut self) -> Option<Start> {
        // First whether it lives: the port could be answered by whoever took it from us.
        if self.child.try_wait().expect("the state of our own child").is_some() {
            return Some(Start::Ended);
        }
        let ready = http::get(self.address, "/-/ready").is_ok_and(|answer| answer.status == 200);
        ready.then_some(Start::Ready)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A Prometheus with its rules, its scrapes and its answers.
pub struct Prometheus(Server);

impl Prometheus {
    /// `config` is a whole `prometheus.yml`; `files` lie beside it (rule files, for instance), by name and content.
    ///
    /// Intervals below a second are fine: `scrape_interval: 200ms`.
    #[track_caller]
    pub fn start(config: &str, files: &[(&str, &str)]) -> Self {
        Self::start_with(config, files, &[])
    }

    /// The same with more options on its command line.
    #[track_caller]
    pub fn start_with(config: &str, files: &[(&str, &str)], options: &[&str]) -> Self {
        let all: Vec<_> = std::iter::once(("prometheus.yml", config)).chain(files.iter().copied()).collect();
        Self(Server::start(Program::Prometheus, &all, |address, directory| {
            let usual = [
                "--config.file=prometheus.yml".into(),
                format!("--web.listen-address={address}").into(),
                option("--storage.tsdb.path=", &directory.join("data")),
            ];
            usual.into_iter().chain(options.iter().map(OsString::from)).collect()
        }))
    }

    /// One that scrapes nothing, and knows `samples` (OpenMetrics text with times in seconds) as if it had scraped them.
    #[track_caller]
    pub fn filled(samples: &str) -> Self {
        Self::filled_and_scraping("scrape_configs: []\n", &[], samples)
    }

    /// The same, and it scrapes as `config` says.
    #[track_caller]
    pub fn filled_and_scraping(config: &str, files: &[(&str, &str)], samples: &str) -> Self {
        let own = [("prometheus.yml", config), ("samples.om", samples)];
        let files: Vec<_> = own.into_iter().chain(files.iter().copied()).collect();
        Self(Server::start(Program::Prometheus, &files, |address, directory| {
            fill(directory);
            vec![
                "--config.file=prometheus.yml".into(),
                format!("--web.listen-address={address}").into(),
                option("--storage.tsdb.path=", &directory.join("data")),
                // Older blocks than the default of 15 days are deleted.
                "--storage.tsdb.retention.time=90d".into(),
            ]
        }))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// What it wrote to its log so far.
    pub fn log(&self) -> String {
        self.0.log()
    }

    /// The value of the first series that `expression` gives now; `None` when it gives none.
    #[track_caller]
    pub fn value(&self, expression: &str) -> Option<f64> {
        let query: String = url::form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        let answer = self.api(&format!("/api/v1/query?query={query}"));
        let result = &answer["data"]["result"];
        let sample = if answer["data"]["resultType"] == "scalar" { result } else { &result[0]["value"] };
        sample[1].as_str()?.parse().ok()
    }

    /// Waits until `expression` has a value that satisfies `is`, and gives it.
    #[track_caller]
    pub fn wait_for(&self, expression: &str, timeout: Duration, is: impl Fn(f64) -> bool) -> f64 {
        eventually(expression, timeout, || self.value(expression).filter(|value| is(*value)))
    }

    /// The alerts it holds, pending and firing, as `GET /api/v1/alerts` lists them.
    #[track_caller]
    pub fn alerts(&self) -> Vec<Value> {
        self.api("/api/v1/alerts")["data"]["alerts"].as_array().cloned().unwrap_or_default()
    }

    #[track_caller]
    fn api(&self, path: &str) -> Value {
        let answer = http::get(self.0.address, path)
            .unwrap_or_else(|error| panic!("Prometheus does not answer: {error}\n{}", self.log()));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON from Prometheus")
    }
}

/// Turns `samples.om` into blocks, by the tool that comes with Prometheus.
#[track_caller]
fn fill(directory: &Path) {
    let filled = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=24h", "samples.om", "data"])
        .current_dir(directory)
        .output()
        .expect("promtool is in the package of Prometheus");
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
}

/// An Alertmanager on its own, without a cluster.
pub struct Alertmanager(Server);

impl Alertmanager {
    /// `config` is a whole `alertmanager.yml`.
    #[track_caller]
    pub fn start(config: &str) -> Self {
        Self(Server::start(Program::Alertmanager, &[("alertmanager.yml", config)], |address, directory| {
            vec![
                "--config.file=alertmanager.yml".into(),
                format!("--web.listen-address={address}").into(),
                // Empty: no gossip port.
                "--cluster.listen-address=".into(),
                option("--storage.path=", &directory.join("data")),
            ]
        }))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// What it wrote to its log so far.
    pub fn log(&self) -> String {
        self.0.log()
    }

    /// The alerts it holds, as `GET /api/v2/alerts` lists them.
    #[track_caller]
    pub fn alerts(&self) -> Vec<Value> {
        let answer = http::get(self.0.address, "/api/v2/alerts")
            .unwrap_or_else(|error| panic!("Alertmanager does not answer: {error}\n{}", self.log()));
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str(&answer.body).expect("a list of alerts from Alertmanager")
    }
}

/// Below the ports that systems give to connections: no client can be given one before the server listens there.
const PORTS: std::ops::Range<u32> = 10_000..32_000;

/// A loopback address that nobody listens on. None is given twice, and each process begins elsewhere.
pub fn free_address() -> SocketAddr {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let offset = std::process::id().wrapping_mul(61);
    loop {
        let number = offset.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % PORTS.len() as u32;
        let port = u16::try_from(PORTS.start + number).expect("a port");
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return listener.local_addr().expect("the address of a bound listener");
        }
    }
}

fn option(flag: &str, path: &Path) -> OsString {
    let mut option = OsString::from(flag);
    option.push(path);
    option
}
