//! What the writer tells everybody: entries as ready websocket frames, the head, and whether the hub can write.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::{broadcast, watch};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::domain::event::Entry;
use crate::domain::ids::{Head, Seq};
use crate::journal::Encoded;
use crate::wire::frame::{Frame, Health};

/// The most bytes of entries that one frame holds, unless a single entry is larger.
pub const FRAME_BYTES: usize = 64 * 1024;
/// How many frames a reader may be behind before it has to start again from the journal.
const BEHIND: usize = 512;

const OPEN: &str = r#"{"type":"entries","entries":["#;
const CLOSE: &str = "]}";

/// Some consecutive entries, encoded once for all who read them. Only the text is kept: many of these wait at once.
#[derive(Debug, Clone)]
pub struct Published {
    pub first: Seq,
    pub last: Seq,
    pub frame: Utf8Bytes,
}

impl Published {
    fn of(entries: &[Encoded]) -> Option<Self> {
        let (first, last) = (entries.first()?.entry.seq, entries.last()?.entry.seq);
        Some(Published { first, last, frame: frame_of(entries.iter().map(|encoded| &*encoded.json)) })
    }

    /// The entries as values, for reactors.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        match serde_json::from_str(&self.frame) {
            Ok(Frame::Entries { entries }) => entries,
            Ok(_) | Err(_) => {
                tracing::error!(first = %self.first, "our own frame of entries cannot be read back");
                Vec::new()
            }
        }
    }

    /// The frame without what the reader already has.
    pub(super) fn frame_after(&self, seen: Seq) -> Option<Utf8Bytes> {
        #[derive(Deserialize)]
        struct Entries<'a> {
            #[serde(borrow)]
            entries: Vec<&'a RawValue>,
        }
        if seen < self.first {
            return Some(self.frame.clone());
        }
        // They are consecutive, so that counting tells which is which.
        let known = usize::try_from(seen.0 - self.first.0 + 1).ok()?;
        let all: Entries<'_> = serde_json::from_str(&self.frame).ok()?;
        let rest = all.entries.get(known..).filter(|rest| !rest.is_empty())?;
        Some(frame_of(rest.iter().map(|raw| raw.get())))
    }
}

fn frame_of<'a>(entries: impl Iterator<Item = &'a str> + Clone) -> Utf8Bytes {
    let length: usize = entries.clone().map(|json| json.len() + 1).sum();
    let mut frame = String::with_capacity(OPEN.len() + length + CLOSE.len());
    frame.push_str(OPEN);
    for (index, json) in entries.enumerate() {
        if index > 0 {
            frame.push(',');
        }
        frame.push_str(json);
    }
    frame.push_str(CLOSE);
    frame.into()
}

/// Cuts consecutive entries into frames of at most [`FRAME_BYTES`].
pub fn cut(entries: &[Encoded]) -> Vec<Published> {
    let mut frames = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (index, encoded) in entries.iter().enumerate() {
        let size = encoded.json.len() + 1;
        if bytes + size > FRAME_BYTES && index > from {
            frames.extend(entries.get(from..index).and_then(Published::of));
            (from, bytes) = (index, 0);
        }
        bytes += size;
    }
    frames.extend(entries.get(from..).and_then(Published::of));
    frames
}

/// A frame as text. Our own frames always encode; were one not to, nobody would see half of it.
pub(super) fn encode(frame: &Frame) -> Utf8Bytes {
    match serde_json::to_string(frame) {
        Ok(text) => text.into(),
        Err(error) => {
            tracing::error!(%error, "a frame could not be encoded and is left out");
            Utf8Bytes::from_static(r#"{"type":"unknown"}"#)
        }
    }
}

/// The writer's end of what everybody hears.
#[derive(Debug)]
pub struct Feed {
    frames: broadcast::Sender<Published>,
    head: watch::Sender<Head>,
    health: watch::Sender<Health>,
}

impl Feed {
    pub(super) fn new(head: Head) -> Self {
        Feed {
            frames: broadcast::Sender::new(BEHIND),
            head: watch::Sender::new(head),
            health: watch::Sender::new(Health::Writable),
        }
    }

    /// Everything that is published from now on, in order, without gaps. A reader that falls too far behind gets
    /// `Lagged` and has to read on from the journal.
    pub fn subscribe(&self) -> broadcast::Receiver<Published> {
        self.frames.subscribe()
    }

    /// The newest entry that everybody has been told of.
    pub fn head(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    pub(super) fn publish(&self, head: Head, entries: &[Encoded]) {
        self.head.send_replace(head);
        for frame in cut(entries) {
            // Nobody listens: nobody misses it.
            drop(self.frames.send(frame));
        }
    }

    pub(super) fn set_health(&self, health: Health) {
        self.health.send_if_modified(|current| {
            let changed = *current != health;
            *current = health;
            changed
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::actor::Actor;
    use crate::domain::event::Event;
    use crate::domain::ids::{EntryId, IncidentId};
    use crate::domain::text::Text;
    use crate::domain::time::Timestamp;

    fn encoded(seq: u64, length: usize) -> Encoded {
        let entry = Entry {
            seq: Seq(seq),
            id: EntryId(uuid::Uuid::nil()),
            at: Timestamp::default(),
            actor: Actor::Hub,
            incident: Some(IncidentId(1)),
            event: Event::NoteAdded { text: Text::clean(&"x".repeat(length)), evidence: None },
        };
        let json = serde_json::to_string(&entry).unwrap().into();
        Encoded { entry, json }
    }

    #[test]
    fn entries_are_cut_into_frames_without_gaps_and_none_is_too_long() {
        let frames = cut(&(1..=40).map(|seq| encoded(seq, 4000)).collect::<Vec<_>>());
        assert!(frames.len() > 1);
        let mut next = Seq(1);
        for published in &frames {
            assert_eq!(published.first, next);
            assert!(published.frame.len() <= FRAME_BYTES + OPEN.len() + CLOSE.len());
            let Frame::Entries { entries } = serde_json::from_str(&published.frame).unwrap() else {
                panic!()
            };
            assert_eq!(entries, published.entries());
            next = published.last.next();
        }
        assert_eq!(next, Seq(41));
    }

    #[test]
    fn a_reader_who_has_the_first_entries_gets_only_the_rest() {
        let published = cut(&(1..=3).map(|seq| encoded(seq, 10)).collect::<Vec<_>>()).remove(0);
        assert_eq!(published.frame_after(Seq(0)), Some(published.frame.clone()));
        let Frame::Entries { entries } =
            serde_json::from_str(&published.frame_after(Seq(2)).unwrap()).unwrap()
        else {
            panic!()
        };
        assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [Seq(3)]);
        assert_eq!(published.frame_after(Seq(3)), None);
    }
}
