//! More happens than anybody can read, while somebody has the room open and types.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::PATIENCE;
use crate::feeds::Resync;
use crate::hub::{Setup, memory_of};
use crate::scene::Scene;
use crate::support::eventually;
use crate::watcher::Watcher;

/// Each batch of alerts is an entry in each of so many incidents.
const INCIDENTS: usize = 20;
const ENTRIES: usize = 6_000;
/// A key, and one that takes it back, so many times meanwhile.
const PAIRS: usize = 12;
/// What a key does shows within this, also in a build without optimisation on a machine that is busy with other things;
/// how quick it is on a quiet one is for the benches to say.
const SHOWN: Duration = Duration::from_secs(5);
/// However much comes in: data has 10 frames a second at most, and keys have theirs at once.
const FRAMES_A_SECOND: f64 = 15.0;
const FRAMES_A_PAIR: usize = 3;
/// Of the terminal, in KiB.
const MEMORY: u64 = 200 * 1024;

#[test]
fn in_a_storm_of_entries_a_key_shows_at_once_frames_are_few_and_the_last_entry_is_seen() {
    let settings = "[hub.policy.storm]\nincidents = 1000\nwithin = 300\n".to_owned();
    let mut scene = Scene::open(Setup { settings, ..Setup::default() });
    // The clients beside the terminal may have to begin anew; that the terminal keeps up is what this is about.
    scene.resync = Resync::Allowed;
    batch(&scene, "id-storm-first");
    let watcher = Watcher::of(&scene.hub);
    let room = watcher.terminal((120, 40), &[], &[]);
    room.wait_for_text(&format!("{INCIDENTS} open"), PATIENCE);
    // The timeline of all incidents.
    room.send_keys("T");
    room.wait_for_text("Timeline of the room", PATIENCE);

    let stop = Arc::new(AtomicBool::new(false));
    let sent = Arc::new(AtomicUsize::new(0));
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let (driver, stop, sent) = (scene.driver.clone(), Arc::clone(&stop), Arc::clone(&sent));
            scene.runtime.spawn(async move {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let id = format!("id-storm-{sender}-{number}");
                    let url = format!("http://{}/api/v2/alerts", driver.address);
                    let request = driver.http.post(url).bearer_auth(&driver.integration).json(&alerts(&id));
                    let answer = request.send().await.unwrap();
                    assert!(answer.status().is_success(), "{}", answer.status());
                    (0..INCIDENTS).for_each(|service| driver.ledger.accept(&format!("{id}-{service}"), None));
                    sent.fetch_add(INCIDENTS, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let (began, before) = (Instant::now(), room.bytes_written());
    let mut slowest = Duration::ZERO;
    for pair in 1..=PAIRS {
        eventually("the storm comes about", PATIENCE, || {
            (sent.load(Ordering::Relaxed) >= ENTRIES * pair / PAIRS).then_some(())
        });
        let pressed = Instant::now();
        room.send_keys("?");
        room.wait_for_text("Keys", SHOWN);
        room.send_keys("?");
        room.wait_for(|screen| !screen.contents().contains("Keys"), SHOWN);
        slowest = slowest.max(pressed.elapsed());
    }
    let (took, raw) = (began.elapsed(), room.raw());
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        scene.runtime.block_on(sender).unwrap();
    }
    let frames = String::from_utf8_lossy(&raw[before..]).matches("\x1b[?2026h").count();
    let most = FRAMES_A_SECOND * took.as_secs_f64() + (FRAMES_A_PAIR * PAIRS) as f64;
    eprintln!(
        "{} entries in {took:?}, {frames} frames, slowest pair of keys {slowest:?}",
        sent.load(Ordering::Relaxed)
    );
    assert!(frames > PAIRS && frames as f64 <= most, "{frames} frames in {took:?}");

    let last = json!({ "text": "id-storm-last the storm is over" });
    scene.runtime.block_on(scene.driver.command("id-storm-last", "/incidents/INC-1/notes", &last));
    room.wait_for_text("the storm is over", PATIENCE);
    let memory = memory_of(room.process_id());
    assert!(memory > 0 && memory < MEMORY, "the terminal took {memory} KiB");
    room.send_keys("q");
    assert!(room.wait_for_exit(PATIENCE).success());
    scene.check();
}

/// A new alert for each incident; the first declare them.
fn alerts(id: &str) -> Value {
    let alert = |service: usize| {
        json!({
            "labels": { "alertname": "Storm", "severity": "critical", "service": format!("shop-{service}"),
                        "instance": format!("{id}-{service}") },
            "startsAt": "2026-11-23T12:00:00Z", "endsAt": "2126-11-23T12:00:00Z",
        })
    };
    (0..INCIDENTS).map(alert).collect()
}

fn batch(scene: &Scene, id: &str) {
    let url = format!("http://{}/api/v2/alerts", scene.driver.address);
    let request = scene.driver.http.post(url).bearer_auth(&scene.driver.integration).json(&alerts(id));
    let answer = scene.runtime.block_on(request.send()).unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
}
