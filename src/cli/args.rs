//! The command line: what can be written after `warroom`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

use crate::domain::actor::{Access, Handle};
use crate::domain::alert::Fingerprint;
use crate::domain::comms::Verdict;
use crate::domain::ids::{CommsId, Cursor, IncidentId, Seq, TaskId};
use crate::domain::role::Slug;
use crate::domain::severity::Severity;
use crate::domain::status::{Milestone, Status};
use crate::domain::time::Timestamp;

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
                          4 the hub cannot be reached.";

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

#[derive(Debug, Clone, Default, Args)]
pub struct Hub {
    /// Where to listen, such as 127.0.0.1:7373
    #[arg(long, env = "WARROOM_LISTEN", hide_env_values = true, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Where the journal is: sqlite:PATH, PATH, or memory: (gone at the end)
    #[arg(long, env = "WARROOM_JOURNAL", hide_env_values = true, value_name = "URL")]
    pub journal: Option<String>,
    /// A folder with OpenSLO documents
    #[arg(long, env = "WARROOM_SLOS", hide_env_values = true, value_name = "DIR")]
    pub slos: Option<PathBuf>,
    /// The Prometheus that is asked for SLOs whose documents name no data source
    #[arg(long, env = "WARROOM_PROMETHEUS", hide_env_values = true, value_name = "URL")]
    pub prometheus: Option<Url>,
    /// Where GET /metrics is served
    #[arg(long, value_name = "ADDR")]
    pub metrics_listen: Option<SocketAddr>,
    /// A certificate chain (PEM), for TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Something in front does TLS; listen beyond loopback without it
    #[arg(long)]
    pub behind_proxy: bool,
    /// Start although the journal holds less than was once acknowledged; a copy of it is kept
    #[arg(long)]
    pub accept_journal_loss: bool,
}

#[derive(Debug, Subcommand)]
pub enum Incident {
    /// Declare one
    Declare {
        /// What is wrong, as a customer would say it
        title: String,
        #[arg(long, short)]
        severity: Option<Severity>,
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
        /// A service that it touches; may be given again
        #[arg(long = "service", value_name = "NAME")]
        services: Vec<String>,
        #[arg(long, default_value = "")]
        summary: String,
        /// An exercise, which no metric counts
        #[arg(long)]
        drill: bool,
        /// A waiting alert that it is about; may be given again
        #[arg(long = "alert", value_name = "FINGERPRINT")]
        alerts: Vec<Fingerprint>,
    },
    /// Those on the board
    List {
        /// Also those that have ended
        #[arg(long)]
        all: bool,
        #[arg(long, short)]
        severity: Option<Severity>,
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
    },
    /// One of them, whole
    Show { incident: IncidentId },
    /// What happened, oldest first
    Timeline {
        incident: IncidentId,
        /// At most so many of the newest entries
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Say that you are on it
    Ack { incident: IncidentId },
    /// Take your acknowledgement back
    Unack { incident: IncidentId },
    /// Change the status
    Status {
        incident: IncidentId,
        status: Status,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Change the severity
    Severity { incident: IncidentId, severity: Severity },
    /// Change the title
    Title { incident: IncidentId, title: String },
    /// Change the summary
    Summary { incident: IncidentId, summary: String },
    /// Set or correct a milestone; without a time, take it back
    Milestone { incident: IncidentId, milestone: Milestone, time: Option<Timestamp> },
    /// Give a role to somebody (hand over command), or with no handle vacate it
    Role { incident: IncidentId, role: Slug, responder: Option<Handle> },
    /// Join, or add somebody
    Join { incident: IncidentId, responder: Option<Handle> },
    /// Let somebody go who is not needed any more
    Release { incident: IncidentId, responder: Handle },
    /// Say that it is over
    Resolve { incident: IncidentId },
    /// Say that it is not over after all
    Reopen { incident: IncidentId, reason: String },
    /// Say that it was none
    Cancel { incident: IncidentId, reason: String },
    /// Go on in another incident
    Merge { incident: IncidentId, into: IncidentId },
    /// Add a link
    Link { incident: IncidentId, url: String, title: Option<String> },
}

#[derive(Debug, Subcommand)]
pub enum Task {
    /// Add one
    Add {
        incident: IncidentId,
        title: String,
        #[arg(long)]
        owner: Option<Handle>,
        /// It must be done before the incident leaves the stage
        #[arg(long)]
        required: bool,
        /// The status that it belongs to
        #[arg(long)]
        stage: Option<Status>,
        /// The role whose holder it is meant for
        #[arg(long)]
        role: Option<Slug>,
        #[arg(long, value_name = "TIME")]
        due: Option<Timestamp>,
    },
    /// Give it to somebody
    Assign { incident: IncidentId, task: TaskId, owner: Handle },
    /// Say that you are at it
    Accept { incident: IncidentId, task: TaskId },
    /// Say that it is done
    Done { incident: IncidentId, task: TaskId },
    /// Say that it is not done after all
    Reopen { incident: IncidentId, task: TaskId },
    /// Those of an incident
    List { incident: IncidentId },
}

#[derive(Debug, Args)]
pub struct Note {
    pub incident: IncidentId,
    /// The note; `-` reads what is piped in and keeps it as evidence, with this host and the time
    #[arg(required_unless_present_any = ["run", "pin", "unpin"])]
    pub text: Option<String>,
    /// Run this command through the shell and keep its output and exit code with the note
    #[arg(long, value_name = "CMD")]
    pub run: Option<String>,
    /// Pin the note of this seq
    #[arg(long, value_name = "SEQ", value_parser = seq, conflicts_with_all = ["run", "unpin", "correct"])]
    pub pin: Option<Seq>,
    /// Unpin the note of this seq
    #[arg(long, value_name = "SEQ", value_parser = seq, conflicts_with_all = ["run", "correct"])]
    pub unpin: Option<Seq>,
    /// Correct the note of this seq: TEXT is how it should read
    #[arg(long, value_name = "SEQ", value_parser = seq, conflicts_with = "run")]
    pub correct: Option<Seq>,
}

fn seq(raw: &str) -> Result<Seq, String> {
    raw.parse()
        .map(Seq)
        .map_err(|_| "the number of an entry, as `warroom incident timeline` shows it".to_owned())
}

#[derive(Debug, Args)]
pub struct Update {
    pub incident: IncidentId,
    /// Who is told; as the settings name them
    #[arg(long, short)]
    pub audience: Slug,
    /// What is happening, as a customer would say it; `-` reads it from standard input
    #[arg(long)]
    pub what: String,
    /// Who notices, and how
    #[arg(long, default_value = "")]
    pub impact: String,
    /// What we do about it
    #[arg(long, default_value = "")]
    pub action: String,
    /// Minutes until the next update; without it this one says that it is the last
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=10_080))]
    pub next_in: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub enum Comms {
    /// Show exactly what would go out, to whom and to how many
    Preview(Update),
    /// Keep it as a draft
    Draft(Update),
    /// Send it, exactly as the preview shows it
    Send {
        #[command(flatten)]
        update: Update,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Publish a draft
    Approve {
        incident: IncidentId,
        comms: CommsId,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Throw a draft away
    Discard { incident: IncidentId, comms: CommsId },
    /// Say what became of a delivery that is uncertain or failed
    Settle { incident: IncidentId, comms: CommsId, destination: Slug, verdict: VerdictArg },
    /// Those of an incident, and what became of each delivery
    List { incident: IncidentId },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerdictArg {
    /// It did arrive
    Arrived,
    /// Send it once more
    SendAgain,
    /// Leave it
    Abandon,
}

impl From<VerdictArg> for Verdict {
    fn from(verdict: VerdictArg) -> Self {
        match verdict {
            VerdictArg::Arrived => Verdict::Arrived,
            VerdictArg::SendAgain => Verdict::SendAgain,
            VerdictArg::Abandon => Verdict::Abandon,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Alert {
    /// Those that wait
    List,
    /// Put waiting alerts into an incident
    Attach {
        incident: IncidentId,
        #[arg(required = true)]
        fingerprints: Vec<Fingerprint>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Slo {
    /// What the hub knows: budget left, burn, how old the figures are
    List,
    /// Check OpenSLO documents: files or folders
    #[cfg(feature = "hub")]
    Check {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct Tail {
    /// Begin after this entry of this journal, in place of now
    #[arg(long, value_name = "JOURNAL:SEQ")]
    pub after: Option<Cursor>,
    /// Only one incident
    #[arg(long)]
    pub incident: Option<IncidentId>,
}

#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make one. It is shown once.
    Create {
        /// Whose it is: a handle, or the name of an integration
        name: Handle,
        /// observer, responder, commander, admin or ingest
        #[arg(long, default_value = "responder")]
        role: Access,
        /// After so many days it is worth nothing
        #[arg(long, value_name = "DAYS")]
        expires_in: Option<u32>,
    },
    /// All of them, without their secrets
    List,
    /// Make one worthless at once
    Revoke { id: String },
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
