//! The beginning of a session: who you are, the rules, and what you have not seen yet; without a hole before what is live.

use tokio::sync::broadcast;

use super::Ended;
use super::live::{Live, Wire};
use super::parcel::Parcel;
use super::upgrade::Socket;
use crate::domain::ids::{Cursor, Seq};
use crate::domain::text::Line;
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::feed::{Published, cut, encode};
use crate::wire::frame::{Frame, Hello, PROTOCOL, You};
use crate::wire::packed::Packing;

/// Whoever is further behind than this gets a snapshot: it is shorter.
const RESUMABLE: u64 = 5_000;
/// How many entries are read at a time.
const CHUNK: usize = 500;

/// A whole session.
pub(super) async fn run(
    hub: &Hub,
    socket: Socket,
    caller: Caller,
    after: Option<Cursor>,
    packing: Packing,
) -> Ended {
    let mut wire = Wire::new(socket);
    // First listen, then read: nothing can fall between the two.
    let live = hub.feed.subscribe();
    let ended = match open(hub, &mut wire, &caller, after, packing).await {
        Ok(seen) => go_on(hub, &mut wire, &caller, live, seen).await,
        Err(ended) => ended,
    };
    if ended == Ended::WentBack {
        hub.metrics.journal_went_back.inc();
    }
    match ended.farewell() {
        Some((code, words)) => {
            hub.metrics.resync(ended.words());
            wire.farewell(code, words).await;
        }
        None => wire.hang_up().await,
    }
    ended
}

async fn go_on(
    hub: &Hub,
    wire: &mut Wire,
    caller: &Caller,
    live: broadcast::Receiver<Published>,
    seen: Seq,
) -> Ended {
    let seat = hub.presences.sit(caller.handle.clone(), hub.clock.now());
    Live::new(hub, wire, caller, seat, live, seen).run().await
}

/// Sends everything up to now and says up to which entry.
async fn open(
    hub: &Hub,
    wire: &mut Wire,
    caller: &Caller,
    after: Option<Cursor>,
    packing: Packing,
) -> Result<Seq, Ended> {
    let head = *hub.feed.head().borrow();
    let hello = Hello {
        protocol: PROTOCOL,
        hub: Line::clean(concat!("warroom ", env!("CARGO_PKG_VERSION"))),
        journal: head.journal,
        now: hub.clock.now(),
        head,
        you: You { handle: caller.handle.clone(), role: caller.access },
        demo: hub.demo,
    };
    wire.feed(encode(&Frame::Hello(hello))).await?;
    wire.feed(hub.policy.clone()).await?;
    let resumed = after.filter(|place| place.journal == head.journal).map(|place| place.seq);
    let from = match resumed {
        Some(seq) if seq > head.seq => {
            tracing::error!(known = %seq, head = %head.seq, handle = %caller.handle,
                "a terminal knows later entries than the journal has: the journal went back");
            return Err(Ended::WentBack);
        }
        Some(seq) if head.seq.0 - seq.0 <= RESUMABLE => seq,
        Some(_) | None => snapshot(hub, wire, packing).await?,
    };
    let seen = entries(hub, wire, from, head.seq, packing).await?;
    wire.flush().await?;
    Ok(seen)
}

async fn snapshot(hub: &Hub, wire: &mut Wire, packing: Packing) -> Result<Seq, Ended> {
    let snapshot = hub.snapshots.get(hub).await.map_err(unreadable)?;
    let seq = snapshot.seq;
    wire.feed_parcel(snapshot.parcel(packing)).await?;
    Ok(seq)
}

/// The entries after `from` up to `to`.
async fn entries(hub: &Hub, wire: &mut Wire, from: Seq, to: Seq, packing: Packing) -> Result<Seq, Ended> {
    let mut seen = from;
    while seen < to {
        let reading = hub.read(move |reader| {
            let mut read = reader.read(seen, CHUNK)?;
            // What is written and not yet told may still turn out not to last.
            read.retain(|encoded| encoded.entry.seq <= to);
            let last = read.last().map(|encoded| encoded.entry.seq);
            let parcel = |published: Published| Parcel::of(published.frame, packing);
            Ok((last, cut(&read).into_iter().map(parcel).collect::<Vec<_>>()))
        });
        let (Some(last), parcels) = reading.await.map_err(unreadable)? else { return Err(Ended::Unreadable) };
        for parcel in parcels {
            wire.feed_parcel(parcel).await?;
        }
        seen = last;
    }
    Ok(seen)
}

fn unreadable(error: crate::journal::JournalError) -> Ended {
    tracing::error!(%error, "a terminal could not be given what it missed");
    Ended::Unreadable
}
