//! Many readers of one hub's feed, who come back after it was restarted: `crowd http://HUB TOKEN-FILE READERS`.
//!
//! Says `ready` once all are there. From then on it sends a command twenty times a second. When the hub goes and comes
//! back, all readers resume where they were, with the terminal's own waits (full jitter); once everybody is there again
//! it prints what it took as one JSON object, and ends.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use rand::RngExt as _;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Crowd {
    hub: String,
    token: String,
    there: AtomicUsize,
    /// How many have lost the hub at least once.
    lost_it: AtomicUsize,
    /// How many are there again for the first time after that.
    came_back: AtomicUsize,
    /// Moves at each coming and going.
    changed: watch::Sender<()>,
    /// How many may come at once the first time: all of them only come back together.
    door: Semaphore,
    /// How long each alert took that was answered.
    took: Mutex<Vec<Duration>>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // Plain HTTP needs none, but the client is not made without.
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "another provider is there already")?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [hub, token, readers] = arguments.as_slice() else {
        return Err("crowd http://HUB TOKEN-FILE READERS".into());
    };
    let readers: usize = readers.parse()?;
    let crowd = Arc::new(Crowd {
        hub: hub.trim_start_matches("http://").to_owned(),
        token: std::fs::read_to_string(token)?.trim().to_owned(),
        there: AtomicUsize::new(0),
        lost_it: AtomicUsize::new(0),
        came_back: AtomicUsize::new(0),
        changed: watch::Sender::new(()),
        door: Semaphore::new(64),
        took: Mutex::default(),
    });
    for _ in 0..readers {
        tokio::spawn(Arc::clone(&crowd).read());
    }
    crowd.until(|crowd| count(&crowd.there) == readers).await;
    println!("ready");
    let commands = tokio::spawn(Arc::clone(&crowd).command());
    crowd.until(|crowd| count(&crowd.lost_it) > 0).await;
    let gone = Instant::now();
    crowd.until(|crowd| count(&crowd.came_back) > 0).await;
    let first = Instant::now();
    // The first may be back before the last has noticed.
    crowd.until(|crowd| count(&crowd.came_back) == readers && count(&crowd.there) == readers).await;
    let all = Instant::now();
    commands.abort();
    let mut took = crowd.took.lock().map_err(|_| "a command panicked")?.clone();
    took.sort_unstable();
    let at =
        |part: usize| took.get(took.len().saturating_sub(1) * part / 100).map_or(0.0, Duration::as_secs_f64);
    let result = serde_json::json!({
        "readers": readers,
        "down_s": (first - gone).as_secs_f64(),
        "all_back_s": (all - first).as_secs_f64(),
        "commands": took.len(),
        "command_p50_ms": at(50) * 1000.0,
        "command_p99_ms": at(99) * 1000.0,
    });
    println!("{result}");
    Ok(())
}

fn count(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::SeqCst)
}

impl Crowd {
    async fn until(&self, enough: impl Fn(&Self) -> bool) {
        let mut changed = self.changed.subscribe();
        while !enough(self) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// One reader, who comes back for ever.
    async fn read(self: Arc<Self>) {
        let (mut cursor, mut failures, mut times) = (String::new(), 0_u32, 0_u32);
        loop {
            if self.follow(&mut cursor, &mut failures, times).await.is_ok() {
                self.there.fetch_sub(1, Ordering::SeqCst);
                if times == 0 {
                    self.lost_it.fetch_add(1, Ordering::SeqCst);
                }
                times += 1;
                self.changed.send_replace(());
            }
            let span =
                Duration::from_millis(500).saturating_mul(1 << failures.min(6)).min(Duration::from_secs(30));
            failures += 1;
            let part: f64 = rand::rng().random();
            sleep(span.mul_f64(part)).await;
        }
    }

    /// Reads until the connection ends; an error if it never began. `times` is how often that went well before.
    async fn follow(&self, cursor: &mut String, failures: &mut u32, times: u32) -> Result<(), Failure> {
        let permit = if cursor.is_empty() { Some(self.door.acquire().await?) } else { None };
        let mut request = format!("ws://{}/api/v1/feed?after={cursor}", self.hub).into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {}", self.token).parse()?);
        let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(1024);
        let opening = connect_async_with_config(request, Some(config), true);
        let (mut socket, _) = timeout(Duration::from_secs(10), opening).await??;
        let (mut journal, mut is_there) = (String::new(), false);
        let mut permit = permit;
        // Twelve seconds without a heartbeat: it is dead.
        while let Ok(Some(Ok(message))) = timeout(Duration::from_secs(12), socket.next()).await {
            let Message::Text(text) = message else { continue };
            // Only what tells the place is read, so that the readers cost less than the hub.
            if text.starts_with(r#"{"type":"hello""#) {
                let hello: Value = serde_json::from_str(&text)?;
                journal = hello["journal"].as_str().unwrap_or_default().to_owned();
                *cursor = format!("{journal}:{}", hello["head"]["seq"]);
            } else if text.starts_with(r#"{"type":"entries""#)
                && let Some((_, last)) = text.rsplit_once(r#"{"seq":"#)
            {
                let digits: String = last.chars().take_while(char::is_ascii_digit).collect();
                *cursor = format!("{journal}:{digits}");
            } else if text.starts_with(r#"{"type":"health""#) && !is_there {
                is_there = true;
                *failures = 0;
                drop(permit.take());
                self.there.fetch_add(1, Ordering::SeqCst);
                if times == 1 {
                    self.came_back.fetch_add(1, Ordering::SeqCst);
                }
                self.changed.send_replace(());
            }
        }
        if is_there { Ok(()) } else { Err("it ended before it began".into()) }
    }

    /// Twenty alerts a second.
    async fn command(self: Arc<Self>) {
        let http = reqwest::Client::new();
        for number in 0_u64.. {
            sleep(Duration::from_millis(50)).await;
            let body = format!(r#"[{{"labels":{{"alertname":"Crowd","number":"{number}"}}}}]"#);
            let request = http.post(format!("http://{}/api/v2/alerts", self.hub)).bearer_auth(&self.token);
            let crowd = Arc::clone(&self);
            tokio::spawn(async move {
                let began = Instant::now();
                let answered = request.body(body).timeout(Duration::from_secs(30)).send().await;
                if answered.is_ok_and(|answer| answer.status().is_success())
                    && let Ok(mut took) = crowd.took.lock()
                {
                    took.push(began.elapsed());
                }
            });
        }
    }
}
