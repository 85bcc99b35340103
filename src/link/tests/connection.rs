//! What becomes of a connection.

use std::time::Duration;

use futures_util::SinkExt as _;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::bench::{Bench, Peer};
use crate::domain::ids::{Cursor, IncidentId, Seq};
use crate::domain::room::Room;
use crate::link::LinkEvent;
use crate::link::place::Place;
use crate::link::status::LinkStatus;
use crate::link::testing::{entries, head, journal};
use crate::wire::frame::Frame;

fn at(seq: u64) -> Place {
    Place { cursor: Some(Cursor { journal: journal(1), seq: Seq(seq) }), witness: None }
}

fn is_offline(status: &LinkStatus) -> bool {
    matches!(status, LinkStatus::Offline { .. })
}

/// The seqs of everything that was handed on, until the link is live.
async fn seqs_until_live(bench: &mut Bench) -> Vec<u64> {
    let mut seqs = Vec::new();
    loop {
        match bench.event().await {
            LinkEvent::Entries(entries) => seqs.extend(entries.iter().map(|entry| entry.seq.0)),
            LinkEvent::Status(status) if status.is_live() => return seqs,
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_cut_it_goes_on_where_it_was_without_a_hole() {
    let mut bench = Bench::new();
    let mut hub = bench.accept().await;
    assert_eq!(hub.after, None);
    hub.hello(head(1, 5), bench.now()).await;
    hub.snapshot(3).await;
    hub.entries(4, 5).await;
    assert_eq!(bench.status().await, LinkStatus::Connecting);
    assert_eq!(seqs_until_live(&mut bench).await, [4, 5]);
    drop(hub);
    bench.until(is_offline).await;
    let mut hub = bench.accept().await;
    assert_eq!(hub.after, Some(format!("{}:5", journal(1))));
    hub.hello(head(1, 8), bench.now()).await;
    hub.entries(6, 7).await;
    hub.entries(8, 8).await;
    assert_eq!(seqs_until_live(&mut bench).await, [6, 7, 8]);
}

#[tokio::test(start_paused = true)]
async fn a_gap_or_a_repetition_is_not_handed_on_but_asked_for_again() {
    for (first, last) in [(5, 6), (3, 4)] {
        let mut bench = Bench::with(at(3), None);
        let mut hub = bench.accept().await;
        hub.hello(head(1, 6), bench.now()).await;
        hub.entries(first, last).await;
        bench.until(is_offline).await;
        let mut hub = bench.accept().await;
        assert_eq!(hub.after, Some(format!("{}:3", journal(1))));
        hub.hello(head(1, 6), bench.now()).await;
        hub.entries(4, 6).await;
        assert_eq!(seqs_until_live(&mut bench).await, [4, 5, 6]);
    }
}

#[tokio::test(start_paused = true)]
async fn another_journal_comes_as_a_snapshot_and_without_one_it_is_not_taken() {
    let mut bench = Bench::with(at(900), None);
    let mut hub = bench.accept().await;
    hub.hello(head(2, 1), bench.now()).await;
    hub.entries(1, 1).await;
    bench.until(is_offline).await;
    let mut hub = bench.accept().await;
    hub.hello(head(2, 4), bench.now()).await;
    hub.snapshot(4).await;
    loop {
        match bench.event().await {
            LinkEvent::Snapshot { journal: of, room, .. } => {
                assert_eq!((of, room.seq), (journal(2), Seq(4)));
                break;
            }
            event => assert!(!matches!(event, LinkEvent::Entries(_)), "{event:?}"),
        }
    }
    bench.live().await;
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_went_back_is_an_alarm_until_it_is_whole_again_or_somebody_accepts_it() {
    let mut bench = Bench::with(at(9), None);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 4), bench.now()).await;
    hub.snapshot(4).await;
    let known = Cursor { journal: journal(1), seq: Seq(9) };
    let alarm = bench.until(|status| *status != LinkStatus::Connecting).await;
    assert_eq!(alarm, LinkStatus::Alarm { known, hub: head(1, 4) });
    // It looks again by itself, from where it was, and hands nothing on.
    let started = Instant::now();
    let mut hub = bench.accept().await;
    assert!(started.elapsed() >= Duration::from_secs(30), "{:?}", started.elapsed());
    assert_eq!(hub.after, Some(known.to_string()));
    hub.hello(head(1, 5), bench.now()).await;
    assert_eq!(bench.event().await, LinkEvent::Status(LinkStatus::Alarm { known, hub: head(1, 5) }));
    bench.link.accept_journal();
    let mut hub = bench.accept().await;
    assert_eq!(hub.after, None);
    hub.hello(head(1, 5), bench.now()).await;
    hub.snapshot(5).await;
    bench.live().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_was_seen_and_is_gone_after_a_restart_is_an_alarm() {
    let mut bench = Bench::with(at(9), None);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 9), bench.now()).await;
    // It is written, and the entry itself is not here yet.
    hub.heartbeat(head(1, 10), bench.now()).await;
    bench.live().await;
    while bench.link.witness() != Some(head(1, 10)) {
        sleep(Duration::from_millis(10)).await;
    }
    drop(hub);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 9), bench.now()).await;
    let alarm = bench.until(|status| matches!(status, LinkStatus::Alarm { .. })).await;
    let known = Cursor { journal: journal(1), seq: Seq(10) };
    assert_eq!(alarm, LinkStatus::Alarm { known, hub: head(1, 9) });
}

#[tokio::test(start_paused = true)]
async fn silence_is_late_after_7_s_lost_after_15_and_its_age_counts_from_the_last_word() {
    let mut bench = Bench::with(at(3), None);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    bench.live().await;
    let heard = bench.now();
    let late = bench.until(|status| !status.is_live()).await;
    assert_eq!(late, LinkStatus::Late { since: heard });
    assert_eq!(late.age(bench.now()), Some(Duration::from_secs(7)));
    // A word makes it live again.
    hub.heartbeat(head(1, 3), bench.now()).await;
    bench.live().await;
    let heard = bench.now();
    let offline = bench.until(is_offline).await;
    assert_eq!(offline.age(bench.now()), Some(Duration::from_secs(15)));
    assert!(matches!(offline, LinkStatus::Offline { since, .. } if since == heard), "{offline:?}");
    // While it cannot be reached, the age goes on.
    bench.go_down(true);
    let failed = bench.until(is_offline).await;
    assert!(matches!(failed, LinkStatus::Offline { since, .. } if since == heard), "{failed:?}");
    bench.go_down(false);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    bench.live().await;
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_on_a_slow_line_is_not_silence() {
    let mut bench = Bench::new();
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    let room = serde_json::json!({"type": "snapshot", "seq": 3, "room": crate::domain::room::Room { seq: Seq(3), ..Default::default() }, "recent": []});
    let mut text = room.to_string();
    text.push_str(&" ".repeat(600 - text.len()));
    let wire = hub.socket.get_mut();
    wire.write_all(&[0x81, 126, 2, 88]).await.unwrap();
    for part in text.as_bytes().chunks(10) {
        sleep(Duration::from_secs(2)).await;
        wire.write_all(part).await.unwrap();
    }
    assert_eq!(bench.status().await, LinkStatus::Connecting);
    assert!(bench.status().await.is_live());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_told_in_a_sentence_and_tried_again_slowly() {
    let mut bench = Bench::new();
    let first = bench.reject(401).await;
    let refused = bench.until(|status| *status != LinkStatus::Connecting).await;
    let LinkStatus::Refused { reason, .. } = refused else { panic!("{refused:?}") };
    assert!(reason.contains("ask an admin"), "{reason}");
    let second = bench.reject(404).await;
    assert!(second - first >= Duration::from_secs(30));
    let refused = bench.status().await;
    assert!(matches!(&refused, LinkStatus::Refused { reason, .. } if reason.contains("WARROOM_HUB")));
    bench.link.retry_now();
    assert!(bench.call().await - second < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_revoked_while_connected_is_refused_too() {
    let mut bench = Bench::with(at(3), None);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    bench.live().await;
    hub.text(r#"{"type":"resync","reason":"the token was revoked"}"#.to_owned()).await;
    let close = CloseFrame { code: 4401.into(), reason: "".into() };
    hub.socket.send_close(close).await;
    let refused = bench.until(|status| !status.is_live()).await;
    assert!(matches!(&refused, LinkStatus::Refused { reason, .. } if *reason == "the token was revoked"));
}

trait SendClose {
    async fn send_close(&mut self, frame: CloseFrame);
}

impl<S> SendClose for tokio_tungstenite::WebSocketStream<S>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    async fn send_close(&mut self, frame: CloseFrame) {
        futures_util::SinkExt::send(self, Message::Close(Some(frame))).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_hub_is_left_alone() {
    let mut bench = Bench::new();
    bench.reject(503).await;
    let status = bench.until(is_offline).await;
    assert!(matches!(&status, LinkStatus::Offline { why, .. } if why.contains("503")), "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_the_next_try_is_never_over_30_s_and_not_begun_anew_by_other_events() {
    let mut bench = Bench::new();
    bench.go_down(true);
    let link = bench.link.clone();
    tokio::spawn(async move {
        for number in 1.. {
            sleep(Duration::from_millis(300)).await;
            link.presence(Some(IncidentId(number)), None);
            drop(link.submit(super::bench::note(), None));
        }
    });
    let mut last = bench.call().await;
    for _ in 0..40 {
        // Somebody has to read, for a slow reader may hold the link up.
        while bench.events.try_recv().is_ok() {}
        let next = tokio::select! {
            next = bench.call() => next,
        };
        assert!(next - last <= Duration::from_secs(30), "{:?}", next - last);
        last = next;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_newer_hub_says_is_ignored_and_what_is_no_hub_is_told() {
    let mut bench = Bench::with(at(3), None);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    hub.text(r#"{"type":"weather","sunny":true}"#.to_owned()).await;
    bench.live().await;
    drop(hub);
    let mut other = bench.accept().await;
    other.text(r#"{"type":"weather"}"#.to_owned()).await;
    let lost = bench
        .until(|status| matches!(status, LinkStatus::Offline { why, .. } if why.contains("greet")))
        .await;
    assert!(is_offline(&lost));
    let mut newer = bench.accept().await;
    let hello = serde_json::json!({
        "type": "hello", "protocol": 2, "hub": "warroom 9", "journal": journal(1), "now": bench.now(),
        "head": head(1, 3), "you": {"handle": "ana", "role": "observer"},
    });
    newer.text(hello.to_string()).await;
    let refused = bench.until(|status| !is_offline(status)).await;
    assert!(
        matches!(&refused, LinkStatus::Refused { reason, .. } if reason.contains("update")),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_is_slow_holds_the_hub_up_and_then_misses_nothing() {
    const MANY: u64 = 2_000;
    let mut bench = Bench::with(at(0), None);
    let hub = bench.accept().await;
    let now = bench.now();
    let sending = tokio::spawn(async move {
        let mut hub = hub;
        hub.hello(head(1, MANY), now).await;
        for seq in 1..=MANY {
            hub.entries(seq, seq).await;
        }
        hub
    });
    sleep(Duration::from_secs(1)).await;
    assert!(!sending.is_finished());
    assert!(bench.events.len() <= 256);
    assert_eq!(seqs_until_live(&mut bench).await, (1..=MANY).collect::<Vec<_>>());
    drop(sending.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn presence_is_told_at_most_once_a_second_and_the_latest_wins() {
    let mut bench = Bench::with(at(3), None);
    bench.link.presence(Some(IncidentId(1)), None);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    assert!(hub.heard().await.unwrap().contains("INC-1"));
    let told = Instant::now();
    for number in 2..=40 {
        bench.link.presence(Some(IncidentId(number)), None);
    }
    assert!(hub.heard().await.unwrap().contains("INC-40"));
    assert!(told.elapsed() >= Duration::from_millis(990), "{:?}", told.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_round_trip_is_measured_and_the_clock_compared() {
    let mut bench = Bench::with(at(3), None);
    let mut hub = bench.accept().await;
    let ahead = Duration::from_secs(90);
    hub.hello(head(1, 3), bench.now().plus(ahead)).await;
    let answering = tokio::spawn(answer_slowly(hub));
    let mut offset = None;
    let status = loop {
        match bench.event().await {
            LinkEvent::Hello(welcome) => offset = Some(welcome.offset),
            LinkEvent::Status(status @ LinkStatus::Live { rtt: Some(_) }) => break status,
            _ => {}
        }
    };
    assert_eq!(offset.unwrap().0, 90_000);
    assert!(offset.unwrap().warning().is_some());
    assert_eq!(status, LinkStatus::Live { rtt: Some(Duration::from_millis(40)) });
    answering.abort();
}

/// Reads, and so answers pings, 40 ms after they were sent.
async fn answer_slowly(mut hub: Peer) {
    loop {
        sleep(Duration::from_millis(40)).await;
        if hub.heard().await.is_none() {
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_speaks_of_entries_and_does_not_send_them_is_left() {
    let mut bench = Bench::with(at(3), None);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    let now = bench.now();
    tokio::spawn(async move {
        loop {
            let frame = serde_json::json!({"type": "heartbeat", "now": now, "head": head(1, 4)}).to_string();
            if futures_util::SinkExt::send(&mut hub.socket, Message::text(frame)).await.is_err() {
                return;
            }
            sleep(Duration::from_secs(5)).await;
        }
    });
    bench.live().await;
    let lost = bench.until(is_offline).await;
    assert!(matches!(&lost, LinkStatus::Offline { why, .. } if why.contains("does not send")), "{lost:?}");
}

#[tokio::test(start_paused = true)]
async fn a_packed_frame_is_like_any_other_and_what_is_none_ends_the_connection() {
    let mut bench = Bench::new();
    let mut hub = bench.accept().await;
    hub.hello(head(1, 5), bench.now()).await;
    let room = Box::new(Room { seq: Seq(3), ..Room::default() });
    hub.packed(&Frame::Snapshot { seq: Seq(3), room, recent: Vec::new() }).await;
    hub.packed(&Frame::Entries { entries: entries(4..=5) }).await;
    assert_eq!(seqs_until_live(&mut bench).await, [4, 5]);
    hub.socket.send(Message::binary(b"what no hub sends".as_slice())).await.unwrap();
    let LinkStatus::Offline { why, .. } = bench.until(is_offline).await else { unreachable!() };
    assert!(why.contains("cannot read") && why.contains("gzip"), "{why}");
}
