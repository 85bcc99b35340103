//! The tokens that the hub knows. Revoking one also ends the sessions that it opened.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use super::file::TokenFiles;
use super::secret::{Digested, Secret};
use crate::domain::actor::{Access, Handle};
use crate::domain::ids::Hash;
use crate::domain::time::Timestamp;
use crate::hub::clock::Random;
use crate::hub::error::HubError;
use crate::wire::body::TokenInfo;

/// The most tokens that a hub keeps.
pub const MAX_TOKENS: usize = 1_000;
/// How exactly it is known when a token was last used.
const USED_EVERY: Duration = Duration::from_secs(3600);

/// Where a hub has its tokens from.
#[derive(Debug, Clone)]
pub enum TokenSource {
    /// Files in the journal's folder; the first start makes an admin token for `owner`.
    Files { folder: PathBuf, owner: Handle },
    /// None but these, and nothing is written: for demos, tests and hubs inside another program.
    Memory(Vec<Grant>),
}

/// A token that is handed in.
#[derive(Debug, Clone)]
pub struct Grant {
    pub handle: Handle,
    pub access: Access,
    pub secret: Secret,
}

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub info: TokenInfo,
    pub sha256: Hash,
}

#[derive(Debug)]
struct Known {
    record: Record,
    revoked: CancellationToken,
}

impl Known {
    fn new(record: Record) -> Self {
        Known { record, revoked: CancellationToken::new() }
    }
}

/// Why a token was not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("there is no token with this id; `warroom token list` shows them")]
    NoSuchToken,
    #[error("this is the last admin token, and without one nobody could make another; make a new one first")]
    LastAdmin,
    #[error("there are already {MAX_TOKENS} tokens; revoke those that are not used any more")]
    TooMany,
    #[error("the expiry lies in the past; give a time to come, or none")]
    Expired,
    #[error("the tokens could not be saved, and nothing has changed: {0}")]
    NotSaved(String),
}

/// All tokens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tokens {
    known: Arc<RwLock<Vec<Known>>>,
    files: Option<TokenFiles>,
}

impl Tokens {
    /// Opens the source; where it is files and there are none, makes the first admin token.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, or others can read it.
    pub fn open(source: TokenSource, now: Timestamp, random: &dyn Random) -> Result<Self, HubError> {
        match source {
            TokenSource::Memory(grants) => {
                let known = grants
                    .iter()
                    .map(|grant| Known::new(record(&grant.handle, grant.access, now, None, &grant.secret)));
                Ok(Tokens { known: Arc::new(RwLock::new(known.collect())), files: None })
            }
            TokenSource::Files { folder, owner } => {
                let files = TokenFiles::in_folder(&folder);
                let records = match files.load()? {
                    Some(records) => records,
                    None => {
                        let secret = Secret::generate(random);
                        let first = record(&owner, Access::Admin, now, None, &secret);
                        files.write_first(&secret)?;
                        files.save(std::slice::from_ref(&first))?;
                        tracing::info!(file = %files.first().display(), "an admin token was made; it lies in this file");
                        vec![first]
                    }
                };
                let known = records.into_iter().map(Known::new).collect();
                Ok(Tokens { known: Arc::new(RwLock::new(known)), files: Some(files) })
            }
        }
    }

    /// The holder of a token, unless it is unknown or has expired.
    pub(in crate::hub) fn caller(&self, token: &str, now: Timestamp) -> Option<Caller> {
        let digest = Digested::of(token);
        let mut found = None;
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            for token in known.iter() {
                if Digested(token.record.sha256).is(&digest) {
                    found = Some((token.record.info.clone(), token.revoked.clone()));
                }
            }
        }
        let (info, revoked) = found?;
        if info.expires_at.is_some_and(|end| end <= now) {
            return None;
        }
        if info.last_used_at.is_none_or(|last| now.since(last) >= USED_EVERY) {
            self.note_use(&info.id, now);
        }
        Some(Caller {
            token: info.id,
            handle: info.handle,
            access: info.access,
            expires_at: info.expires_at,
            revoked,
        })
    }

    /// Makes a token and keeps its hash. The token itself is not kept: show it now or never.
    ///
    /// # Errors
    ///
    /// When there are too many, the expiry has passed, or the file cannot be written.
    pub fn create(
        &self,
        handle: &Handle,
        access: Access,
        expires_at: Option<Timestamp>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(TokenInfo, Secret), TokenError> {
        if expires_at.is_some_and(|end| end <= now) {
            return Err(TokenError::Expired);
        }
        let secret = Secret::generate(random);
        let made = record(handle, access, now, expires_at, &secret);
        let info = made.info.clone();
        self.change(|known| {
            if known.len() >= MAX_TOKENS {
                return Err(TokenError::TooMany);
            }
            known.push(made);
            Ok(())
        })?;
        tracing::info!(id = info.id, handle = %info.handle, access = %info.access, "a token was made");
        Ok((info, secret))
    }

    /// Forgets a token and ends what it opened.
    ///
    /// # Errors
    ///
    /// When there is no such token, it is the last admin's, or the file cannot be written.
    pub fn revoke(&self, id: &str) -> Result<(), TokenError> {
        self.change(|known| {
            let at = known.iter().position(|record| record.info.id == id).ok_or(TokenError::NoSuchToken)?;
            let gone = known.remove(at);
            let admins = known.iter().any(|record| record.info.access == Access::Admin);
            if gone.info.access == Access::Admin && !admins {
                return Err(TokenError::LastAdmin);
            }
            Ok(())
        })?;
        tracing::info!(id, "a token was revoked");
        Ok(())
    }

    pub fn list(&self) -> Vec<TokenInfo> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().map(|token| token.record.info.clone()).collect()
    }

    /// Changes the records, first in the file and then here, so that what was answered is on disk.
    fn change(
        &self,
        edit: impl FnOnce(&mut Vec<Record>) -> Result<(), TokenError>,
    ) -> Result<(), TokenError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut records: Vec<Record> = known.iter().map(|token| token.record.clone()).collect();
        edit(&mut records)?;
        if let Some(files) = &self.files {
            files.save(&records).map_err(|error| TokenError::NotSaved(error.to_string()))?;
        }
        known.retain(|token| {
            let stays = records.iter().any(|record| record.info.id == token.record.info.id);
            if !stays {
                token.revoked.cancel();
            }
            stays
        });
        for record in records {
            if !known.iter().any(|token| token.record.info.id == record.info.id) {
                known.push(Known::new(record));
            }
        }
        Ok(())
    }

    /// Kept here, and in the file with the next change: not worth a write of its own.
    fn note_use(&self, id: &str, now: Timestamp) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = known.iter_mut().find(|token| token.record.info.id == id) {
            token.record.info.last_used_at = Some(now);
        }
    }
}

fn record(
    handle: &Handle,
    access: Access,
    now: Timestamp,
    expires_at: Option<Timestamp>,
    secret: &Secret,
) -> Record {
    let sha256 = secret.digest().0;
    // Part of the hash names the token: it tells nothing of the token and needs no counter.
    let id = sha256.to_string().chars().take(12).collect();
    let info =
        TokenInfo { id, handle: handle.clone(), access, created_at: now, last_used_at: None, expires_at };
    Record { info, sha256 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::clock::SystemRandom;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn open(folder: &std::path::Path) -> Tokens {
        let source = TokenSource::Files { folder: folder.to_owned(), owner: "ana".parse().unwrap() };
        Tokens::open(source, at(0), &SystemRandom).unwrap()
    }

    #[test]
    fn the_first_start_makes_an_admin_token_that_later_starts_know() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path());
        let token = std::fs::read_to_string(folder.path().join("token")).unwrap();
        let caller = open(folder.path()).caller(token.trim(), at(9)).unwrap();
        assert_eq!((caller.handle.as_str(), caller.access), ("ana", Access::Admin));
    }

    #[test]
    fn a_token_ends_with_its_expiry_or_when_it_is_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = open(folder.path());
        let (info, secret) = tokens
            .create(&"bo".parse().unwrap(), Access::Responder, Some(at(100)), at(0), &SystemRandom)
            .unwrap();
        let caller = tokens.caller(secret.reveal(), at(99)).unwrap();
        assert!(tokens.caller(secret.reveal(), at(100)).is_none());
        assert!(open(folder.path()).caller(secret.reveal(), at(99)).is_some());
        tokens.revoke(&info.id).unwrap();
        assert!(caller.revoked.is_cancelled());
        assert!(tokens.caller(secret.reveal(), at(99)).is_none());
        assert!(open(folder.path()).caller(secret.reveal(), at(99)).is_none());
    }

    #[test]
    fn the_last_admin_token_cannot_be_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = open(folder.path());
        let id = tokens.list()[0].id.clone();
        assert!(matches!(tokens.revoke(&id), Err(TokenError::LastAdmin)));
        assert_eq!(tokens.list().len(), 1);
    }
}
