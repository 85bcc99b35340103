//! What is written after `warroom hub`, `slo`, `tail` and `token`: the hub, and what it knows.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use url::Url;

use crate::domain::actor::{Access, Handle};
use crate::domain::ids::{Cursor, IncidentId};

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
pub enum Slo {
    /// What the hub knows: budget left, burn, how old the figures are
    List,
    /// Whether a pipeline may go on with a service: exit code 0 is go, 1 is no, with the reason
    Gate { service: String },
    /// Check OpenSLO documents: files or folders
    #[cfg(feature = "hub")]
    Check {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Write documents of sloth or pyrra as OpenSLO, and say what cannot be carried over
    #[cfg(feature = "hub")]
    Import { file: PathBuf },
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
