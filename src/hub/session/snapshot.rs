//! The room as one frame, encoded once for everybody who comes at about the same time.

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::parcel::Parcel;
use crate::domain::ids::Seq;
use crate::domain::room::Room;
use crate::hub::Hub;
use crate::journal::JournalError;
use crate::wire::packed::Packing;

/// How many entries before it a snapshot brings along.
pub(super) const RECENT: u64 = 300;
/// A snapshot this many entries old is still given; what came since follows as entries.
const FRESH: u64 = 500;

#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub seq: Seq,
    plain: Utf8Bytes,
    packed: Parcel,
}

impl Snapshot {
    pub fn parcel(self, packing: Packing) -> Parcel {
        match packing {
            Packing::None => Parcel::Plain(self.plain),
            Packing::Gzip => self.packed,
        }
    }
}

/// The newest snapshot that was made.
#[derive(Debug, Default)]
pub(in crate::hub) struct Snapshots(Mutex<Option<Snapshot>>);

/// [`Frame::Snapshot`](crate::wire::frame::Frame::Snapshot), with entries as they were encoded.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    seq: Seq,
    room: &'a Room,
    recent: Vec<&'a RawValue>,
}

impl Snapshots {
    /// A snapshot of at most [`FRESH`] entries ago. Whoever comes while it is being made waits for it.
    pub(super) async fn get(&self, hub: &Hub) -> Result<Snapshot, JournalError> {
        let mut kept = self.0.lock().await;
        let now = hub.feed.head().borrow().seq;
        if let Some(snapshot) = kept.as_ref()
            && snapshot.seq <= now
            && now.0 - snapshot.seq.0 <= FRESH
        {
            return Ok(snapshot.clone());
        }
        let room = hub.room.clone();
        let made = hub.read(move |reader| {
            let room = room.read().for_terminals();
            let from = Seq(room.seq.0.saturating_sub(RECENT));
            let mut recent = reader.read(from, RECENT as usize)?;
            recent.retain(|encoded| encoded.entry.seq <= room.seq);
            let damaged = |error: serde_json::Error| JournalError::Damaged(error.to_string());
            let recent: Vec<&RawValue> = recent
                .iter()
                .map(|encoded| serde_json::from_str(&encoded.json))
                .collect::<Result<_, _>>()
                .map_err(damaged)?;
            let seq = room.seq;
            let body = Body { kind: "snapshot", seq, room: &room, recent };
            let text = serde_json::to_string(&body).map_err(damaged)?;
            let plain = Utf8Bytes::from(text);
            let packed = Parcel::of(plain.clone(), Packing::Gzip);
            Ok(Snapshot { seq, plain, packed })
        });
        let made = made.await?;
        *kept = Some(made.clone());
        Ok(made)
    }
}
