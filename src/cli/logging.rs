//! The log: to stderr for a hub and for commands, as lines for people or JSON for machines; into a file for the room, for
//! nothing may be written across its screen.

#[cfg(feature = "tui")]
mod kept;
mod lines;

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::Subscriber;

use super::environment::Environment;
use super::exit::Exit;
use lines::Lines;

#[cfg(feature = "tui")]
pub use kept::Kept;

/// The log of a hub.
///
/// # Errors
///
/// Wrong use, when the filter cannot be understood.
#[cfg(feature = "hub")]
pub fn verbose(here: &Environment) -> Result<(), Exit> {
    start(here, "info")
}

/// The log of a command: silent but for what is asked for.
pub fn quiet(here: &Environment) {
    // A filter that is wrong should not keep anybody from acknowledging; the hub complains about it.
    if let Err(exit) = start(here, "error") {
        super::output::Output::People.say(&format!("warroom: {exit}"));
    }
}

/// The log of a room and of the hub in its process: JSON lines in a file. A room opens without it when the file cannot be
/// had, and says so if it ever has to speak of it.
///
/// # Errors
///
/// Wrong use, when the filter cannot be understood.
#[cfg(feature = "tui")]
pub fn room(here: &Environment) -> Result<Kept, Exit> {
    let filter = filter(here, "info")?;
    let (kept, file) = Kept::open(&here.folders.state);
    if let Some(file) = file {
        let lines = Subscriber::builder().with_env_filter(filter).log_internal_errors(false);
        set(lines.json().flatten_event(true).with_writer(file).finish());
    }
    Ok(kept)
}

fn start(here: &Environment, usual: &str) -> Result<(), Exit> {
    let filter = filter(here, usual)?;
    let is_terminal = std::io::stderr().is_terminal();
    let lines = Subscriber::builder()
        .with_env_filter(filter)
        .with_writer(move || if is_terminal { Lines::ForPeople } else { Lines::Json })
        // Without a reader of the log there is nobody to be told of it either.
        .log_internal_errors(false);
    if is_terminal {
        let colours = here.var("NO_COLOR").is_none();
        set(lines.with_ansi(colours).with_target(false).finish());
    } else {
        set(lines.json().flatten_event(true).finish());
    }
    Ok(())
}

fn filter(here: &Environment, usual: &str) -> Result<EnvFilter, Exit> {
    let wanted = here.global.log.as_deref().or(here.var("RUST_LOG")).unwrap_or(usual);
    EnvFilter::try_new(wanted).map_err(|error| {
        Exit::usage(format!(
            "“{wanted}” is no filter for the log ({error}); write debug or warroom::hub=trace"
        ))
    })
}

fn set(log: impl tracing::Subscriber + Send + Sync) {
    if tracing::subscriber::set_global_default(log).is_err() {
        tracing::trace!("the log had been started before");
    }
}
