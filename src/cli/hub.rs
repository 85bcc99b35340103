//! `warroom hub`: a hub in the foreground, until it is told to end.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::args;
use super::environment::Environment;
use super::exit::Exit;
use super::logging;
use super::output::Output;
use crate::domain::actor::{Access, Handle};
use crate::hub::auth::TokenSource;
use crate::hub::clock::{Clock as _, Random as _, SystemClock, SystemRandom};
use crate::hub::{End, Parts, Running, Settings, start};
use crate::journal::{self, Location, OnLoss, Options, Seed};

/// Serves until SIGTERM, SIGINT or SIGHUP.
///
/// # Errors
///
/// Wrong use, with the sentence that says what to do: an address that is taken, a journal that is locked or damaged.
pub async fn hub(mut here: Environment, output: Output, args: args::Hub) -> Result<(), Exit> {
    logging::verbose(&here)?;
    let on_loss = if args.accept_journal_loss { OnLoss::Accept } else { OnLoss::Refuse };
    lay_over(&mut here.config.hub, args);
    // What cannot work is told before anything is taken.
    here.journal()?;
    let shutdown = end_on_signals()?;
    let listener = listen(&here.config.hub).await?;
    let running = open(&here, listener, on_loss, &shutdown).await?;
    announce(&here, output, &running)?;
    match running.ended().await {
        End::Told => Ok(()),
        End::Broken => Err(Exit::fault(
            "the hub has ended because of a fault of its own; the log above says where. What it acknowledged is in the \
             journal: start it again, or let its supervisor do so"
                .to_owned(),
        )),
    }
}

/// What flags say goes before what the file says.
fn lay_over(settings: &mut Settings, args: args::Hub) {
    let args::Hub {
        listen,
        journal,
        slos,
        prometheus,
        metrics_listen,
        tls_cert,
        tls_key,
        behind_proxy,
        accept_journal_loss: _,
    } = args;
    settings.listen = listen.unwrap_or(settings.listen);
    settings.journal = journal.or(settings.journal.take());
    settings.slos = slos.or(settings.slos.take());
    settings.prometheus = prometheus.or(settings.prometheus.take());
    settings.metrics_listen = metrics_listen.or(settings.metrics_listen);
    settings.tls_cert = tls_cert.or(settings.tls_cert.take());
    settings.tls_key = tls_key.or(settings.tls_key.take());
    settings.behind_proxy |= behind_proxy;
}

/// Binds the address of the settings.
///
/// # Errors
///
/// Wrong use: it is taken, or not this machine's.
async fn listen(settings: &Settings) -> Result<TcpListener, Exit> {
    let address = settings.listen;
    TcpListener::bind(address).await.map_err(|error| unusable(address, &error))
}

fn unusable(address: SocketAddr, error: &std::io::Error) -> Exit {
    Exit::usage(match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "{address} is taken, most likely by another hub; `warroom` joins that one, `--listen` takes another address"
        ),
        std::io::ErrorKind::PermissionDenied => {
            format!("this user may not listen at {address}; choose a port above 1023 with `--listen`")
        }
        _ => format!("the hub cannot listen at {address}: {error}; choose another address with `--listen`"),
    })
}

/// Opens the journal and starts a hub on it.
///
/// # Errors
///
/// Wrong use, with the sentence of what stands against it.
async fn open(
    here: &Environment,
    listener: TcpListener,
    on_loss: OnLoss,
    shutdown: &CancellationToken,
) -> Result<Running, Exit> {
    let location = here.journal()?;
    let mut seed = [0; 32];
    SystemRandom.fill(&mut seed);
    let options = Options { seed: Seed(seed), now: SystemClock.now(), on_loss };
    let opened = tokio::task::spawn_blocking(move || journal::open(&location, &options)).await;
    let journal = opened
        .map_err(|error| Exit::usage(format!("the journal could not be opened: {error}")))?
        .map_err(|error| Exit::usage(error.to_string()))?;
    let tokens = TokenSource::Files { folder: here.journal_folder(), owner: owner(here) };
    let parts =
        Parts { journal, clock: Arc::new(SystemClock), random: Arc::new(SystemRandom), tokens, demo: false };
    let running = start(here.config.hub.clone(), parts, listener, shutdown.clone()).await;
    running.map_err(|error| Exit::usage(error.to_string()))
}

/// The hub of a room on this machine; none when one is there already, which the room then joins. Whoever has the address
/// is the hub: two rooms that start at once cannot both have it.
///
/// # Errors
///
/// When it cannot start.
#[cfg(feature = "tui")]
pub async fn embed(here: &Environment, shutdown: &CancellationToken) -> Result<Option<Running>, Exit> {
    match TcpListener::bind(here.config.hub.listen).await {
        Ok(listener) => open(here, listener, OnLoss::Refuse, shutdown).await.map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err(unusable(here.config.hub.listen, &error)),
    }
}

/// The first token is for whoever starts the hub.
fn owner(here: &Environment) -> Handle {
    let names = [here.var("USER"), here.var("LOGNAME"), Some("admin")];
    names.into_iter().flatten().find_map(|name| name.parse().ok()).unwrap_or_else(Handle::of_hub)
}

/// Ends in good order at the first signal; a second one finds the usual way.
fn end_on_signals() -> Result<CancellationToken, Exit> {
    let failed = |error: std::io::Error| Exit::usage(format!("signals cannot be received: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(failed)?;
    let shutdown = CancellationToken::new();
    let told = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
        }
        told.cancel();
    });
    Ok(shutdown)
}

/// Where it is, who may come in, and how alerts get here.
fn announce(here: &Environment, output: Output, running: &Running) -> Result<(), Exit> {
    let scheme = if here.config.hub.tls_cert.is_some() { "https" } else { "http" };
    let address = running.address;
    output.say(&format!("warroom listens at {scheme}://{address}"));
    match here.journal()? {
        Location::Sqlite(path) => output.say(&format!("  journal      {}", path.display())),
        Location::Memory => output.say("  journal      in memory: it ends with this process"),
    }
    let token = here.first_token();
    if token.exists() {
        output.say(&format!("  admin token  {}", token.display()));
    }
    if let Some(slos) = &here.config.hub.slos {
        output.say(&format!("  SLOs         {}", slos.display()));
    }
    if !running.tokens.list().iter().any(|token| token.access == Access::Ingest) {
        output.say(&how_alerts_get_here(scheme, &address.to_string()));
    }
    Ok(())
}

fn how_alerts_get_here(scheme: &str, address: &str) -> String {
    format!(
        "No sender of alerts has a token yet. To point a Prometheus here:\n\n  \
         warroom token create prometheus --role ingest > warroom-token\n\n  \
         alerting:                # in prometheus.yml, with warroom-token beside it\n    \
         alertmanagers:\n    \
         - scheme: {scheme}\n      \
         authorization: {{credentials_file: warroom-token}}\n      \
         static_configs: [{{targets: [\"{address}\"]}}]\n"
    )
}
