//! The way to a hub: which one, and the token for it. Nearest first: flags, environment, file, this machine.

use std::io::Read as _;
use std::path::Path;

use secrecy::SecretString;

use super::environment::Environment;
use super::exit::Exit;
use crate::link::HubUrl;
use crate::link::address::PlainHttp;

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
