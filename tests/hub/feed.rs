use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use warroom::domain::ids::Seq;
use warroom::hub::Settings;
use warroom::hub::settings::Limits;

use crate::faulty::{Disk, Fault, Faulty};
use crate::room::{Feed, Room, memory, settings};

fn seq(outcome: &Value) -> u64 {
    outcome["seq"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_reaches_every_terminal_in_the_same_order() {
    let room = Room::open().await;
    let (mut one, mut two) = (room.feed("oli", None).await, room.feed("ana", None).await);
    for feed in [&mut one, &mut two] {
        let hello = feed.next().await.unwrap();
        assert_eq!((hello["type"].as_str(), hello["protocol"].as_u64()), (Some("hello"), Some(1)));
        assert_eq!(feed.next().await.unwrap()["type"], "policy");
        assert_eq!(feed.next().await.unwrap()["type"], "snapshot");
    }
    let incident = room.declare("Checkout is slow").await;
    let last = room.done("kim", &format!("/incidents/{incident}/acknowledge"), json!({})).await;
    let seen = one.entries_up_to(seq(&last)).await;
    assert_eq!(seen, two.entries_up_to(seq(&last)).await);
    assert!(seen.iter().map(|(seq, _)| *seq).eq(1..=seq(&last)), "{seen:?}");
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_was_away_gets_exactly_what_it_missed() {
    let room = Room::open().await;
    let incident = room.declare("Checkout is slow").await;
    let mut feed = room.feed("oli", None).await;
    let journal = feed.frame("hello").await["journal"].as_str().unwrap().to_owned();
    let from = feed.frame("snapshot").await["seq"].as_u64().unwrap();
    drop(feed);
    let path = format!("/incidents/{incident}/notes");
    let mut writers = Vec::new();
    for number in 0..50 {
        writers.push(room.command("ana", &path, json!({"text": format!("{number}")})).send());
    }
    // Some of it happens while the terminal connects.
    let (written, feed) = tokio::join!(
        futures_util::future::join_all(writers),
        room.feed("oli", Some(format!("{journal}:{from}")))
    );
    let mut last = 0;
    for answer in written {
        last = last.max(seq(&answer.unwrap().json().await.unwrap()));
    }
    let mut feed = feed;
    assert_eq!(feed.next().await.unwrap()["type"], "hello");
    let seen = feed.entries_up_to(last).await;
    assert!(seen.iter().map(|(seq, _)| *seq).eq(from + 1..=last), "{seen:?}");
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_from_another_journal_gets_the_room_and_its_last_entries() {
    let room = Room::open().await;
    let incident = room.declare("Checkout is slow").await;
    let other = "01932c07-209c-7d55-b4c1-9b0f4a6f1a10:812".to_owned();
    let mut feed = room.feed("oli", Some(other)).await;
    let snapshot = feed.frame("snapshot").await;
    assert_eq!(snapshot["room"]["incidents"][&incident]["title"], "Checkout is slow");
    let recent = snapshot["recent"].as_array().unwrap();
    assert_eq!(recent.last().unwrap()["seq"], snapshot["seq"]);
    let parsed: warroom::wire::frame::Frame = serde_json::from_value(snapshot).unwrap();
    assert!(matches!(parsed, warroom::wire::frame::Frame::Snapshot { .. }));
    for kind in ["heartbeat", "health", "gauges", "presence"] {
        let mut feed = room.feed("oli", None).await;
        feed.frame(kind).await;
    }
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_sent_in_pieces_arrives_whole() {
    let room = Room::open().await;
    let incident = room.declare("Checkout is slow").await;
    let text = "ä€🚀".repeat(3_000);
    for _ in 0..20 {
        room.done("ana", &format!("/incidents/{incident}/notes"), json!({"text": text})).await;
    }
    let snapshot = room.feed("oli", None).await.frame("snapshot").await;
    let recent = snapshot["recent"].as_array().unwrap();
    assert_eq!(recent.iter().filter(|entry| entry["event"]["text"] == text).count(), 20);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_it_gets_long_frames_packed_and_they_say_the_same() {
    let room = Room::open().await;
    let incident = room.declare("Checkout is slow").await;
    for number in 0..200 {
        let note = json!({"text": format!("kubectl says the same for the {number}th time")});
        room.done("ana", &format!("/incidents/{incident}/notes"), note).await;
    }
    let plain = room.feed("oli", None).await.frame("snapshot").await;
    let mut packing = Feed::ask(room.hub.address, "oli", "?pack=gzip").await.unwrap();
    let journal = packing.frame("hello").await["journal"].as_str().unwrap().to_owned();
    let mut packed = packing.frame("snapshot").await;
    let bytes = packed["packed"].take().as_u64().unwrap();
    assert!(bytes * 5 < plain.to_string().len() as u64, "{bytes}");
    packed.as_object_mut().unwrap().remove("packed");
    assert_eq!(packed, plain);

    let query = format!("?pack=gzip&after={journal}:1");
    let missed = Feed::ask(room.hub.address, "oli", &query).await.unwrap().frame("entries").await;
    assert!(missed["packed"].is_u64() && missed["entries"][0]["seq"] == 2, "{missed}");
    let refused = Feed::ask(room.hub.address, "oli", "?pack=brotli").await;
    assert!(matches!(refused, Err(Error::Http(answer)) if answer.status() == 400));
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_knows_more_than_the_journal_is_told_that_it_went_back() {
    let room = Room::open().await;
    let mut feed = room.feed("oli", None).await;
    let journal = feed.frame("hello").await["journal"].as_str().unwrap().to_owned();
    let mut ahead = room.feed("oli", Some(format!("{journal}:99"))).await;
    let (reason, code) = ahead.closed().await;
    assert_eq!(code, 4410);
    assert!(reason.unwrap().contains("went back"));
    assert!(room.hub.metrics.text().contains("warroom_journal_went_back_total 1"));
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_is_dropped_and_others_notice_nothing() {
    let room = Room::open().await;
    let incident = room.declare("Checkout is slow").await;
    let mut good = room.feed("oli", None).await;
    good.frame("snapshot").await;
    // Opens the feed, and never reads on.
    let stuck = raw(&room).await;
    let text = "x".repeat(30_000);
    let (mut last, mut seen) = (0, Vec::new());
    for _ in 0..60 {
        let path = format!("/incidents/{incident}/notes");
        let notes = (0..16).map(|_| room.command("ana", &path, json!({"text": text})).send());
        for answer in futures_util::future::join_all(notes).await {
            let answer = answer.unwrap();
            if answer.status() == 429 {
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
            last = last.max(seq(&answer.json().await.unwrap()));
        }
        // As it comes: who reads nothing meanwhile is too slow, and rightly dropped.
        if seen.last().is_none_or(|(seq, _)| *seq < last) {
            seen.extend(good.entries_up_to(last).await);
        }
    }
    assert!(seen.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1));
    let dropped = async {
        while !room.hub.metrics.text().contains("warroom_resyncs_total{reason=\"too_slow\"} 1") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), dropped).await.expect("the stuck reader is dropped");
    drop(stuck);
    room.close().await;
}

/// A websocket after its handshake, byte by byte.
async fn raw(room: &Room) -> TcpStream {
    let mut stream = TcpStream::connect(room.hub.address).await.unwrap();
    let request = "GET /api/v1/feed HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wr_oli\r\nConnection: Upgrade\r\n\
                   Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_shows_who_looks_at_what() {
    use futures_util::SinkExt;
    let room = Room::open().await;
    let incident = room.declare("Checkout is slow").await;
    let mut feed = room.feed("oli", None).await;
    let mut ana = room.feed("ana", None).await;
    let looks = json!({"type": "presence", "incident": incident, "pane": "timeline"}).to_string();
    ana.socket().send(tokio_tungstenite::tungstenite::Message::text(looks)).await.unwrap();
    loop {
        let people = feed.frame("presence").await["people"].clone();
        let ana = people.as_array().unwrap().iter().find(|person| person["handle"] == "ana").cloned();
        if ana.is_some_and(|ana| ana["incident"] == *incident) {
            break;
        }
    }
    let responders = room.get("oli", "/responders").await;
    assert_eq!(responders["items"][0]["viewing"], *incident);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_makes_the_hub_read_only_and_room_makes_it_go_on_by_itself() {
    let disk = Disk::default();
    let room = Room::with(Box::new(Faulty { journal: memory(), disk: disk.clone() }), settings()).await;
    let incident = room.declare("Checkout is slow").await;
    let mut feed = room.feed("oli", None).await;
    assert_eq!(feed.frame("health").await["is"], "writable");
    let path = format!("/incidents/{incident}/notes");
    let known = room.command("ana", &path, json!({"text": "before"})).header("idempotency-key", "k");
    let first: Value = known.send().await.unwrap().json().await.unwrap();
    disk.set(Fault::Full);
    let refused = room.command("ana", &path, json!({"text": "lost?"})).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(refused.text().await.unwrap().contains("no space left"));
    assert_eq!(feed.frame("health").await["is"], "read_only");
    // Reading goes on, and what was written before is still known.
    room.get("oli", "/incidents").await;
    let again = room.command("ana", &path, json!({"text": "before"})).header("idempotency-key", "k");
    assert_eq!(again.send().await.unwrap().json::<Value>().await.unwrap(), first);
    let ready = room.http.get(format!("http://{}/readyz", room.hub.address)).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    disk.set(Fault::None);
    assert_eq!(feed.frame("health").await["is"], "writable");
    let after = room.done("ana", &path, json!({"text": "after"})).await;
    assert_eq!(seq(&after), seq(&first) + 1, "nothing of what was refused was written");
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_is_not_known_whether_something_was_written_the_disk_decides() {
    let disk = Disk::default();
    let room = Room::with(Box::new(Faulty { journal: memory(), disk: disk.clone() }), settings()).await;
    let incident = room.declare("Checkout is slow").await;
    let mut feed = room.feed("oli", None).await;
    feed.frame("snapshot").await;
    let path = format!("/incidents/{incident}/notes");
    let head = room.hub.room.read().seq;
    for (number, fault) in [(1, Fault::LostAnswer), (2, Fault::LostBatch)] {
        disk.set(fault);
        let answer = room.done("ana", &path, json!({"text": "once"})).await;
        assert_eq!(seq(&answer), head.0 + number, "{fault:?}");
    }
    let seen = feed.entries_up_to(head.0 + 2).await;
    assert_eq!(seen.len(), 2);
    assert_eq!(room.hub.room.read().seq, Seq(head.0 + 2));
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_terminals_are_told_to_come_back_and_the_room_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let options = warroom::journal::Options {
            seed: warroom::journal::Seed([9; 32]),
            now: "2026-11-23T12:00:00Z".parse().unwrap(),
            on_loss: warroom::journal::OnLoss::Refuse,
        };
        let place = warroom::journal::Location::Sqlite(folder.path().join("journal.db"));
        warroom::journal::open(&place, &options).unwrap()
    };
    let room = Room::with(open(), settings()).await;
    let incident = room.declare("Checkout is slow").await;
    let mut feed = room.feed("oli", None).await;
    let journal = feed.frame("hello").await["journal"].clone();
    let ((reason, code), ()) = tokio::join!(feed.closed(), room.close());
    assert_eq!(code, 1012);
    assert!(reason.unwrap().contains("restarting"));
    let room = Room::with(open(), settings()).await;
    assert_eq!(room.get("oli", &format!("/incidents/{incident}")).await["title"], "Checkout is slow");
    assert_eq!(room.feed("oli", None).await.frame("hello").await["journal"], journal);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_takes_only_so_many_readers_and_connections() {
    let limits = Limits { sessions: 1, connections: 3, ..Limits::default() };
    let room = Room::with(memory(), Settings { limits, ..settings() }).await;
    let mut first = room.feed("oli", None).await;
    first.frame("hello").await;
    assert!(Feed::connect(room.hub.address, "ana", None).await.is_err());
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(TcpStream::connect(room.hub.address).await.unwrap());
    }
    // Whichever came last is turned away at once; those who are let in and say nothing hear nothing for long.
    let answers = held.iter_mut().map(|stream| {
        Box::pin(async move {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        })
    });
    let (answer, _, _) = futures_util::future::select_all(answers).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    drop(held);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_others_could_reach_without_tls_does_not_start() {
    use std::sync::Arc;
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let parts = warroom::hub::Parts {
        journal: memory(),
        clock: Arc::new(warroom::hub::clock::SystemClock),
        random: Arc::new(warroom::hub::clock::SystemRandom),
        tokens: warroom::hub::auth::TokenSource::Memory(Vec::new()),
        demo: false,
    };
    let refused = warroom::hub::start(settings(), parts, listener, Default::default()).await.unwrap_err();
    assert!(refused.to_string().contains("tls_cert"), "{refused}");
}
