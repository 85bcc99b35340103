//! A hub in a process of its own, so that it can be killed, and the requests that people send it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use warroom::domain::actor::Access;
use warroom::domain::time::Timestamp;
use warroom::hub::auth::{Grant, TokenSource};
use warroom::hub::clock::{Clock, SystemClock, SystemRandom};
use warroom::hub::{Parts, Settings, start};
use warroom::journal::{Location, OnLoss, Options, Seed, open};

use super::SOON;
use super::support::{eventually, tls};

/// Where the process finds its settings and its journal, and how far its clock is ahead.
const FOLDER: &str = "WARROOM_TEST_HUB";
const AHEAD: &str = "WARROOM_TEST_AHEAD";
const TOKEN: &str = "wr_kim";
/// What webhooks are signed with.
pub const SECRET: &str = "whsec_YSBzZWNyZXQgdGhhdCBvbmx5IHR3byBrbm93";

/// Not a test but the hub that the tests run against: this binary, started once more.
#[test]
#[ignore = "the hub's own process, started by the tests"]
fn process() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let ahead = std::env::var(AHEAD).unwrap().parse().unwrap();
    let clock = Ahead(Duration::from_secs(ahead));
    let folder = Path::new(&folder);
    let settings = fs::read_to_string(folder.join("hub.toml")).unwrap();
    let settings = Settings { metrics_listen: None, ..toml::from_str(&settings).unwrap() };
    let options = Options { seed: Seed([7; 32]), now: clock.now(), on_loss: OnLoss::Refuse };
    let kim =
        Grant { handle: "kim".parse().unwrap(), access: Access::Commander, secret: TOKEN.to_owned().into() };
    let parts = Parts {
        journal: open(&Location::Sqlite(folder.join("journal.db")), &options).unwrap(),
        clock: Arc::new(clock),
        random: Arc::new(SystemRandom),
        tokens: TokenSource::Memory(vec![kim]),
        demo: false,
    };
    Runtime::new().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hub = start(settings, parts, listener, CancellationToken::new()).await.unwrap();
        fs::write(folder.join("address.new"), hub.address.to_string()).unwrap();
        fs::rename(folder.join("address.new"), folder.join("address")).unwrap();
        hub.ended().await;
    });
}

#[derive(Debug)]
struct Ahead(Duration);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.0)
    }
}

/// Whose certificates the hub takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    System,
    /// The issuer of the tests' certificate, as an administrator adds one: by `SSL_CERT_FILE`.
    TestIssuer,
}

/// A hub with one incident, INC-1, and the audience `customers`. It is killed when it is dropped.
pub struct Hub {
    folder: TempDir,
    process: Child,
    address: SocketAddr,
    trust: Trust,
    runtime: Runtime,
    http: reqwest::Client,
}

impl Hub {
    /// Starts with these destinations, each a name and the rest of its table in the settings file.
    #[track_caller]
    pub fn start(destinations: &[(&str, String)]) -> Self {
        Self::start_with(destinations, Trust::System)
    }

    /// As [`Hub::start`]; which issuers of certificates it trusts is chosen.
    #[track_caller]
    pub fn start_with(destinations: &[(&str, String)], trust: Trust) -> Self {
        let folder = TempDir::new().unwrap();
        let names: Vec<&str> = destinations.iter().map(|(name, _)| *name).collect();
        let mut settings = format!("[audiences.customers]\nlabel = 'Customers'\ndestinations = {names:?}\n");
        for (name, table) in destinations {
            settings.push_str(&format!("[destinations.{name}]\n{table}\n"));
        }
        settings = settings.replace("SECRET_FILE", folder.path().join("secret").to_str().unwrap());
        fs::write(folder.path().join("hub.toml"), settings).unwrap();
        write_secret(&folder.path().join("secret"));
        drop(rustls::crypto::ring::default_provider().install_default());
        let (process, address) = launch(folder.path(), Duration::ZERO, trust);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let hub = Hub { folder, process, address, trust, runtime, http: reqwest::Client::new() };
        hub.ask("/incidents", json!({"title": "Checkout fails", "severity": "SEV1"}));
        hub
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts on the same journal, that much later by its clock.
    #[track_caller]
    pub fn start_again(&mut self, later: Duration) {
        self.kill();
        (self.process, self.address) = launch(self.folder.path(), later, self.trust);
    }

    /// Sends a request that must succeed.
    #[track_caller]
    pub fn ask(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(self.url(path)).json(&body);
        self.answer(request)
    }

    /// Sends a request that must be refused, and gives the problem.
    #[track_caller]
    pub fn ask_refused(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.exchange(self.http.post(self.url(path)).json(&body));
        assert!(status.is_client_error(), "{status} {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Publishes an update to the customers.
    #[track_caller]
    pub fn send(&self, subject: &str, body: &str) {
        let message = json!({"audience": "customers", "subject": subject, "body": body});
        self.ask("/incidents/INC-1/comms/send", json!({"message": message}));
    }

    #[track_caller]
    pub fn settle(&self, comms: &str, destination: &str, verdict: &str) {
        let path = format!("/incidents/INC-1/comms/{comms}/deliveries/{destination}/settle");
        self.ask(&path, json!({"verdict": verdict}));
    }

    /// Waits until the delivery of this update is in this state, and gives what the other side said.
    #[track_caller]
    pub fn wait_for(&self, comms: &str, destination: &str, state: &str) -> Value {
        let mut seen = Value::Null;
        let found = eventually(&format!("{comms} to {destination}: {state}"), SOON, || {
            seen = self.delivery(comms, destination);
            (seen["state"] == state).then(|| seen.clone())
        });
        found["detail"].clone()
    }

    #[track_caller]
    pub fn delivery(&self, comms: &str, destination: &str) -> Value {
        let page = self.answer(self.http.get(self.url("/incidents/INC-1/comms")));
        let items = page["items"].as_array().unwrap();
        let update = items.iter().find(|update| update["id"] == comms).unwrap_or_else(|| panic!("{page}"));
        update["deliveries"][destination].clone()
    }

    /// What the journal has of updates to this destination, without the `comms.` before each.
    #[track_caller]
    pub fn history(&self, destination: &str) -> Vec<String> {
        let timeline = self.answer(self.http.get(self.url("/incidents/INC-1/timeline?limit=500")));
        let entries = timeline["entries"].as_array().unwrap().iter().map(|entry| &entry["event"]);
        let about =
            entries.filter(|event| event["destination"] == destination || event["type"] == "comms.published");
        about.filter_map(|event| event["type"].as_str()?.strip_prefix("comms.").map(str::to_owned)).collect()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1{path}", self.address)
    }

    #[track_caller]
    fn exchange(&self, request: reqwest::RequestBuilder) -> (reqwest::StatusCode, String) {
        self.runtime.block_on(async {
            let answer = request.bearer_auth(TOKEN).timeout(SOON).send().await.unwrap();
            (answer.status(), answer.text().await.unwrap())
        })
    }

    #[track_caller]
    fn answer(&self, request: reqwest::RequestBuilder) -> Value {
        let (status, body) = self.exchange(request);
        assert!(status.is_success(), "{status} {body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Writes the secret as its owner alone can read it.
pub fn write_secret(path: &Path) {
    fs::write(path, SECRET).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[track_caller]
fn launch(folder: &Path, ahead: Duration, trust: Trust) -> (Child, SocketAddr) {
    let file = folder.join("address");
    fs::remove_file(&file).ok();
    let mut command = Command::new(std::env::current_exe().unwrap());
    match trust {
        Trust::System => command.env_remove("SSL_CERT_FILE"),
        Trust::TestIssuer => command.env("SSL_CERT_FILE", tls::file("ca.pem")).env_remove("SSL_CERT_DIR"),
    };
    let mut process = command
        .args(["hub::process", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(AHEAD, ahead.as_secs().to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let address = eventually("the hub serves", SOON, || {
        assert_eq!(process.try_wait().unwrap(), None, "the hub ended");
        fs::read_to_string(&file).ok()?.parse().ok()
    });
    (process, address)
}
