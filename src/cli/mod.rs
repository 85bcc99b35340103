//! The command line: one file for each subcommand, and the only place that knows all the others.
//!
//! ```text
//! args     what can be written           config, environment   what is set, and where things lie
//! way      which hub, and the token      session               what is asked of it
//! output   what is printed               exit                  how it ends
//! ```

pub mod args;
pub mod config;
pub mod environment;

mod change;
mod check;
mod comms;
#[cfg(all(feature = "tui", feature = "hub"))]
mod demo;
mod doctor;
mod exit;
mod gate;
#[cfg(feature = "hub")]
mod hub;
mod incident;
mod logging;
#[cfg(feature = "tui")]
mod looks;
mod manual;
mod note;
mod output;
#[cfg(feature = "tui")]
pub mod room;
mod session;
mod slo;
mod status;
mod tail;
mod token;
mod unanswered;
mod until_known;
#[cfg(feature = "hub")]
mod verify;
mod way;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use args::{Cli, Command, Slo};
use environment::{Environment, Process};
use exit::{Exit, WRONG_USE};
use output::Output;
use session::Session;

use crate::domain::text::{Shape, clean};

/// How long what still runs may hold up the end of the process.
const LAST: Duration = Duration::from_millis(200);

/// Does what the command line says.
pub fn run(process: Process) -> ExitCode {
    let Process { args, env, .. } = &process;
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // The error quotes what was given, between colours of its own.
            let mut given =
                args.iter().map(|arg| arg.to_str()).chain(env.values().map(|value| Some(value.as_str())));
            let is_fit = |raw: Option<&str>| raw.is_some_and(|raw| clean(raw, Shape::Output) == raw);
            if given.all(is_fit) {
                // Help and version go to stdout; a reader that has gone wants nothing.
                let _ = error.print();
            } else {
                Output::People.say(error.to_string().trim_end());
            }
            return ExitCode::from(if error.use_stderr() { WRONG_USE } else { 0 });
        }
    };
    let output = if cli.global.json { Output::Programs } else { Output::People };
    match start(cli, output, &process) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => {
            if !exit.sentence.is_empty() {
                output.say(&format!("warroom: {exit}"));
            }
            ExitCode::from(exit.code)
        }
    }
}

fn start(cli: Cli, output: Output, process: &Process) -> Result<(), Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Exit::usage(format!("this process cannot start its threads: {error}")))?;
    let ended = runtime.block_on(dispatch(cli, output, process));
    // A name that is still being looked up must not hold up a prompt.
    runtime.shutdown_timeout(LAST);
    ended
}

async fn dispatch(cli: Cli, output: Output, process: &Process) -> Result<(), Exit> {
    let Cli { global, command } = cli;
    let here = || Environment::new(&global, process);
    let open = || Session::open(&here()?);
    #[cfg(feature = "tui")]
    let command = command.unwrap_or_else(|| Command::Room(args::Look::from_env(&process.env)));
    #[cfg(not(feature = "tui"))]
    let command = command
        .ok_or_else(|| Exit::usage("this build has no full screen; see `warroom --help`".to_owned()))?;
    let mut opened = None;
    if global.command_id.is_some() {
        let session = open()?;
        if let Some(unanswered) = session.unanswered()? {
            return session.again(output, unanswered).await;
        }
        opened = Some(session);
    }
    let mut session = || opened.take().map_or_else(open, Ok);
    match command {
        Command::Incident(command) => incident::incident(&session()?, output, command).await,
        Command::Task(command) => incident::task(&session()?, output, command).await,
        Command::Note(command) => note::note(&session()?, output, command).await,
        Command::Comms(command) => comms::comms(&session()?, output, command).await,
        Command::Alert(command) => incident::alert(&session()?, output, command).await,
        Command::Change(command) => change::change(&session()?, output, command).await,
        Command::Slo(Slo::List) => slo::list(&session()?, output).await,
        Command::Slo(Slo::Gate { service }) => gate::gate(&session()?, output, &service).await,
        #[cfg(feature = "hub")]
        Command::Slo(Slo::Check { files }) => slo::check(output, &files),
        #[cfg(feature = "hub")]
        Command::Slo(Slo::Import { file }) => slo::import(output, &file),
        Command::Tail(tail) => tail::tail(session()?, output, tail).await,
        Command::Status => status::status(&here()?, output).await,
        Command::Token(command) => token::token(&session()?, output, command).await,
        #[cfg(feature = "hub")]
        Command::Hub(args) => hub::hub(here()?, output, args).await,
        #[cfg(feature = "hub")]
        Command::Verify { journal } => verify::verify(&here()?, output, journal),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man => manual::man(),
        Command::Check => check::check(&global, &process.env, output),
        Command::Doctor => doctor::doctor(&global, process, output).await,
        #[cfg(feature = "tui")]
        Command::Room(look) => room::run(&here()?, &look).await,
        #[cfg(all(feature = "tui", feature = "hub"))]
        Command::Demo(demo) => demo::demo(&here()?, &demo).await,
    }
}
