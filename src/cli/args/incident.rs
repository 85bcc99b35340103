//! What is written after `warroom incident`, `task`, `note` and `alert`: the work on an incident.

use clap::{Args, Subcommand};

use crate::domain::actor::Handle;
use crate::domain::alert::Fingerprint;
use crate::domain::ids::{IncidentId, Seq, TaskId};
use crate::domain::role::Slug;
use crate::domain::severity::Severity;
use crate::domain::status::{Milestone, Status};
use crate::domain::time::Timestamp;

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
    /// Give a role to somebody (hand over command), or vacate it
    Role {
        incident: IncidentId,
        /// commander, comms-lead, …
        role: Slug,
        /// Who takes it
        #[arg(required_unless_present = "vacate")]
        responder: Option<Handle>,
        /// Nobody has it from now on
        #[arg(long, conflicts_with = "responder")]
        vacate: bool,
    },
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
