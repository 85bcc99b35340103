//! A thousand terminals that come at once, or hundreds: back after a restart, or from the very beginning of the journal.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::feeds::{Socket, connect};
use crate::hub::Setup;
use crate::means::attempt;
use crate::scene::Scene;
use crate::support::eventually;

const READERS: usize = 1000;
/// Of those who want everything: each is sent as much as many others.
const NEWCOMERS: usize = 300;
/// For the coming of all before anything has happened.
const ARRIVAL: Duration = Duration::from_secs(180);
/// From the moment that the hub is there again to the last one's being back.
const ALL_BACK: Duration = Duration::from_secs(60);
/// With what the tests beside this one have open.
const FILES: u64 = 8192;

/// A terminal that keeps nothing but its place, and sees that nothing is left out, repeated or out of order.
#[derive(Default)]
struct Reader {
    seen: AtomicU64,
    /// Whether its present connection has brought it as far as the hub was when it greeted.
    is_there: AtomicBool,
    is_wrong: AtomicBool,
}

impl Reader {
    /// With a `journal` from its beginning, else from a room in its place.
    async fn follow(self: Arc<Self>, address: SocketAddr, token: String, mut journal: Option<String>) {
        let mut failures = 0_u32;
        loop {
            let seen = self.seen.load(Ordering::SeqCst);
            let after =
                journal.as_ref().map(|journal| format!("?after={journal}:{seen}")).unwrap_or_default();
            if let Ok(Ok(socket)) = timeout(Duration::from_secs(10), connect(address, &token, &after)).await {
                self.read(socket, &mut journal).await;
                if self.is_there.swap(false, Ordering::SeqCst) {
                    failures = 0;
                }
            }
            // As terminals do: somewhere within a span that doubles.
            let span =
                Duration::from_millis(500).saturating_mul(1 << failures.min(6)).min(Duration::from_secs(30));
            failures += 1;
            sleep(span.mul_f64(rand::random())).await;
        }
    }

    async fn read(&self, mut socket: Socket, journal: &mut Option<String>) {
        let mut head = u64::MAX;
        while let Ok(Some(Ok(message))) = timeout(Duration::from_secs(12), socket.next()).await {
            let Message::Text(text) = message else { continue };
            // Only what tells the place is read: a thousand of them must cost less than the hub.
            if let Some(rest) = text.strip_prefix(r#"{"type":"snapshot","seq":"#) {
                let seq = number(rest);
                if self.seen.swap(seq, Ordering::SeqCst) > seq {
                    self.note_wrong();
                }
            } else if text.starts_with(r#"{"type":"hello""#) {
                let Ok(hello) = serde_json::from_str::<Value>(&text) else { return self.note_wrong() };
                *journal = hello["journal"].as_str().map(str::to_owned);
                head = hello["head"]["seq"].as_u64().unwrap_or(u64::MAX);
            } else if text.starts_with(r#"{"type":"entries""#) {
                for seq in text.split(r#"{"seq":"#).skip(1).map(number) {
                    if self.seen.fetch_add(1, Ordering::SeqCst) + 1 != seq {
                        self.note_wrong();
                    }
                }
            }
            if self.seen.load(Ordering::SeqCst) >= head {
                self.is_there.store(true, Ordering::SeqCst);
            }
        }
    }

    fn note_wrong(&self) {
        self.is_wrong.store(true, Ordering::SeqCst);
    }
}

/// The number that a text begins with.
fn number(text: &str) -> u64 {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().unwrap_or_default()
}

struct Crowd(Vec<Arc<Reader>>);

impl Crowd {
    fn come(scene: &Scene, readers: usize, journal: Option<&str>) -> Crowd {
        let readers: Vec<Arc<Reader>> = (0..readers).map(|_| Arc::default()).collect();
        for reader in &readers {
            let (address, token) = (scene.driver.address, scene.driver.token.clone());
            scene.runtime.spawn(Arc::clone(reader).follow(address, token, journal.map(str::to_owned)));
        }
        Crowd(readers)
    }

    fn there(&self) -> usize {
        self.0.iter().filter(|reader| reader.is_there.load(Ordering::SeqCst)).count()
    }

    #[track_caller]
    fn wait_until_all_are_there(&self, within: Duration) {
        let began = Instant::now();
        eventually("everybody is there", within, || (self.there() == self.0.len()).then_some(()));
        eprintln!("{} there after {:?}", self.0.len(), began.elapsed());
    }

    /// Nothing was left out, repeated or out of order for anybody, and all know what the journal has.
    #[track_caller]
    fn check(&self, head: u64) {
        eventually("everybody knows all", ALL_BACK, || {
            self.0.iter().all(|reader| reader.seen.load(Ordering::SeqCst) >= head).then_some(())
        });
        let wrong = self.0.iter().filter(|reader| reader.is_wrong.load(Ordering::SeqCst)).count();
        assert_eq!(wrong, 0, "readers who heard something left out, repeated or out of order");
    }
}

/// How many files this process may have open at once.
fn files() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(u64::MAX)
}

/// None where a process may not open as many files as this needs; what it starts may as many.
fn scene() -> Option<Scene> {
    if files() < FILES {
        let ours = std::process::id().to_string();
        if let Err(why) = attempt(&["prlimit", "--pid", &ours, &format!("--nofile={FILES}:{FILES}")]) {
            eprintln!("skipped: {FILES} files cannot be open at once here: {why}");
            return None;
        }
    }
    Some(Scene::open(Setup::default()))
}

fn head(scene: &mut Scene) -> u64 {
    scene.settle().seq.0
}

#[test]
fn a_thousand_terminals_are_back_within_a_minute_of_a_killed_hubs_return_and_commands_go_on() {
    let Some(mut scene) = scene() else { return };
    scene.load();
    scene.accepts(40);
    head(&mut scene);
    let crowd = Crowd::come(&scene, READERS, None);
    crowd.wait_until_all_are_there(ARRIVAL);
    scene.hub.kill();
    eventually("everybody has noticed", ALL_BACK, || (crowd.there() == 0).then_some(()));
    scene.hub.start_again();
    let mut slowest = Duration::ZERO;
    let mut number = 0;
    let returned = Instant::now();
    // A command after another, until half of them are there.
    while number == 0 || (crowd.there() < READERS / 2 && returned.elapsed() < ALL_BACK) {
        let id = format!("id-calm-{number}");
        let body = json!({ "title": id, "severity": "SEV3" });
        let began = Instant::now();
        scene.runtime.block_on(scene.driver.command(&id, "/incidents", &body));
        slowest = slowest.max(began.elapsed());
        number += 1;
        // Twenty a second at most: it is not they who keep the hub busy.
        std::thread::sleep(Duration::from_millis(50));
    }
    crowd.wait_until_all_are_there(ALL_BACK);
    eprintln!("{number} commands meanwhile, the slowest took {slowest:?}");
    assert!(slowest < ALL_BACK, "a command waited {slowest:?}");
    let head = head(&mut scene);
    crowd.check(head);
    scene.check();
}

#[test]
fn hundreds_of_terminals_that_want_the_whole_journal_get_it_in_order_while_others_go_on() {
    let Some(mut scene) = scene() else { return };
    scene.load();
    scene.accepts(100);
    head(&mut scene);
    let journal = scene.runtime.block_on(crate::feeds::look(scene.driver.address, &scene.driver.token));
    let journal = journal.unwrap().0.journal.to_string();
    let crowd = Crowd::come(&scene, NEWCOMERS, Some(&journal));
    // Meanwhile those who were there before hear of what is done now.
    for number in 0..20 {
        let id = format!("id-calm-{number}");
        let body = json!({ "title": id, "severity": "SEV3" });
        let answer = scene.runtime.block_on(scene.driver.command(&id, "/incidents", &body));
        let seq = answer["seq"].as_u64();
        eventually("those who were there hear of it", ALL_BACK, || {
            scene.feeds.iter().all(|feed| feed.seen() >= seq).then_some(())
        });
    }
    crowd.wait_until_all_are_there(ARRIVAL);
    let head = head(&mut scene);
    crowd.check(head);
    scene.check();
}
