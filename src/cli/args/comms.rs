//! What is written after `warroom comms`: updates to people outside.

use clap::{Args, Subcommand, ValueEnum};

use crate::domain::comms::Verdict;
use crate::domain::ids::{CommsId, IncidentId};
use crate::domain::role::Slug;

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
        /// With --yes: send it although the incident is a drill
        #[arg(long, requires = "yes")]
        drill: bool,
    },
    /// Publish a draft
    Approve {
        incident: IncidentId,
        comms: CommsId,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        /// With --yes: send it although the incident is a drill
        #[arg(long, requires = "yes")]
        drill: bool,
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
