//! Where a command runs: the process, its clock and its chance, the folders, the settings. Read once, handed down.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::args::Global;
use super::config::{self, Config, Folders};
use super::exit::Exit;
use super::unanswered;
use crate::link::Surroundings;

/// What this process was given, and the clock and the chance that it goes by.
#[derive(Debug, Clone)]
pub struct Process {
    /// The name of the program, and what follows it.
    pub args: Vec<OsString>,
    /// As far as it is text.
    pub env: BTreeMap<String, String>,
    pub surroundings: Surroundings,
}

impl Process {
    /// The real one.
    pub fn this() -> Self {
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Process { args: std::env::args_os().collect(), env, surroundings: Surroundings::of_the_machine() }
    }
}

/// What is set, and where things lie.
#[derive(Debug, Clone)]
pub struct Environment {
    pub global: Global,
    /// The words of the line that say what is to be done; see `unanswered.rs`.
    pub line: Vec<String>,
    /// The process's environment.
    pub env: BTreeMap<String, String>,
    pub surroundings: Surroundings,
    pub folders: Folders,
    pub config: Config,
    /// The file that the settings come from, when there is one.
    pub file: Option<PathBuf>,
}

impl Environment {
    /// # Errors
    ///
    /// A sentence: there is no place for files, or what in the settings is wrong and where.
    pub fn new(global: &Global, process: &Process) -> Result<Self, Exit> {
        let folders = Folders::from_env(&process.env).map_err(Exit::usage)?;
        let (config, file) = config::load(global.config.as_deref(), &folders).map_err(Exit::usage)?;
        let Process { args, env, surroundings } = process.clone();
        let (global, line) = (global.clone(), unanswered::line(&args));
        Ok(Environment { global, line, env, surroundings, folders, config, file })
    }

    /// A variable that says something.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The first token of the hub on this machine, which it writes beside its journal.
    pub fn first_token(&self) -> PathBuf {
        self.journal_folder().join("token")
    }

    /// Where the journal of the hub on this machine lies, and all that belongs to it.
    pub fn journal_folder(&self) -> PathBuf {
        #[cfg(feature = "hub")]
        if let Some(crate::journal::Location::Sqlite(path)) = self.journal().ok().as_ref()
            && let Some(folder) = path.parent().filter(|folder| *folder != std::path::Path::new(""))
        {
            return folder.to_owned();
        }
        self.folders.state.clone()
    }

    /// The journal of the settings, or the usual one.
    ///
    /// # Errors
    ///
    /// A sentence, when the settings name what is no journal.
    #[cfg(feature = "hub")]
    pub fn journal(&self) -> Result<crate::journal::Location, Exit> {
        match &self.config.hub.journal {
            Some(named) => named.parse().map_err(|error| Exit::usage(format!("hub.journal: {error}"))),
            None => Ok(crate::journal::Location::Sqlite(self.folders.state.join("journal.db"))),
        }
    }

    /// The address of the hub on this machine.
    pub fn local_hub(&self) -> String {
        #[cfg(feature = "hub")]
        let (scheme, address) = {
            let hub = &self.config.hub;
            let scheme = if hub.tls_cert.is_some() { "https" } else { "http" };
            let mut address = hub.listen;
            if address.ip().is_unspecified() {
                address.set_ip(match address.ip() {
                    std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                    std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
                });
            }
            (scheme, address)
        };
        #[cfg(not(feature = "hub"))]
        let (scheme, address) = ("http", "127.0.0.1:7373");
        format!("{scheme}://{address}")
    }
}
