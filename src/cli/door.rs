//! Where the hub is, and with which token one comes in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::args::Global;
use super::config::{Config, Folders};
use super::session::Exit;
use crate::link::HubUrl;
use crate::link::address::PlainHttp;

/// The port of a hub that was told nothing else.
#[cfg(not(feature = "hub"))]
const PORT: u16 = 7373;

/// Everything that a command goes by.
#[derive(Debug)]
pub struct Surroundings {
    pub global: Global,
    pub config: Config,
    /// The settings file, if there is one.
    pub file: Option<PathBuf>,
    pub folders: Folders,
    pub env: BTreeMap<String, String>,
}

/// A hub and a token for it.
#[derive(Debug)]
pub struct Door {
    pub hub: HubUrl,
    pub token: SecretString,
    /// It is the one of this machine, which nobody had to name.
    #[cfg(feature = "tui")]
    pub local: bool,
}

impl Surroundings {
    /// The hub that was named by flag, environment or file; none when it is to be the one of this machine.
    pub fn named_hub(&self) -> Result<Option<HubUrl>, Exit> {
        let named = self.global.hub.as_ref().or(self.config.client.hub.as_ref());
        let parse = |url: &url::Url| HubUrl::parse(url.as_str(), PlainHttp::ThisMachine);
        named.map(parse).transpose().map_err(|error| Exit::usage(error.to_string()))
    }

    /// Where this machine's own hub is, and where its token lies.
    pub fn local_hub(&self) -> Result<(HubUrl, PathBuf), Exit> {
        #[cfg(feature = "hub")]
        let port = self.config.hub.listen.port();
        #[cfg(not(feature = "hub"))]
        let port = PORT;
        let url = HubUrl::parse(&format!("http://127.0.0.1:{port}"), PlainHttp::ThisMachine);
        Ok((url.map_err(|error| Exit::usage(error.to_string()))?, self.folders.state.join("token")))
    }

    /// The hub to talk to, and the token: flags before environment before file before this machine's own.
    ///
    /// # Errors
    ///
    /// A sentence that says where a token was looked for.
    pub fn door(&self) -> Result<Door, Exit> {
        let (local, local_token) = self.local_hub()?;
        let named = self.named_hub()?;
        let token = match self.token()? {
            Some(token) => token,
            None if named.is_none() || named.as_ref() == Some(&local) => match read_token(&local_token)? {
                Some(token) => token,
                None => {
                    return Err(Exit::unreachable(format!(
                        "no hub of yours has run on this machine yet ({} is not there); `warroom hub` starts one, or \
                         name one with --hub and --token-file",
                        local_token.display()
                    )));
                }
            },
            None => {
                return Err(Exit::usage(
                    "a token for this hub is needed: set WARROOM_TOKEN, or --token-file with a file of mode 0600".to_owned(),
                ));
            }
        };
        #[cfg(feature = "tui")]
        let is_local = named.is_none();
        Ok(Door {
            hub: named.unwrap_or(local),
            token,
            #[cfg(feature = "tui")]
            local: is_local,
        })
    }

    fn token(&self) -> Result<Option<SecretString>, Exit> {
        if let Some(token) = self.env.get("WARROOM_TOKEN").filter(|token| !token.is_empty()) {
            return Ok(Some(SecretString::from(token.trim())));
        }
        let file = self.global.token_file.as_ref().or(self.config.client.token_file.as_ref());
        let Some(file) = file else { return Ok(None) };
        match read_token(file)? {
            Some(token) => Ok(Some(token)),
            None => Err(Exit::usage(format!("{}: there is no such token file", file.display()))),
        }
    }
}

/// A token from a file that only its owner can read; none when there is no file.
fn read_token(path: &Path) -> Result<Option<SecretString>, Exit> {
    let complain = |what: String| Exit::usage(format!("{}: {what}", path.display()));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(complain(error.to_string())),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).map_err(|error| complain(error.to_string()))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(complain(format!(
                "others can read this token (mode {:03o}); run chmod 600 on it",
                mode & 0o777
            )));
        }
    }
    match text.trim() {
        "" => Err(complain("the file is empty; write a token into it".to_owned())),
        token => Ok(Some(SecretString::from(token))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_token_that_others_can_read_is_refused_with_what_to_do() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "wr_x\n").unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read_token(file.path()).unwrap_err().sentence.contains("chmod 600"));
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(read_token(file.path()).unwrap().is_some());
        assert!(read_token(Path::new("/nowhere/token")).unwrap().is_none());
    }
}
