//! `warroom completions` and `warroom man`: made of the command line itself, so that they cannot fall behind.

use std::io::Write as _;

use clap::CommandFactory as _;

use super::args::Cli;
use super::exit::Exit;

/// # Errors
///
/// When stdout cannot be written.
pub fn completions(shell: clap_complete::Shell) -> Result<(), Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "warroom", &mut script);
    write(&script)
}

/// The page of the program, and below it one for each command.
///
/// # Errors
///
/// When stdout cannot be written.
pub fn man() -> Result<(), Exit> {
    let mut page = Vec::new();
    let mut root = Cli::command();
    root.build();
    pages(&root, &mut page)?;
    write(&page)
}

fn pages(command: &clap::Command, page: &mut Vec<u8>) -> Result<(), Exit> {
    clap_mangen::Man::new(command.clone()).render(page)?;
    command.get_subcommands().try_for_each(|below| pages(below, page))
}

fn write(bytes: &[u8]) -> Result<(), Exit> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes)?;
    Ok(stdout.flush()?)
}
