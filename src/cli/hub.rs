//! `warroom hub`: serve until told to end; and the hub that a room starts when there is none.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::args::Hub as Flags;
use super::door::Surroundings;
use super::output::Output;
use super::session::Exit;
use crate::domain::actor::Handle;
use crate::hub::auth::TokenSource;
use crate::hub::clock::{Clock as _, SystemClock, SystemRandom};
use crate::hub::{self, Parts, Running, Settings};
use crate::journal::{self, Location, OnLoss, Options, Seed};

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
///
/// When it cannot start, in a sentence that says what to do.
pub async fn serve(here: &Surroundings, flags: &Flags) -> Result<(), Exit> {
    log();
    let output = Output::People;
    let settings = settings(here, flags)?;
    let location = location(here, settings.journal.as_deref())?;
    let on_loss = if flags.accept_journal_loss { OnLoss::Accept } else { OnLoss::Refuse };
    let listener = listen(&settings).await?;
    let shutdown = CancellationToken::new();
    let known = token_folder(&location).is_some_and(|folder| folder.join("token").exists());
    let running = start(here, settings, &location, on_loss, listener, shutdown.clone()).await?;
    let address = running.address;
    output.say(&format!("warroom hub: listening on {address}, journal {}", name(&location)));
    if let Some(folder) = token_folder(&location) {
        let token = folder.join("token");
        output.say(&format!("warroom hub: the admin token is in {}", token.display()));
        if !known {
            output.say(&format!(
                "warroom hub: next, a token for Prometheus: warroom token create prometheus --role ingest\n\
                 warroom hub: and {address} as a target under alerting.alertmanagers (see README)"
            ));
        }
    }
    wait_for_the_end().await?;
    shutdown.cancel();
    running.ended().await;
    Ok(())
}

async fn wait_for_the_end() -> Result<(), Exit> {
    let listen =
        |kind| signal(kind).map_err(|error| Exit::usage(format!("signals cannot be heard: {error}")));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Flags over the file's settings.
pub fn settings(here: &Surroundings, flags: &Flags) -> Result<Settings, Exit> {
    let mut settings = here.config.hub.clone();
    if let Some(listen) = &flags.listen {
        settings.listen = listen.parse().map_err(|_| {
            Exit::usage(format!("--listen: “{listen}” is not an address such as 127.0.0.1:7373"))
        })?;
    }
    settings.journal = flags.journal.clone().or(settings.journal);
    settings.slos = flags.slos.clone().or(settings.slos);
    settings.tls_cert = flags.tls_cert.clone().or(settings.tls_cert);
    settings.tls_key = flags.tls_key.clone().or(settings.tls_key);
    settings.behind_proxy |= flags.behind_proxy;
    Ok(settings)
}

/// Where the journal is: as it was set, or `journal.db` in the state folder.
pub fn location(here: &Surroundings, journal: Option<&str>) -> Result<Location, Exit> {
    match journal {
        Some(named) => named.parse().map_err(|error| Exit::usage(format!("{error}"))),
        None => Ok(Location::Sqlite(here.folders.state.join("journal.db"))),
    }
}

async fn listen(settings: &Settings) -> Result<TcpListener, Exit> {
    TcpListener::bind(settings.listen).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Exit::usage(format!(
            "something listens on {} already, perhaps another hub; `warroom` joins it, --listen takes another address",
            settings.listen
        )),
        _ => Exit::usage(format!("{} cannot be listened on: {error}", settings.listen)),
    })
}

/// Opens the journal and starts the hub on it.
pub async fn start(
    here: &Surroundings,
    settings: Settings,
    location: &Location,
    on_loss: OnLoss,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<Running, Exit> {
    let options = Options { seed: Seed(rand::random()), now: SystemClock.now(), on_loss };
    let opened = location.clone();
    let journal = tokio::task::spawn_blocking(move || journal::open(&opened, &options)).await;
    let journal = journal.map_err(|error| Exit::usage(error.to_string()))?;
    let journal = journal.map_err(|error| Exit::usage(error.to_string()))?;
    let tokens = match token_folder(location) {
        Some(folder) => TokenSource::Files { folder: folder.to_owned(), owner: owner(here) },
        None => TokenSource::Memory(Vec::new()),
    };
    let parts =
        Parts { journal, clock: Arc::new(SystemClock), random: Arc::new(SystemRandom), tokens, demo: false };
    hub::start(settings, parts, listener, shutdown).await.map_err(|error| Exit::usage(error.to_string()))
}

fn name(location: &Location) -> String {
    match location {
        Location::Sqlite(path) => path.display().to_string(),
        Location::Memory => "in memory, gone at the end".to_owned(),
    }
}

fn token_folder(location: &Location) -> Option<&Path> {
    match location {
        Location::Sqlite(path) => path.parent(),
        Location::Memory => None,
    }
}

/// Who the admin token stands for: the person who starts the hub.
fn owner(here: &Surroundings) -> Handle {
    let named = here.env.get("USER").or_else(|| here.env.get("LOGNAME"));
    named.and_then(|name| name.parse().ok()).unwrap_or_else(Handle::of_hub)
}

/// The embedded hub of a room on this machine; the room then comes in by the door like everybody else.
///
/// # Errors
///
/// When it cannot start.
#[cfg(feature = "tui")]
pub async fn embed(here: &Surroundings, shutdown: CancellationToken) -> Result<Running, Exit> {
    let settings = settings(here, &Flags::default())?;
    let location = location(here, settings.journal.as_deref())?;
    let listener = listen(&settings).await?;
    start(here, settings, &location, OnLoss::Refuse, listener, shutdown).await
}

/// Checks a journal's chain, without a hub.
///
/// # Errors
///
/// Exit code 1 when the chain is broken or something is missing.
pub fn verify(here: &Surroundings, output: Output, journal: Option<&str>) -> Result<(), Exit> {
    let path: PathBuf = match location(here, journal.or(here.config.hub.journal.as_deref()))? {
        Location::Sqlite(path) => path,
        Location::Memory => return Err(Exit::usage("a journal in memory has nothing to verify".to_owned())),
    };
    let report = journal::verify(&path).map_err(|error| Exit::no(error.to_string()))?;
    match output {
        Output::Programs => output.json(&report)?,
        Output::People => output.line(&report.to_string())?,
    }
    if report.is_sound() { Ok(()) } else { Err(Exit::no(String::new())) }
}

/// Logs to standard error: for people on a terminal, for programs elsewhere. RUST_LOG chooses what.
fn log() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,warroom=info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set = if std::io::stderr().is_terminal() { builder.try_init() } else { builder.json().try_init() };
    if let Err(error) = set {
        Output::People.say(&format!("there will be no log: {error}"));
    }
}
