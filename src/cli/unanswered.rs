//! Commands that went out and got no answer, kept so that the same line with `--id` sends exactly them. A hub takes a
//! repetition for one only if it says the same, and by then the clock, the incident or a pipe may say something else.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::exit::Exit;
use crate::domain::command::Command;
use crate::domain::ids::{CommandId, Revision};
use crate::domain::time::Timestamp;

/// A hub knows an id for seven days; what is nearly as old is not sent again, for it could happen twice.
const GOOD_FOR: Duration = Duration::from_secs(6 * 24 * 60 * 60);

/// A command of the command line, with all that makes it the same when it is sent again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unanswered {
    pub id: CommandId,
    pub hub: String,
    /// The line that it was given with; see [`line`].
    pub line: Vec<String>,
    pub given_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Revision>,
    pub command: Command,
    /// What is told when it is done.
    pub done: String,
}

impl Unanswered {
    /// Whether this line, at this hub and now, is the one to send it again.
    ///
    /// # Errors
    ///
    /// Wrong use, with what is different.
    pub fn fits(&self, hub: &str, line: &[String], now: Timestamp) -> Result<(), Exit> {
        let Unanswered { id, hub: first, line: of_the_first, given_at, .. } = self;
        if first != hub {
            return Err(Exit::usage(format!("what has the id {id} was sent to {first}, and this is {hub}")));
        }
        if of_the_first != line {
            return Err(Exit::usage(format!(
                "the id {id} is that of another line: warroom {}; run that one, or leave --id out",
                of_the_first.join(" ")
            )));
        }
        if now.since(*given_at) > GOOD_FOR {
            return Err(Exit::usage(format!(
                "what has the id {id} was given at {given_at}, and a hub knows an id for seven days only: look whether it \
                 was done, and run the line without --id if not"
            )));
        }
        Ok(())
    }
}

/// The words of a line, as far as they say what is to be done: without the program and the id.
pub fn line(args: &[std::ffi::OsString]) -> Vec<String> {
    let mut words = args.iter().skip(1).map(|word| word.to_string_lossy());
    let mut line = Vec::new();
    while let Some(word) = words.next() {
        match &*word {
            "--id" => drop(words.next()),
            word if word.starts_with("--id=") => {}
            word => line.push(word.to_owned()),
        }
    }
    line
}

/// Where they are kept.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// In the state folder, beside what the room keeps.
    pub fn of(state: &Path) -> Self {
        Folder(state.join("client").join("unanswered"))
    }

    fn path(&self, id: &CommandId) -> PathBuf {
        self.0.join(format!("{id}.json"))
    }

    /// # Errors
    ///
    /// When it cannot be written.
    pub fn keep(&self, unanswered: &Unanswered) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(self.path(&unanswered.id))?;
        file.write_all(&serde_json::to_vec(unanswered)?)?;
        file.sync_all()
    }

    /// What was sent under this id and not answered; none when nothing is known of it here.
    ///
    /// # Errors
    ///
    /// Wrong use: what was kept cannot be read.
    pub fn find(&self, id: &CommandId) -> Result<Option<Unanswered>, Exit> {
        let path = self.path(id);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Exit::usage(format!("{}: {error}", path.display()))),
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            Exit::usage(format!(
                "{}: {error}; look whether the command was done, and remove the file",
                path.display()
            ))
        })
    }

    /// It is known now what became of it.
    pub fn forget(&self, id: &CommandId) {
        if let Err(error) = fs::remove_file(self.path(id))
            && error.kind() != io::ErrorKind::NotFound
        {
            // Sent again, it would give the same answer.
            tracing::warn!(%error, %id, "a command that has been answered could not be forgotten");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::IncidentId;

    fn unanswered() -> Unanswered {
        Unanswered {
            id: "a-1".parse().unwrap(),
            hub: "http://127.0.0.1:7373".to_owned(),
            line: line(&words("warroom incident ack INC-7")),
            given_at: "2026-11-23T14:00:00Z".parse().unwrap(),
            seen: Some(Revision(12)),
            command: Command::Acknowledge { incident: IncidentId(7) },
            done: "acknowledged".to_owned(),
        }
    }

    fn words(line: &str) -> Vec<std::ffi::OsString> {
        line.split(' ').map(Into::into).collect()
    }

    #[test]
    fn what_was_not_answered_is_kept_whole_for_its_owner_alone_until_it_is_known() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = tempfile::tempdir().unwrap();
        let folder = Folder::of(state.path());
        let kept = unanswered();
        assert_eq!(folder.find(&kept.id).unwrap(), None);
        folder.keep(&kept).unwrap();
        assert_eq!(folder.find(&kept.id).unwrap(), Some(kept.clone()));
        let mode = fs::metadata(folder.path(&kept.id)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        folder.forget(&kept.id);
        assert_eq!(folder.find(&kept.id).unwrap(), None);
        fs::write(folder.path(&kept.id), "{").unwrap();
        assert!(folder.find(&kept.id).unwrap_err().sentence.contains("a-1.json"));
    }

    #[test]
    fn an_id_stands_for_one_line_at_one_hub_for_a_while() {
        let kept = unanswered();
        let now = kept.given_at.plus(Duration::from_secs(3600));
        for again in ["warroom incident ack INC-7 --id a-1", "warroom --id=a-1 incident ack INC-7"] {
            kept.fits(&kept.hub, &line(&words(again)), now).unwrap();
        }
        let why = |hub: &str, line: &[String], now| kept.fits(hub, line, now).unwrap_err().sentence;
        let other = line(&words("warroom incident ack INC-8"));
        assert!(why(&kept.hub, &other, now).contains("another line: warroom incident ack INC-7;"));
        assert!(why("http://127.0.0.1:1", &kept.line, now).contains("was sent to http://127.0.0.1:7373"));
        let week = kept.given_at.plus(Duration::from_secs(7 * 24 * 60 * 60));
        assert!(why(&kept.hub, &kept.line, week).contains("seven days"));
    }
}
