//! What commands have in common: the hub to talk to, the token for it, and how they end.

use std::fmt;
use std::io::Read as _;
use std::path::Path;

use secrecy::SecretString;

use super::environment::Environment;
use super::output::Output;
use crate::domain::command::Command;
use crate::link::address::PlainHttp;
use crate::link::api::{ApiError, Client, Part};
use crate::link::{HubUrl, Surroundings};
use crate::wire::body::Page;

/// No list of a hub is longer than this many parts of 200; whoever has more asks the API.
const MOST_PARTS: usize = 250;

/// Which hub, and who one is there.
#[derive(Debug, Clone)]
pub struct Way {
    pub hub: HubUrl,
    pub token: SecretString,
}

impl Way {
    /// Flags go before the environment, that before the file, and without any of them it is the hub on this machine.
    ///
    /// # Errors
    ///
    /// Wrong use when an address or token cannot be used; unreachable when nothing is set and no hub has ever run here.
    pub fn find(here: &Environment) -> Result<Self, Exit> {
        let hub = hub(here)?;
        let token = token(here, &hub)?;
        Ok(Way { hub, token })
    }
}

/// The hub that is set, or the one on this machine.
///
/// # Errors
///
/// Wrong use, when it is no address that a token may go to.
pub fn hub(here: &Environment) -> Result<HubUrl, Exit> {
    let client = &here.config.client;
    let plain = if here.global.plain_http || client.plain_http {
        PlainHttp::Anywhere
    } else {
        PlainHttp::ThisMachine
    };
    let local = here.local_hub();
    let raw = named(here).unwrap_or(&local);
    HubUrl::parse(raw, plain).map_err(|error| Exit::usage(error.to_string()))
}

/// The hub that somebody has named; none when it is to be the one of this machine.
pub fn named(here: &Environment) -> Option<&str> {
    let flag = here.global.hub.as_deref().filter(|hub| !hub.is_empty());
    flag.or(here.config.client.hub.as_deref())
}

fn token(here: &Environment, hub: &HubUrl) -> Result<SecretString, Exit> {
    if let Some(file) = &here.global.token_file {
        return read_token(file);
    }
    if let Some(token) = here.var("WARROOM_TOKEN") {
        return Ok(SecretString::from(token));
    }
    if let Some(file) = here.var("WARROOM_TOKEN_FILE") {
        return read_token(Path::new(file));
    }
    if let Some(file) = &here.config.client.token_file {
        return read_token(file);
    }
    let first = here.first_token();
    // This machine's token is for this machine's hub and nobody else's eyes.
    let is_local = hub.to_string() == here.local_hub();
    match (is_local, first.exists()) {
        (true, true) => read_token(&first),
        (true, false) => Err(Exit::unreachable(format!(
            "there is no token at {}: no hub has run here with these settings; start one with `warroom hub`, or \
                 name yours in WARROOM_HUB",
            first.display()
        ))),
        (false, _) => Err(Exit::usage(format!(
            "there is no token for {hub}: put one into a file (chmod 600) that WARROOM_TOKEN_FILE or `client.token_file` \
             names; an admin of that hub makes one with `warroom token create YOU`, and its first lies in the file `token` \
             beside its journal"
        ))),
    }
}

/// Reads a token from a file that only its owner can read.
///
/// # Errors
///
/// Wrong use: it is not there, empty, or others can read it.
pub fn read_token(path: &Path) -> Result<SecretString, Exit> {
    let complain = |what: &str| Exit::usage(format!("the token file {}: {what}", path.display()));
    let mut file = std::fs::File::open(path).map_err(|error| complain(&error.to_string()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let mode = file.metadata().map_err(|error| complain(&error.to_string()))?.mode();
        if mode & 0o077 != 0 {
            return Err(complain(&format!(
                "others can read it (mode {:03o}); run `chmod 600 {}`, and ask for a new token if others had access",
                mode & 0o777,
                path.display()
            )));
        }
    }
    let mut text = String::new();
    // A token is 60 characters; what is much longer is another file.
    let read = file.by_ref().take(4096).read_to_string(&mut text);
    read.map_err(|error| complain(&error.to_string()))?;
    match text.trim() {
        "" => Err(complain("it is empty; write the token into it")),
        token => Ok(SecretString::from(token)),
    }
}

/// A way to the hub, with a token.
#[derive(Debug)]
pub struct Session {
    pub way: Way,
    pub client: Client,
    surroundings: Surroundings,
}

impl Session {
    /// # Errors
    ///
    /// When it is not clear which hub, or there is no token.
    pub fn open(here: &Environment) -> Result<Self, Exit> {
        super::logging::quiet(here);
        Self::at(Way::find(here)?)
    }

    /// The same where it is known already which hub, and the log has been started.
    ///
    /// # Errors
    ///
    /// When no connection can be made at all.
    pub fn at(way: Way) -> Result<Self, Exit> {
        let client = Client::new(way.hub.clone(), &way.token)?;
        Ok(Session { way, client, surroundings: Surroundings::of_the_machine() })
    }

    /// Sends a command under an id of its own, and says what came of it.
    ///
    /// # Errors
    ///
    /// When the hub refuses or cannot be reached.
    pub async fn run(&self, output: Output, command: &Command, done: &str) -> Result<(), Exit> {
        let id = self.surroundings.command_id();
        let outcome = self.client.command(command, &id, None).await?;
        output.outcome(&outcome, done)
    }

    /// A whole list, part by part.
    ///
    /// # Errors
    ///
    /// When the hub refuses or cannot be reached, or the list is longer than anybody reads.
    pub async fn all<T>(
        &self,
        ask: impl AsyncFn(&Client, &Part) -> Result<Page<T>, ApiError>,
    ) -> Result<Vec<T>, Exit> {
        let mut part = Part { cursor: None, limit: Some(200) };
        let mut all = Vec::new();
        for _ in 0..MOST_PARTS {
            let Page { items, next } = ask(&self.client, &part).await?;
            all.extend(items);
            match next {
                Some(next) => part.cursor = Some(next),
                None => return Ok(all),
            }
        }
        Err(Exit::refused(format!(
            "there are more than {} of them; narrow it down, or ask the API part by part",
            all.len()
        )))
    }
}

/// The answer is no.
pub const NO: u8 = 1;
/// Also what clap says about a line that it does not understand.
pub const WRONG_USE: u8 = 2;
/// The hub refused.
pub const REFUSED: u8 = 3;
/// The hub cannot be reached.
pub const UNREACHABLE: u8 = 4;

/// A fault of our own, as in sysexits(3): EX_SOFTWARE.
pub const FAULT: u8 = 70;

/// How a command ends when it does not end well: the exit code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    pub code: u8,
    /// Empty when all has been said, or nobody is there to be told.
    pub sentence: String,
}

impl Exit {
    /// The answer is no.
    pub fn no(sentence: String) -> Self {
        Exit { code: NO, sentence }
    }

    /// Wrong use.
    pub fn usage(sentence: String) -> Self {
        Exit { code: WRONG_USE, sentence }
    }

    /// The hub refused.
    pub fn refused(sentence: String) -> Self {
        Exit { code: REFUSED, sentence }
    }

    /// The hub cannot be reached.
    pub fn unreachable(sentence: String) -> Self {
        Exit { code: UNREACHABLE, sentence }
    }

    /// A part of the program panicked.
    pub fn fault(sentence: String) -> Self {
        Exit { code: FAULT, sentence }
    }

    /// Whoever reads our output has gone: nothing is wrong, and nobody is there to be told.
    pub fn nobody_reads() -> Self {
        Exit { code: 0, sentence: String::new() }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<ApiError> for Exit {
    fn from(error: ApiError) -> Self {
        Exit { code: error.exit_code(), sentence: error.to_string() }
    }
}

impl From<std::io::Error> for Exit {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Exit::nobody_reads(),
            _ => Exit::usage(format!("the output cannot be written: {error}")),
        }
    }
}
