//! A service to be scraped: counters and gauges that the test drives, served as any exporter serves them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::listener::Listener;

/// What the exporter does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// 200 with the metrics.
    Serving,
    /// 503 without any.
    Failing,
    /// Takes the request and closes without a word.
    Silent,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
}

/// Metrics at `http://ADDRESS/metrics` (and at every other path).
pub struct Exporter {
    shared: Arc<Shared>,
    listener: Listener,
}

struct Shared {
    state: Mutex<State>,
    scraped: Condvar,
}

struct State {
    metrics: BTreeMap<String, (Kind, BTreeMap<String, f64>)>,
    health: Health,
    scrapes: u64,
}

impl Exporter {
    #[track_caller]
    pub fn start() -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State { metrics: BTreeMap::new(), health: Health::Serving, scrapes: 0 }),
            scraped: Condvar::new(),
        });
        let serving = Arc::clone(&shared);
        let listener = Listener::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), move |connection| {
            serving.answer(connection);
        });
        Self { shared, listener }
    }

    /// `127.0.0.1:PORT`, as a scrape target wants it.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Adds to a counter: `exporter.add("http_requests_total", &[("code", "500")], 3.0)`.
    pub fn add(&self, name: &str, labels: &[(&str, &str)], by: f64) {
        assert!(by >= 0.0, "a counter only grows");
        *self.shared.lock().sample(Kind::Counter, name, labels) += by;
    }

    /// Sets a gauge.
    pub fn set(&self, name: &str, labels: &[(&str, &str)], to: f64) {
        *self.shared.lock().sample(Kind::Gauge, name, labels) = to;
    }

    pub fn become_health(&self, health: Health) {
        self.shared.lock().health = health;
    }

    /// How often it was asked, in whatever health.
    pub fn scrapes(&self) -> u64 {
        self.shared.lock().scrapes
    }

    /// Waits until it was asked `more` times from now on, so that what was set before has surely been seen.
    #[track_caller]
    pub fn wait_for_scrapes(&self, more: u64, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let mut state = self.shared.lock();
        let goal = state.scrapes + more;
        while state.scrapes < goal {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "scraped {} times of {goal} within {timeout:?}", state.scrapes);
            (state, _) =
                self.shared.scraped.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, mut connection: TcpStream) {
        connection.set_read_timeout(Some(Duration::from_secs(10))).ok();
        let mut lines = BufReader::new(&connection).lines();
        while let Some(Ok(line)) = lines.next() {
            if line.is_empty() {
                break;
            }
        }
        let answer = {
            let state = self.lock();
            match state.health {
                Health::Serving => response("200 OK", &state.exposition()),
                Health::Failing => response("503 Service Unavailable", "failing, as the test asked\n"),
                Health::Silent => String::new(),
            }
        };
        // A scraper that has gone has lost nothing but this answer.
        connection.write_all(answer.as_bytes()).ok();
        self.lock().scrapes += 1;
        self.scraped.notify_all();
    }
}

impl State {
    fn sample(&mut self, kind: Kind, name: &str, labels: &[(&str, &str)]) -> &mut f64 {
        let (_, samples) = self.metrics.entry(name.to_owned()).or_insert_with(|| (kind, BTreeMap::new()));
        let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
        samples.entry(labels.join(",")).or_insert(0.0)
    }

    fn exposition(&self) -> String {
        let mut text = String::new();
        for (name, (kind, samples)) in &self.metrics {
            let kind = match kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
            };
            writeln!(text, "# TYPE {name} {kind}").ok();
            for (labels, value) in samples {
                writeln!(text, "{name}{{{labels}}} {value}").ok();
            }
        }
        text
    }
}

fn response(status: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}
