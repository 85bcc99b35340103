//! `warroom demo`: a throw-away hub, a story, and a room in the middle of it.

use tokio_util::sync::CancellationToken;

use super::args::Demo;
use super::environment::Environment;
use super::exit::Exit;
use super::logging;
use super::room::{self, Door};
use crate::domain::text::Line;

/// Plays until the person leaves; nothing of it stays.
///
/// # Errors
///
/// When it cannot start, or there is no terminal.
pub async fn demo(here: &Environment, flags: &Demo) -> Result<(), Exit> {
    let log = logging::room(here)?;
    let shutdown = CancellationToken::new();
    let demo = crate::demo::start(flags.speed, flags.seed, shutdown.clone())
        .await
        .map_err(|error| Exit::usage(error.to_string()))?;
    let door =
        Door { hub: demo.hub.clone(), token: demo.token.clone(), name: Line::clean("shop"), kept: None };
    let ended = room::open(door, &flags.look, here, &shutdown, &log).await;
    shutdown.cancel();
    demo.ended().await;
    ended
}
