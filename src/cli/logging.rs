//! The log: to stderr for a hub and for commands, as lines for people or JSON for machines; never into the screen.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::Subscriber;

use super::environment::Environment;
use super::session::Exit;

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

fn start(here: &Environment, usual: &str) -> Result<(), Exit> {
    let wanted = here.global.log.as_deref().or(here.var("RUST_LOG")).unwrap_or(usual);
    let filter = EnvFilter::try_new(wanted).map_err(|error| {
        Exit::usage(format!(
            "“{wanted}” is no filter for the log ({error}); write debug or warroom::hub=trace"
        ))
    })?;
    let is_terminal = std::io::stderr().is_terminal();
    let lines = Subscriber::builder()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Without a reader of the log there is nobody to be told of it either.
        .log_internal_errors(false);
    let set = if is_terminal {
        let colours = here.var("NO_COLOR").is_none();
        tracing::subscriber::set_global_default(lines.with_ansi(colours).with_target(false).finish())
    } else {
        tracing::subscriber::set_global_default(lines.json().flatten_event(true).finish())
    };
    if set.is_err() {
        tracing::trace!("the log had been started before");
    }
    Ok(())
}
