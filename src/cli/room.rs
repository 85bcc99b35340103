//! Opening the room: what is known from the last visit first, the hub as soon as it answers.

use std::io::IsTerminal as _;
use std::sync::Arc;

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::args::{Color, Look, Tail};
use super::environment::Environment;
use super::exit::Exit;
use super::logging::{self, Kept};
use super::looks::{keymap, theme};
use super::output::Output;
use super::session::Session;
use super::tail;
use super::way::{self, Way};
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::link::cache::{Cache, CachedRoom};
use crate::link::place::Place;
use crate::link::{Config, HubUrl, Link};
use crate::tui::model::Model;
use crate::tui::run::{self, Ended, Part, Setup, Why};
use crate::tui::term::caps::{ColorDepth, detect};
use crate::tui::term::signals::{self, Signals, Told};
use crate::tui::theme::Glyphs;
use crate::tui::update::restore;

/// Which room, and who one is there.
#[derive(Debug)]
pub struct Door {
    pub hub: HubUrl,
    pub token: SecretString,
    /// How the header names the hub.
    pub name: Line,
    /// Where the last visit is kept; none for a throw-away hub.
    pub kept: Option<std::path::PathBuf>,
}

/// How many entries of the timeline are kept for the next visit.
const KEPT_ENTRIES: usize = 300;

/// `warroom`: the hub that was named, or this machine's own, or else one that is started here and ends with the room.
///
/// # Errors
///
/// As [`open`], and when a hub cannot be started.
pub async fn run(here: &Environment, look: &Look) -> Result<(), Exit> {
    let log = logging::room(here)?;
    let shutdown = CancellationToken::new();
    #[cfg(feature = "hub")]
    let embedded = match way::named(here) {
        None => super::hub::embed(here, &shutdown).await?,
        Some(_) => None,
    };
    let found = Way::find(here)?;
    let name = match way::named(here) {
        None => "this machine".to_owned(),
        Some(_) => found.hub.to_string(),
    };
    let kept = Some(here.folders.state.join("client"));
    let door = Door { hub: found.hub, token: found.token, name: Line::clean(&name), kept };
    let ended = open(door, look, here, &shutdown, &log).await;
    shutdown.cancel();
    #[cfg(feature = "hub")]
    if let Some(embedded) = embedded {
        embedded.ended().await;
    }
    ended
}

/// Runs the room on this terminal until its person leaves; line by line where it cannot be drawn on. `shutdown` ends the hub in this process, when there is one, and
/// tells here that it has ended by itself.
///
/// # Errors
///
/// When the terminal cannot be used, or a theme or keymap is wrong; a fault, when a part of the program panicked.
pub async fn open(
    door: Door,
    look: &Look,
    here: &Environment,
    shutdown: &CancellationToken,
    log: &Kept,
) -> Result<(), Exit> {
    let (client, folders) = (&here.config.client, &here.folders);
    let capabilities = detect(&here.env, look.color.map(depth));
    if capabilities.dumb || !std::io::stdout().is_terminal() {
        return lines(door, here, shutdown, log).await;
    }
    let theme = theme(look.theme.as_deref().unwrap_or(&client.theme), capabilities.color, folders)?;
    let keymap = keymap(look.keymap.as_deref().unwrap_or(&client.keymap), folders)?;
    let glyphs = if capabilities.unicode { Glyphs::UNICODE } else { Glyphs::ASCII };

    let surroundings = here.surroundings.clone();
    let cache = door.kept.as_ref().map(|kept| Cache::new(kept, &door.hub));
    let cached = cache.as_ref().and_then(|cache| cache.load(surroundings.now()));
    let mut model = Model::new(door.name, rand::random(), (80, 24));
    let mut place = Place::default();
    if let Some(cached) = cached {
        place = cached.place;
        model.policy = cached.policy;
        restore(&mut model, cached.room, cached.recent, cached.saved_at);
    }
    let config = Config { hub: door.hub, token: door.token, outbox: door.kept, place };
    let (link, events) = Link::spawn(config, surroundings.clone())?;
    let setup = Setup {
        model,
        keymap,
        theme,
        glyphs,
        capabilities,
        low_bandwidth: look.low_bandwidth,
        link,
        events,
        hub_ended: shutdown.clone(),
        place: place.cursor,
        surroundings,
    };
    let ended = run::run(setup)
        .await
        .map_err(|error| Exit::usage(format!("the terminal cannot be used: {error}")))?;
    let (why, lost) = (ended.why, ended.model.ui.drafts.lost());
    leave(ended, cache, here.surroundings.now()).await;
    if let Some(lost) = lost {
        Output::People.say(&lost);
    }
    match why {
        Why::Quit | Why::HangUp => Ok(()),
        Why::Fault(part) => Err(fault(part, log)),
    }
}

/// The room where there is no screen to draw on: its feed, an entry a line, until somebody ends it or nobody reads.
async fn lines(door: Door, here: &Environment, shutdown: &CancellationToken, log: &Kept) -> Result<(), Exit> {
    let output = if here.global.json { Output::Programs } else { Output::People };
    output.say("warroom: no screen to draw on here, so entries come line by line; `warroom --help` has commands to act with");
    let session = Session::at(here, Way { hub: door.hub, token: door.token })?;
    let mut signals =
        Signals::listen().map_err(|error| Exit::usage(format!("signals cannot be received: {error}")))?;
    let told_to_end = async {
        loop {
            match signals.next().await {
                Told::End | Told::HangUp => return,
                Told::Stop => {
                    if let Err(error) = signals::stop_ourselves() {
                        tracing::warn!(%error, "this process cannot be stopped");
                    }
                }
                Told::Continue | Told::Resized => {}
            }
        }
    };
    tokio::select! {
        () = told_to_end => Ok(()),
        () = shutdown.cancelled() => Err(fault(Part::Hub, log)),
        ended = tail::tail(session, output, Tail { after: None, incident: None }) => ended,
    }
}

fn fault(part: Part, log: &Kept) -> Exit {
    Exit::fault(format!(
        "the room has closed because of a fault in {part}; {log}. What the hub acknowledged is safe: start warroom again"
    ))
}

/// Keeps what was on the screen for the next visit, and lets the outbox say its last words.
async fn leave(ended: Ended, cache: Option<Cache>, now: Timestamp) {
    let Ended { why, model, place, link } = ended;
    let place = Place { cursor: place, witness: link.witness() };
    link.shutdown().await;
    let (Some(cache), Some(_)) = (cache, place.cursor) else { return };
    if why == Why::Fault(Part::Room) {
        return;
    }
    let skipped = model.timeline.entries.len().saturating_sub(KEPT_ENTRIES);
    let recent = model.timeline.entries.into_values().skip(skipped).collect();
    let room =
        CachedRoom { saved_at: now, place, policy: Arc::clone(&model.policy), room: model.room, recent };
    match tokio::task::spawn_blocking(move || cache.save(&room)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the room is not kept for the next visit"),
        Err(error) => tracing::warn!(%error, "the room is not kept for the next visit"),
    }
}

fn depth(color: Color) -> ColorDepth {
    match color {
        Color::Never => ColorDepth::Mono,
        Color::Ansi16 => ColorDepth::Ansi16,
        Color::Ansi256 => ColorDepth::Ansi256,
        Color::True => ColorDepth::TrueColor,
    }
}
