//! The command line: the only room that knows all the others. One file a subcommand.

pub mod args;
#[cfg(feature = "hub")]
mod check;
mod comms;
pub mod config;
#[cfg(all(feature = "tui", feature = "hub"))]
mod demo;
mod doctor;
mod door;
#[cfg(feature = "hub")]
mod hub;
mod incident;
mod note;
mod output;
#[cfg(feature = "tui")]
pub mod room;
mod session;
mod slo;
mod status;
mod tail;
mod token;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;

use clap::{CommandFactory as _, Parser as _};

use args::{Cli, Command, Slo};
use config::Folders;
use door::Surroundings;
use output::Output;
use session::{Exit, Session};

/// Runs one command line; gives the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, env: BTreeMap<String, String>) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, everything else is wrong use; clap knows which stream is whose.
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            let _ = error.print();
            return code;
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(Err(Exit::usage(format!("no threads can be had: {error}")))),
    };
    // On this thread: it is the one that draws, and the one whose panic gives the terminal back.
    let ended = runtime.block_on(dispatch(cli, env));
    // Whoever still reads standard input in a blocking thread is not waited for.
    runtime.shutdown_background();
    end(ended)
}

fn end(ended: Result<(), Exit>) -> u8 {
    match ended {
        Ok(()) => 0,
        Err(exit) => {
            if !exit.sentence.is_empty() {
                let _ = writeln!(std::io::stderr().lock(), "warroom: {exit}");
            }
            exit.code
        }
    }
}

async fn dispatch(cli: Cli, env: BTreeMap<String, String>) -> Result<(), Exit> {
    let output = if cli.global.json { Output::Programs } else { Output::People };
    let command = match cli.command {
        Some(Command::Completions { shell }) => return completions(shell),
        Some(Command::Man) => return man(),
        #[cfg(feature = "hub")]
        Some(Command::Slo(Slo::Check { files })) => return slo::check(output, &files),
        other => other,
    };
    let folders = Folders::from_env(&env).map_err(Exit::usage)?;
    let named = cli.global.config.as_deref();
    #[cfg(feature = "hub")]
    if let Some(Command::Check) = command {
        return check::check(output, named, &folders);
    }
    let (config, file) = config::load(named, &folders).map_err(Exit::usage)?;
    let here = Surroundings { global: cli.global, config, file, folders, env };
    match command {
        #[cfg(feature = "tui")]
        None => room::run(&here, &args::Look::default()).await,
        #[cfg(not(feature = "tui"))]
        None => {
            Err(Exit::usage("this build has no room to open; `warroom --help` shows what it has".to_owned()))
        }
        #[cfg(feature = "tui")]
        Some(Command::Room(look)) => room::run(&here, &look).await,
        #[cfg(all(feature = "tui", feature = "hub"))]
        Some(Command::Demo(demo)) => demo::demo(&here, &demo).await,
        #[cfg(feature = "hub")]
        Some(Command::Hub(flags)) => hub::serve(&here, &flags).await,
        #[cfg(feature = "hub")]
        Some(Command::Verify { journal }) => hub::verify(&here, output, journal.as_deref()),
        Some(Command::Doctor) => doctor::doctor(&here, output).await,
        Some(Command::Status) => status::status(&here.session()?, output).await,
        Some(Command::Tail(tail)) => tail::tail(here.door()?, output, &tail).await,
        Some(Command::Incident(command)) => incident::incident(&here.session()?, output, command).await,
        Some(Command::Task(command)) => incident::task(&here.session()?, output, command).await,
        Some(Command::Alert(command)) => incident::alert(&here.session()?, output, command).await,
        Some(Command::Note(command)) => note::note(&here.session()?, output, command).await,
        Some(Command::Comms(command)) => comms::comms(&here, &here.session()?, output, command).await,
        Some(Command::Token(command)) => token::token(&here.session()?, output, command).await,
        Some(Command::Slo(Slo::List)) => slo::list(&here.session()?, output).await,
        #[cfg(feature = "hub")]
        Some(Command::Slo(Slo::Check { .. }) | Command::Check) => Ok(()),
        #[cfg(not(feature = "hub"))]
        Some(Command::Check) => Err(Exit::usage("this build has no hub, and so nothing to check".to_owned())),
        Some(Command::Completions { .. } | Command::Man) => Ok(()),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<(), Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "warroom", &mut script);
    Ok(std::io::stdout().lock().write_all(&script)?)
}

fn man() -> Result<(), Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    Ok(std::io::stdout().lock().write_all(&page)?)
}

impl Surroundings {
    fn session(&self) -> Result<Session, Exit> {
        let door = self.door()?;
        Ok(Session { client: crate::link::api::Client::new(door.hub, &door.token)? })
    }
}
