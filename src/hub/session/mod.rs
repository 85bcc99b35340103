//! The feed: one websocket for each terminal. What it may keep waiting is bounded; who reads too slowly starts again.

mod figures;
mod live;
mod opening;
mod parcel;
mod presence;
mod snapshot;
mod upgrade;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

pub(super) use presence::Presences;
pub(super) use snapshot::Snapshots;

use super::Hub;
use super::auth::Caller;
use super::error::{ApiError, Kind};
use crate::domain::actor::Access;
use crate::domain::ids::Cursor;
use crate::wire::close;
use crate::wire::packed::Packing;

#[derive(Debug, Deserialize)]
pub(super) struct Where {
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    pack: Packing,
}

/// `GET /feed?after=JOURNAL:SEQ&pack=gzip`
pub(super) async fn feed(
    State(hub): State<Hub>,
    caller: Caller,
    place: Result<Query<Where>, QueryRejection>,
    upgrade: upgrade::Upgrade,
) -> Result<Response, ApiError> {
    caller.may(Access::Observer)?;
    let Query(place) = place.map_err(|rejection| ApiError::malformed(rejection.body_text()))?;
    let after = place.after.as_deref().filter(|raw| !raw.is_empty()).map(str::parse::<Cursor>);
    let after = after.transpose().map_err(|error| ApiError::malformed(format!("`after`: {error}")))?;
    if hub.sessions.len() >= hub.limits.sessions as usize {
        let detail = format!("{} terminals are connected, and the hub takes no more", hub.limits.sessions);
        return Err(ApiError::new(Kind::Overloaded, detail).retry_after(10));
    }
    let tracked = hub.sessions.token();
    Ok(upgrade.go_on(move |socket| async move {
        let _tracked = tracked;
        hub.metrics.sessions.inc();
        let handle = caller.handle.clone();
        tracing::info!(%handle, "a terminal has connected");
        let ended = opening::run(&hub, socket, caller, after, place.pack).await;
        hub.metrics.sessions.dec();
        tracing::info!(%handle, reason = ended.words(), "a terminal has gone");
    }))
}

/// How a session came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// The other side closed it, or the connection broke.
    Gone,
    /// Its queue overflowed, or it did not take what was sent.
    TooSlow,
    Silent,
    Unauthorized,
    WentBack,
    Unreadable,
    Restart,
    /// It does not speak the protocol.
    Garbled(Garbled),
}

/// What a terminal sent that no terminal sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Garbled {
    Protocol,
    NotText,
    TooLarge,
    Binary,
    TooMany,
}

impl Ended {
    fn words(self) -> &'static str {
        match self {
            Ended::Gone => "gone",
            Ended::TooSlow => "too_slow",
            Ended::Silent => "silent",
            Ended::Unauthorized => "unauthorized",
            Ended::WentBack => "journal_went_back",
            Ended::Unreadable => "journal_unreadable",
            Ended::Restart => "restart",
            Ended::Garbled(_) => "garbled",
        }
    }

    /// The close code and what the terminal is told.
    fn farewell(self) -> Option<(u16, &'static str)> {
        match self {
            Ended::Gone => None,
            Ended::TooSlow => {
                Some((close::RESYNC, "this terminal reads too slowly; it starts again from where it was"))
            }
            Ended::Silent => Some((close::SILENT, "nothing was heard from this terminal for 30 s")),
            Ended::Unauthorized => Some((
                close::UNAUTHORIZED,
                "the token was revoked or has expired; ask an admin for a new one",
            )),
            Ended::WentBack => Some((
                close::WENT_BACK,
                "the journal went back: this terminal knows later entries than the hub has; the hub's disk was damaged \
                 or an old backup restored: tell whoever runs the hub, and keep this terminal open",
            )),
            Ended::Unreadable => Some((close::RESYNC, "the hub could not read its journal; start again")),
            Ended::Restart => Some((close::RESTART, "the hub is restarting; it will be back")),
            Ended::Garbled(what) => Some(match what {
                Garbled::Protocol => (close::PROTOCOL, "this is not the websocket protocol"),
                Garbled::NotText => (close::NOT_TEXT, "a text that is not UTF-8"),
                Garbled::Binary => (close::BINARY, "the feed is text; send JSON as text"),
                Garbled::TooMany => {
                    (close::POLICY, "too many messages; a terminal has little to say on the feed")
                }
                Garbled::TooLarge => (close::TOO_LARGE, "a message that is too large for the feed"),
            }),
        }
    }
}
