//! The command line: what can be written after `warroom`.

mod change;
mod comms;
mod hub;
mod incident;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::domain::ids::CommandId;
pub use change::{Change, Record};
pub use comms::{Comms, Update, VerdictArg};
pub use hub::{Hub, Slo, Tail, Token};

pub use incident::{Alert, Incident, Note, Task};

/// The room that an incident is run from, in a terminal.
///
/// Without a command it opens the room: of the hub in the settings, or of one that it starts on this machine.
#[derive(Debug, Parser)]
#[command(name = "warroom", version, propagate_version = true, disable_help_subcommand = true, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

const AFTER_HELP: &str = "Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 the hub refused (and says why), \
                          4 the hub cannot be reached, or did not say whether it took it, 70 a fault of warroom's own.";

#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The hub to talk to, such as `https://warroom.shop.example`
    #[arg(long, global = true, env = "WARROOM_HUB", hide_env_values = true, value_name = "URL")]
    pub hub: Option<String>,
    /// The file with your token for it (mode 0600); also WARROOM_TOKEN_FILE. WARROOM_TOKEN holds a token itself
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Allow http:// to other machines, where something else encrypts
    #[arg(long, global = true)]
    pub plain_http: bool,
    /// The settings, in place of $XDG_CONFIG_HOME/warroom/config.toml
    #[arg(long, global = true, env = "WARROOM_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// For what changes something: the id to send it under, such as a line that was not answered has named. Under one id
    /// it happens once, for seven days
    #[arg(long = "id", global = true, value_name = "ID")]
    pub command_id: Option<CommandId>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// What to write to the log, such as debug or warroom::hub=trace; also RUST_LOG
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
}

#[derive(Debug, Clone, Default, Args)]
pub struct Look {
    /// dark, light, mono, or the path of a theme file
    #[arg(long, env = "WARROOM_THEME", hide_env_values = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// default, vim, or the path of a keymap file
    #[arg(long, env = "WARROOM_KEYMAP", hide_env_values = true, value_name = "NAME")]
    pub keymap: Option<String>,
    /// How many colours the terminal has, where it cannot be told
    #[arg(long, value_enum, value_name = "DEPTH")]
    pub color: Option<Color>,
    /// Fewer and smaller frames, for a bad link
    #[arg(long)]
    pub low_bandwidth: bool,
}

impl Look {
    /// As the environment has it, for `warroom` without a subcommand: flags of the room belong to `warroom room`.
    pub fn from_env(env: &BTreeMap<String, String>) -> Self {
        let get = |name: &str| env.get(name).filter(|value| !value.is_empty()).cloned();
        Look { theme: get("WARROOM_THEME"), keymap: get("WARROOM_KEYMAP"), ..Look::default() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Never,
    #[value(name = "16")]
    Ansi16,
    #[value(name = "256")]
    Ansi256,
    True,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the room (also without any command)
    #[cfg(feature = "tui")]
    Room(Look),
    /// A throw-away hub and a lifelike incident that can be worked on
    #[cfg(all(feature = "tui", feature = "hub"))]
    Demo(Demo),
    /// Serve: take in alerts, keep the journal, push it to every terminal
    #[cfg(feature = "hub")]
    Hub(Hub),
    /// Declare, list and work on incidents
    #[command(subcommand)]
    Incident(Incident),
    /// Add tasks, give them to people, say that they are done
    #[command(subcommand)]
    Task(Task),
    /// Write a note, with the output of a command if you like
    Note(Note),
    /// Updates to people outside
    #[command(subcommand)]
    Comms(Comms),
    /// Alerts that belong to no incident yet
    #[command(subcommand)]
    Alert(Alert),
    /// Deploys, flags, canary stages: tell of them, and mark those near an incident
    #[command(subcommand)]
    Change(Change),
    /// SLOs: what the hub knows, and whether documents are right
    #[command(subcommand)]
    Slo(Slo),
    /// The feed, line by line
    Tail(Tail),
    /// One line for a status bar or a prompt
    Status,
    /// Tokens: make, list, revoke (admin)
    #[command(subcommand)]
    Token(Token),
    /// Check a journal's chain, offline
    #[cfg(feature = "hub")]
    Verify {
        /// The journal: sqlite:PATH or PATH; the usual one without it
        journal: Option<String>,
    },
    /// Check settings, themes, keymaps and SLO documents, and print the effective settings
    Check,
    /// What warroom sees of this machine, this terminal and the hub
    Doctor,
    /// A completion script for your shell
    Completions { shell: clap_complete::Shell },
    /// The manual page, in roff
    Man,
}

#[derive(Debug, Clone, Args)]
pub struct Demo {
    #[command(flatten)]
    pub look: Look,
    /// How many times faster than life
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = positive)]
    pub speed: f64,
    /// Another number, another course of events
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

fn positive(raw: &str) -> Result<f64, String> {
    match raw.parse::<f64>() {
        Ok(speed) if speed.is_finite() && (0.1..=100.0).contains(&speed) => Ok(speed),
        _ => Err("a factor from 0.1 to 100".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_examples_of_the_documentation_parse() {
        for line in [
            "warroom",
            "warroom demo --speed 4",
            "warroom hub --listen 127.0.0.1:7373 --journal sqlite:/tmp/j.db",
            "warroom incident declare 'Checkout fails' --severity sev1 --service checkout",
            "warroom incident status INC-7 monitoring --reason 'rolled back'",
            "warroom incident role 7 commander @ana",
            "warroom task add INC-7 restart --owner bo --required",
            "warroom note INC-7 -",
            "warroom note INC-7 --run uptime",
            "warroom note INC-7 --pin 812",
            "warroom comms send INC-7 -a customers --what x --next-in 30 --yes",
            "warroom change record --kind deploy --service checkout --version v1.2 --env production --change build-17",
            "warroom change record --kind canary --service cart --phase started --rollout step-2 --percent 25%",
            "warroom change list --service checkout --since 2026-11-23T12:00:00Z",
            "warroom change suspects INC-7",
            "warroom change mark INC-7 github:deployment-17 rolled-back",
            "warroom change mark INC-7 github:deployment-17 --take-back",
            "warroom tail --json --after 01932c07-209c-7d55-b4c1-9b0f4a6f1a10:812",
            "warroom --json incident list --all",
            "warroom token create prometheus --role ingest",
        ] {
            let words = line.split_whitespace().map(|word| word.trim_matches('\''));
            // Quoted words with spaces fall apart here; clap then takes the rest as further words or refuses them.
            let parsed = Cli::try_parse_from(words);
            let quoted = line.contains('\'');
            assert!(parsed.is_ok() || quoted, "{line}: {}", parsed.unwrap_err());
        }
    }
}
