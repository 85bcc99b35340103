//! What is written after `warroom change`: what was done to the systems, and what an incident makes of it.

use clap::{Args, Subcommand};

use crate::domain::change::{ChangeId, ChangeKind, Mark, Percent, Phase};
use crate::domain::ids::IncidentId;
use crate::domain::time::Timestamp;

#[derive(Debug, Subcommand)]
pub enum Change {
    /// Tell of one: for pipelines, and for what has no webhook
    // Its --version is that of what was deployed.
    #[command(disable_version_flag = true)]
    Record(Box<Record>),
    /// Those that the hub remembers, newest first
    List {
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// Only what came into its phase then or later
        #[arg(long, value_name = "TIME")]
        since: Option<Timestamp>,
    },
    /// Those near the onset of an incident, and what speaks for each
    Suspects { incident: IncidentId },
    /// Say what the incident makes of one
    Mark {
        incident: IncidentId,
        /// Its id, as `warroom change list` shows it
        change: ChangeId,
        /// suspect, held, rolled-back or cleared
        #[arg(required_unless_present = "take_back")]
        mark: Option<Mark>,
        #[arg(long)]
        reason: Option<String>,
        /// Nothing is said of it any more
        #[arg(long, conflicts_with_all = ["mark", "reason"])]
        take_back: bool,
    },
}

#[derive(Debug, Args)]
pub struct Record {
    /// deploy, rollback, flag, canary, config, release or infra
    #[arg(long)]
    pub kind: ChangeKind,
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    #[arg(long)]
    pub version: Option<String>,
    /// The environment, such as production
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// started, succeeded or failed
    #[arg(long, default_value = "succeeded")]
    pub phase: Phase,
    /// In a few words; made of the rest where it is absent
    #[arg(long)]
    pub title: Option<String>,
    /// The stage of a rollout, in its own name
    #[arg(long, value_name = "STAGE")]
    pub rollout: Option<String>,
    /// How much of the traffic or of the users has it, 0 to 100
    #[arg(long)]
    pub percent: Option<Percent>,
    /// What the judge of the stage said
    #[arg(long, value_name = "WORDS")]
    pub verdict: Option<String>,
    /// Who did it
    #[arg(long, value_name = "WHO")]
    pub by: Option<String>,
    #[arg(long, value_name = "URL")]
    pub link: Option<String>,
    /// When it came into its phase; now without it
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
    /// Your name for it: phases and stages of one change have the same
    #[arg(long, value_name = "NAME")]
    pub change: Option<String>,
}
