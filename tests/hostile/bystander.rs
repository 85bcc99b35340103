//! A real hub, and what must still be true of it after a hostile input: it lives, it has stored nothing, it has not
//! grown, and it takes the next good alert.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::hub::Hub;

/// For whatever the hub answers.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How much an input may make it grow: 64 MiB, in KiB.
const GROWTH: u64 = 64 * 1024;
/// How long one input may keep it busy; wall time, on a machine that does other things too.
const BUSY: Duration = Duration::from_secs(1);

pub struct Bystander {
    pub hub: Hub,
    /// May send alerts, and nothing else.
    pub ingest: String,
    journal: String,
    alerts: u32,
}

/// What an HTTP request came back with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub body: Vec<u8>,
    /// The connection ends with it.
    pub closes: bool,
}

/// How things stood before an input.
#[derive(Debug, Clone, Copy)]
pub struct Before {
    pub head: u64,
    memory: u64,
    pub began: Instant,
}

impl Bystander {
    pub fn start() -> Self {
        Bystander::with("")
    }

    /// With these further tables in its settings file.
    pub fn with(settings: &str) -> Self {
        let limits = "[hub.limits]\nrequests_per_second = 100000\nburst = 100000\n";
        let hub = Hub::start(&format!("{limits}{settings}"));
        let made = hub.json(&["token", "create", "prometheus", "--role", "ingest"]);
        let ingest = made["token"].as_str().unwrap().to_owned();
        let mut bystander = Bystander { hub, ingest, journal: String::new(), alerts: 0 };
        let hello = bystander.feed().frame();
        bystander.journal = hello["journal"].as_str().unwrap().to_owned();
        bystander
    }

    /// A request with a body, by hand, as some senders' libraries make them.
    pub fn post(&self, path: &str, token: &str, headers: &str, body: &[u8]) -> Answered {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n{headers}Content-Length: {}\r\n\
             Connection: close\r\n\r\n",
            body.len()
        );
        let answer = self.send(&[head.as_bytes(), body].concat());
        answer.unwrap_or_else(|| panic!("{path}: the hub answered nothing"))
    }

    pub fn get(&self, path: &str) -> Value {
        let token = self.hub.token();
        let head = format!(
            "GET /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        let answer = self.send(head.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// Sends bytes as they are; `None` when the hub closes without an answer. Panics when it does neither in time.
    pub fn send(&self, bytes: &[u8]) -> Option<Answered> {
        let mut stream = TcpStream::connect(self.hub.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // It may answer and close before all of it is sent.
        drop(stream.write_all(bytes));
        let mut answer = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(answered) = answered(&answer) {
                return Some(answered);
            }
            match stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(read) => answer.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("neither answered nor closed: {error}"),
            }
        }
    }

    /// The seq of the last entry.
    pub fn head(&self) -> u64 {
        self.get(&format!("/entries?after={}:0&limit=1", self.journal))["head"].as_u64().unwrap()
    }

    /// A place in its journal, for `tail --after`.
    pub fn beginning(&self) -> String {
        format!("{}:0", self.journal)
    }

    pub fn set_aside(&self) -> usize {
        self.get("/deadletters?limit=200")["items"].as_array().unwrap().len()
    }

    /// Resident memory in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.hub.process_id()));
        let status = status.expect("the hub lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the hub lives");
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub fn before(&self) -> Before {
        Before { head: self.head(), memory: self.memory(), began: Instant::now() }
    }

    /// What holds after every input.
    #[track_caller]
    pub fn unmoved(&mut self, before: Before, what: &str) {
        self.well(before, what);
        assert_eq!(self.head(), before.head, "{what}: something was stored");
        self.good_alert(what);
    }

    /// What holds after an input that was taken.
    #[track_caller]
    pub fn moved(&mut self, before: Before, what: &str) {
        self.well(before, what);
        assert!(self.head() > before.head, "{what}: nothing was stored");
        self.good_alert(what);
    }

    #[track_caller]
    fn well(&self, before: Before, what: &str) {
        let took = before.began.elapsed();
        assert!(took < BUSY, "{what}: {took:?}");
        let grown = self.memory().saturating_sub(before.memory);
        assert!(grown < GROWTH, "{what}: grown by {grown} KiB");
    }

    #[track_caller]
    pub fn good_alert(&mut self, after: &str) {
        self.alerts += 1;
        let before = self.head();
        let labels = json!({"alertname": "Good", "service": "good", "severity": "warning", "number": self.alerts.to_string()});
        let body = json!([{"labels": labels}]).to_string();
        let answer =
            self.post("/api/v2/alerts", &self.ingest, "Content-Type: application/json\r\n", body.as_bytes());
        assert_eq!(answer.status, 200, "a good alert after {after}");
        assert!(self.head() > before, "a good alert after {after}");
    }

    pub fn feed(&self) -> Feed {
        let mut stream = TcpStream::connect(self.hub.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "GET /api/v1/feed HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.hub.token()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        Feed(stream)
    }
}

/// The answer, once it is whole.
fn answered(answer: &[u8]) -> Option<Answered> {
    let head_end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..head_end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    assert!(!head.contains("transfer-encoding"), "an answer in chunks: {head}");
    let body = answer.get(head_end + 4..head_end + 4 + length)?.to_vec();
    let closes = head.contains("connection: close");
    Some(Answered { status, body, closes })
}

/// A websocket after its handshake, frame by frame.
pub struct Feed(TcpStream);

/// A frame of the hub.
pub struct Framed {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl Feed {
    pub fn write(&mut self, bytes: &[u8]) {
        // The hub may close before all of it is sent.
        drop(self.0.write_all(bytes));
    }

    /// The next frame; `None` when the connection has ended.
    pub fn next(&mut self) -> Option<Framed> {
        let mut two = [0; 2];
        self.0.read_exact(&mut two).ok()?;
        let length = match two[1] {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).ok()?;
                usize::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.0.read_exact(&mut length).ok()?;
                usize::try_from(u64::from_be_bytes(length)).unwrap()
            }
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).ok()?;
        Some(Framed { opcode: two[0] & 0x0f, payload })
    }

    /// The first text that comes, as JSON.
    pub fn frame(&mut self) -> Value {
        loop {
            let frame = self.next().expect("a frame");
            if frame.opcode == 1 {
                return serde_json::from_slice(&frame.payload).unwrap();
            }
        }
    }

    /// The code with which the hub closes; `None` when it ends without one.
    pub fn closed(&mut self) -> Option<u16> {
        loop {
            let frame = self.next()?;
            if frame.opcode == 8 {
                let code = frame.payload.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]]));
                return Some(code.unwrap_or(1005));
            }
        }
    }
}
